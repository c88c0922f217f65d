"""Both fitting stages, end to end, on twelve little pictures of an egg in two colours."""

import math

import pytest
import torch
from scenes import EGG_BACK, EGG_FRONT, EGG_VOLUME, egg_orbit, is_closed, volume

from sv3d_engine.ground.colour import to_linear
from sv3d_engine.ground.progress import Cancelled, Progress
from sv3d_engine.ground.settings import PRESETS, Settings
from sv3d_engine.reconstruction.field.fit import fit_field
from sv3d_engine.reconstruction.field.radiance_field import extract_mesh
from sv3d_engine.reconstruction.mesh import refined_surface
from sv3d_engine.reconstruction.mesh.refine import finest_detail, refine
from sv3d_engine.shared.errors import UserError

CPU = torch.device("cpu")
TINY = Settings("tiny", coarse_steps=20, fine_steps=36, coarse_size=48, fine_size=64, grid_resolution=20)
SHORT = Settings("short", coarse_steps=2, fine_steps=3, coarse_size=32, fine_size=64, grid_resolution=14)


class Recorder(Progress):
    def __init__(self, stop_at=math.inf):
        self.told, self.stop_at = [], stop_at

    def __call__(self, fraction, note=""):
        self.told.append(fraction)
        if len(self.told) >= self.stop_at:
            raise Cancelled


@pytest.fixture(scope="module")
def frames():
    return egg_orbit()


@pytest.fixture(scope="module")
def field(frames):
    return fit_field(frames, TINY, CPU, seed=1, progress=Progress())


@pytest.fixture(scope="module")
def short_run(frames):
    """Both stages with few steps, and what they told of their progress."""
    coarse, fine = Recorder(), Recorder()
    field = fit_field(frames, SHORT, CPU, seed=3, progress=coarse)
    return field, refine(frames, field, SHORT, CPU, seed=3, progress=fine), (coarse.told, fine.told)


@pytest.fixture(scope="module")
def surface(frames, field):
    return refine(frames, field, TINY, CPU, seed=1, progress=Progress())


def test_the_field_has_the_eggs_volume(field):
    vertices, faces = extract_mesh(field, 48)
    assert is_closed(faces)
    assert volume(vertices, faces) == pytest.approx(EGG_VOLUME, rel=0.12)


def test_the_surface_is_the_egg(surface):
    assert is_closed(surface.faces)
    assert volume(surface.vertices, surface.faces) == pytest.approx(EGG_VOLUME, rel=0.08)
    extent = surface.vertices.amax(0) - surface.vertices.amin(0)
    torch.testing.assert_close(extent, torch.tensor([0.9, 0.7, 0.6]), atol=0.05, rtol=0)


def test_its_halves_turn_to_their_colours(surface):
    front, back = surface.albedo(torch.tensor([[0.44, 0.0, 0.0], [-0.44, 0.0, 0.0]]))
    difference = to_linear(torch.tensor(EGG_FRONT)) - to_linear(torch.tensor(EGG_BACK))
    assert (front - back)[0] > 0.05  # redder before
    assert (front - back)[2] < -0.05  # bluer behind
    assert torch.cosine_similarity(front - back, difference, dim=0) > 0.6


def test_losses_are_told_and_fall(surface):
    assert all(len(values) == TINY.fine_steps for values in surface.losses.values())
    photometric = surface.losses["photometric"]
    assert sum(photometric[-12:]) < 0.9 * sum(photometric[:12])  # one round of the orbit each


def test_one_seed_gives_one_result(frames, short_run):
    field, surface, _ = short_run
    again = fit_field(frames, SHORT, CPU, seed=3, progress=Progress())
    same = refine(frames, again, SHORT, CPU, seed=3, progress=Progress())
    assert torch.equal(same.vertices, surface.vertices)
    assert torch.equal(same.faces, surface.faces)
    assert same.losses == surface.losses
    for mine, others in ((field, again), (surface.appearance, same.appearance)):
        for name, tensor in mine.state_dict().items():
            assert torch.equal(others.state_dict()[name], tensor), name


@pytest.mark.parametrize("stage", ["fit", "refine"])
def test_cancel_stops_at_the_next_step(frames, short_run, stage):
    progress = Recorder(stop_at=1)
    with pytest.raises(Cancelled):
        if stage == "fit":
            fit_field(frames, SHORT, CPU, seed=3, progress=progress)
        else:
            refine(frames, short_run[0], SHORT, CPU, seed=3, progress=progress)
    assert len(progress.told) == 1
    assert progress.told[-1] < 1


def test_progress_runs_to_the_end(short_run):
    for told in short_run[2]:
        assert told == sorted(told)
        assert told[-1] == 1


def test_a_surface_comes_back_and_answers_the_same(surface, tmp_path):
    path = tmp_path / "surface.safetensors"
    refined_surface.save_surface(surface, path)
    read = refined_surface.load_surface(path)
    assert torch.equal(read.vertices, surface.vertices)
    assert torch.equal(read.faces, surface.faces)
    assert read.losses == surface.losses
    points = torch.rand(50, 3, generator=torch.manual_seed(0)) - 0.5
    assert torch.equal(read.albedo(points), surface.albedo(points))
    for before, after in zip(surface.light.gaussians(), read.light.gaussians(), strict=True):
        assert torch.equal(before, after)


def test_a_damaged_surface_is_told_in_plain_words(surface, tmp_path):
    path = tmp_path / "surface.safetensors"
    refined_surface.save_surface(surface, path)
    path.write_bytes(path.read_bytes()[:-100])
    with pytest.raises(UserError, match="damaged"):
        refined_surface.load_surface(path)


@pytest.mark.parametrize("preset", PRESETS.values(), ids=PRESETS)
def test_colours_are_as_fine_as_the_preset_but_for_tiny_frames(preset):
    assert finest_detail(preset.fine_size, preset.fine_size) == preset.fine_size
    assert finest_detail(preset.fine_size, 576) == preset.fine_size
    assert finest_detail(preset.fine_size, 128) == 128
