import hashlib

import pytest
import torch

from sv3d_engine.laboratory.dataset import rendering
from sv3d_engine.laboratory.dataset.generator import sample_object
from sv3d_engine.laboratory.dataset.orbits import Light, sample_light, sample_orbit
from sv3d_engine.laboratory.dataset.rendering import render_orbit, render_sample, tall_screen
from sv3d_engine.laboratory.dataset.shapes.families import FAMILIES
from sv3d_engine.orbit.cameras import project, static_orbit

EVEN = Light(torch.tensor([[0.0, 0.0, 1.0]]), torch.tensor([0.01]), torch.tensor([1.0]))


def test_all_views_are_projected_as_one_is() -> None:
    thing = sample_object(3)
    orbit = sample_orbit(3, thing, moving=True)
    points = torch.from_numpy(thing.vertices)
    tall = tall_screen(points, orbit, 64).reshape(21, -1, 3)
    for i in range(21):
        below = torch.tensor([0, 64.0 * i, 0])
        assert torch.allclose(tall[i], project(points, orbit, i, 64) + below, atol=2e-3)


@pytest.mark.parametrize("moving", [False, True])
def test_the_same_seed_gives_the_same_frames(moving: bool) -> None:
    def digest(seed: int) -> str:
        return hashlib.sha256(render_sample(seed, 32, moving, white=0.5).frames.numpy().tobytes()).hexdigest()

    assert digest(5) == digest(5) != digest(6)


def test_a_sample_is_what_the_trainer_expects() -> None:
    made = render_sample(7, 32, moving=True)
    assert made.frames.shape == (21, 3, 32, 32) and made.frames.dtype == torch.uint8
    assert made.elevations.shape == made.azimuths.shape == (21,)
    assert made.azimuths[-1] == 0 and (made.azimuths[:-1].diff() > 0).all()
    assert (made.frames[:, :, 0] == 255).all()  # white, and the object leaves the border free


def test_kernels_do_what_the_tensors_do(monkeypatch: pytest.MonkeyPatch) -> None:
    thing = sample_object(2)
    orbit, light = sample_orbit(2, thing, moving=True), sample_light(2)
    fast = render_orbit(thing, orbit, light, 48)
    monkeypatch.setattr(rendering, "use_kernel", lambda *_: False)
    slow = render_orbit(thing, orbit, light, 48)
    assert ((fast.int() - slow.int()).abs() > 2).float().mean() < 2e-3


def test_over_a_background_is_the_straight_picture_laid_on_it() -> None:
    thing = sample_object(1)
    orbit, light = sample_orbit(1, thing, moving=False), sample_light(1)
    straight = render_orbit(thing, orbit, light, 32).float() / 255
    laid = render_orbit(thing, orbit, light, 32, background=(0.2, 0.4, 0.6)).float() / 255
    expected = straight[:, :3] * straight[:, 3:] + torch.tensor([0.2, 0.4, 0.6])[:, None, None] * (1 - straight[:, 3:])
    assert (laid - expected).abs().max() < 0.02


def test_growing_azimuth_shows_the_left_side_and_moves_the_front_to_the_left() -> None:
    """At azimuth 90° the camera stands on +Y, and what was in front is at the left edge of the object."""
    thing = sample_object(0, "teapot")  # its spout points forward
    orbit = static_orbit(0.0, 3.0, count=4)  # azimuths 90, 180, 270 and 0
    alpha = render_orbit(thing, orbit, EVEN, 64)[:, 3].float()
    columns = [torch.arange(64.0) @ (a.sum(0) / a.sum()) for a in alpha]
    spout = torch.from_numpy(thing.vertices)[:, 0].argmax()
    seen = [float(project(torch.from_numpy(thing.vertices), orbit, i, 64)[spout, 0]) for i in range(4)]
    assert seen[0] < columns[0] - 10
    assert seen[2] > columns[2] + 10


@pytest.mark.parametrize("family", sorted(FAMILIES))
def test_front_and_back_differ(family: str) -> None:
    differences = []
    for seed in range(4):
        thing = sample_object(seed, family)
        frames = render_orbit(thing, static_orbit(5.0, 3.0, count=4), EVEN, 48, background=(1, 1, 1)).float() / 255
        object_share = (frames[3] < 1).any(0).float().mean()
        differences.append(float((frames[3] - frames[1].flip(-1)).abs().mean() / object_share))
    assert max(differences) > 0.05 and min(differences) > 0.005
