"""Surfaces that are right stay, and surfaces that are wrong come back."""

from dataclasses import replace
from functools import cache

import pytest
import torch
from recorder import Recorder
from scenes import blotches, box, grey, icosphere, pictures_of, round_off, volume, wavy_orbit

from sv3d_engine.ground.progress import Cancelled, Progress
from sv3d_engine.orbit.cameras import pixel_size
from sv3d_engine.reconstruction.mesh.evolve import evolve
from sv3d_engine.reconstruction.render.rasterize import vertex_normals

SWEEPS = 3
SIZE, ORBIT = 192, wavy_orbit(16)


def ball(rounds=5):
    vertices, faces = icosphere(rounds)
    return 0.25 * vertices, faces


def cube():
    vertices, faces = box((34, 34, 34))
    return 0.17 * vertices, faces


def disc():
    vertices, faces = box((56, 56, 6))
    return round_off(vertices) * torch.tensor([0.28, 0.28, 0.03]), faces


@cache
def evolved(shape, colour, size):
    """A true shape, and what becomes of it before its own frames."""
    vertices, faces = shape()
    frames = pictures_of(vertices, faces, colour, ORBIT, size)
    return vertices, evolve(vertices, faces, frames, SWEEPS, Progress()), faces


@pytest.mark.parametrize("shape", [ball, cube, disc])
def test_a_true_plain_shape_keeps_its_size_and_its_edges(shape):
    pixels = 2 * SIZE
    before, after, faces = evolved(shape, grey, pixels)
    size = (volume(after, faces) / volume(before, faces)) ** (1 / 3)
    assert size == pytest.approx(1, abs=0.001)
    outward = ((after - before) * vertex_normals(before, faces)).sum(-1)
    assert outward.abs().quantile(0.98) < 0.4 * pixel_size(ORBIT, pixels)


def checker(points):
    squares = (points / 0.05 + 0.5).floor().long().sum(-1, keepdim=True) % 2
    return torch.where(squares == 1, 0.8, 0.25).expand_as(points)


def test_a_printed_checker_leaves_a_side_flat():
    before, after, _ = evolved(cube, checker, 3 * SIZE)
    side = (before[:, 0] > 0.169) & (before[:, 1:].abs().amax(1) < 0.1)
    relief = after[side, 0] - 0.17
    assert relief.square().mean().sqrt() < 4e-4
    assert relief.abs().max() < 1e-3  # 0.4 pixels


@pytest.mark.parametrize(("pixels", "left"), [(SIZE // 2, 0.15), (2 * SIZE, 0.1)])
def test_a_wrong_textured_surface_comes_back(pixels, left):
    """A ball too thick in front and too thin behind."""
    vertices, faces = ball()
    frames = pictures_of(vertices, faces, blotches, ORBIT, pixels)
    wrong = vertices * (1 + 0.02 * torch.tanh(vertices[:, :1] / 0.05))
    seen = vertices[:, 2].abs() < 0.2  # not from below
    right = evolve(wrong, faces, frames, SWEEPS, Progress())
    before, after = ((v.norm(dim=-1) - 0.25)[seen].square().mean().sqrt() for v in (wrong, right))
    assert after < left * before


def test_frames_that_cannot_be_trusted_leave_a_surface_smooth():
    """Colours that move from frame to frame pit a ball's side where they are believed."""
    vertices, faces = ball()
    views = [pictures_of(vertices, faces, lambda p, i=i: blotches(p + 0.02 * i), ORBIT, SIZE) for i in range(3)]
    frames = replace(views[0], rgb=torch.stack([views[i % 3].rgb[i] for i in range(len(ORBIT.views))]))

    def relief(trust):
        seen = vertices[:, 2].abs() < 0.2
        moved = evolve(vertices, faces, frames, SWEEPS, Progress(), trust).norm(dim=-1)[seen]
        return float(moved.std())

    assert relief(0.0) < 0.3 * relief(1.0)


def test_the_same_again():
    vertices, faces = ball(4)
    frames = pictures_of(vertices, faces, blotches, wavy_orbit(8), 96)
    once, again = (evolve(vertices, faces, frames, SWEEPS, Progress()) for _ in range(2))
    assert torch.equal(once, again) and not torch.equal(once, vertices)


def test_progress_runs_to_one_and_cancel_is_heard():
    vertices, faces = ball(3)
    frames = pictures_of(vertices, faces, grey, wavy_orbit(8), 64)
    whole, stopped = Recorder(), Recorder(stop_at=3)
    evolve(vertices, faces, frames, SWEEPS, whole)
    assert whole.told == sorted(whole.told) and whole.told[-1] == pytest.approx(1)
    assert len(whole.told) > 10
    with pytest.raises(Cancelled):
        evolve(vertices, faces, frames, SWEEPS, stopped)
    assert len(stopped.told) == 3


@pytest.mark.parametrize(("calls", "moved"), [(0, False), (20, True)])
def test_no_sweep_begins_once_the_user_wants_what_there_is(monkeypatch, calls, moved):
    begun = []

    class Finishing(Progress):
        def __call__(self, fraction, note=""):
            begun.append(fraction)

        @property
        def finishing(self):
            return len(begun) >= calls

    vertices, faces = ball(3)
    frames = pictures_of(vertices, faces, blotches, ORBIT, 96)
    after = evolve(vertices, faces, frames, SWEEPS, Finishing())
    assert (after is not vertices) == moved
    assert not begun or max(begun) < 0.1 + 0.9 / SWEEPS + 1e-6, "one sweep alone"
