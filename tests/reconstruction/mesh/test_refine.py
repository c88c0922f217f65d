"""The fine stage on twelve pictures of an egg in two colours, from fields that are known to be wrong."""

from dataclasses import asdict, replace
from functools import cache

import pytest
import torch
from recorder import Recorder
from scenes import (
    EGG_AXES,
    EGG_BACK,
    EGG_FRONT,
    EGG_VOLUME,
    distance_field,
    egg_distance,
    egg_orbit,
    is_closed,
    volume,
    weighted,
)

from sv3d_engine.ground.colour import to_linear
from sv3d_engine.ground.progress import Cancelled, Progress
from sv3d_engine.ground.settings import PRESETS, LossWeights, Settings
from sv3d_engine.orbit.cameras import frame_rays
from sv3d_engine.reconstruction.field.fit import fit_field
from sv3d_engine.reconstruction.light import fibonacci_sphere
from sv3d_engine.reconstruction.mesh import refine as fine_stage
from sv3d_engine.reconstruction.mesh.refine import Advice, finest_detail, refine, start_shape
from sv3d_engine.reconstruction.mesh.tet_shape import TetShape
from sv3d_engine.reconstruction.perceptual import LPIPS
from sv3d_engine.shared.errors import UserError

CPU = torch.device("cpu")
SIZE, HALF_SIDE = 96, 0.55
FINE = Settings("fine", fine_steps=80, fine_size=64, grid_resolution=12)
SHORT = Settings("short", coarse_steps=2, fine_steps=5, coarse_size=32, fine_size=64, grid_resolution=14)
WRONG_BY = 0.012  # a thirtieth of the egg's radius


@pytest.fixture(scope="module")
def frames():
    return egg_orbit(size=SIZE)


@pytest.fixture(scope="module")
def wrong_field():
    """An egg that is too thick in front and too thin behind."""
    return distance_field(lambda p: egg_distance(p) - WRONG_BY * torch.tanh(p[:, 0] / 0.1), HALF_SIDE)


@pytest.fixture(scope="module")
def refined(frames, wrong_field):
    return refine(frames, wrong_field, FINE, CPU, seed=1, progress=Progress())


@pytest.fixture(scope="module")
def surface(refined):
    return refined[0]


@pytest.fixture(scope="module")
def short_run(frames):
    """Both stages with few steps, and what they told of their progress."""
    coarse, fine = Recorder(), Recorder()
    field, _ = fit_field(frames, SHORT, CPU, seed=3, progress=coarse)
    return field, refine(frames, field, SHORT, CPU, seed=3, progress=fine), (coarse.told, fine.told)


@pytest.fixture(scope="module")
def with_weights(frames, wrong_field):
    """A few steps of the fine stage with these weights alone."""

    @cache
    def run(steps=5, **weights):
        only = LossWeights(**dict.fromkeys(asdict(LossWeights()), 0.0) | weights)
        settings = replace(SHORT, fine_steps=steps, losses=only)
        return refine(frames, wrong_field, settings, CPU, seed=1, progress=Progress())

    return run


def shape_of(refined):
    """How far it reaches in each of many directions."""
    return (refined[0].vertices @ fibonacci_sphere(200).T).amax(0)


def colours_of(refined):
    return refined[1].albedo(torch.rand(500, 3, generator=torch.Generator().manual_seed(0)) - 0.5)


def light_of(refined):
    return torch.cat([part.detach().flatten() for part in refined[1].lights.gaussians()])


@pytest.mark.parametrize(
    ("name", "moved"),
    [
        ("photometric", colours_of),
        ("photometric", shape_of),
        ("mask", shape_of),
        ("depth", shape_of),
        ("normals", shape_of),
        ("albedo", colours_of),
        ("illumination", light_of),
    ],
)
def test_each_loss_has_a_weight_and_moves_what_it_is_for(with_weights, name, moved):
    weight = getattr(LossWeights(), name)
    still, alone = moved(with_weights()), moved(with_weights(**{name: weight}))
    assert (alone - still).abs().max() > 1e-4


def test_shape_and_colours_go_slower_towards_their_end(frames, wrong_field, monkeypatch):
    colours, adam = [], torch.optim.Adam.step
    shape, move = [], TetShape.step
    monkeypatch.setattr(torch.optim.Adam, "step", lambda own: colours.append(own.param_groups[0]["lr"]) or adam(own))
    monkeypatch.setattr(TetShape, "step", lambda own, rate, share: shape.append(rate) or move(own, rate))
    refine(frames, wrong_field, replace(SHORT, fine_steps=25), CPU, seed=1, progress=Progress())
    for rates in (colours, shape):
        assert rates[0] < max(rates)
        assert rates[-1] < 0.6 * max(rates)
    assert len(shape) == len(colours) == 25


def test_large_frames_are_averaged_down_first(frames, wrong_field, monkeypatch):
    monkeypatch.setattr(fine_stage, "FRAME_SIZE", 40)
    large, small = (refine(f, wrong_field, SHORT, CPU, 1, Progress())[0] for f in (frames, frames.shrunk(40)))
    assert torch.equal(large.vertices, small.vertices)


def test_losses_without_a_weight_move_nothing(with_weights, wrong_field):
    start, faces = start_shape(wrong_field, SHORT.grid_resolution, CPU).settle()
    surface, *_ = with_weights()
    assert torch.equal(surface.vertices, start)
    assert torch.equal(surface.faces, faces)


def test_a_highlight_has_to_be_worth_its_weight(with_weights):
    """Where colours count for little its weight keeps the highlight away, which takes all it can without."""
    weight = LossWeights().highlight
    held, free = (with_weights(15, photometric=1e-3, highlight=each)[0].losses["highlight"] for each in (weight, 0.0))
    assert free[-1] > 0.01
    assert held[-1] < 0.2 * free[-1]


def test_the_fine_stage_mends_most_of_what_is_wrong_with_the_field(surface, wrong_field):
    start, _ = start_shape(wrong_field, FINE.grid_resolution, CPU).settle()
    before, after = egg_distance(start), egg_distance(surface.vertices)
    assert before.abs().mean() > 0.75 * WRONG_BY
    assert after.abs().mean() < 0.45 * before.abs().mean()
    for side in (1, -1):  # what was too thick has shrunk, what was too thin has grown
        mended = side * after[side * surface.vertices[:, 0] > 0.1].mean()
        assert mended < 0.5 * side * before[side * start[:, 0] > 0.1].mean()


def test_the_surface_is_a_closed_egg(surface):
    assert is_closed(surface.faces)
    assert volume(surface.vertices, surface.faces) == pytest.approx(EGG_VOLUME, rel=0.02)
    extent = surface.vertices.amax(0) - surface.vertices.amin(0)
    torch.testing.assert_close(extent, torch.tensor([0.9, 0.7, 0.6]), atol=0.02, rtol=0)


def test_its_halves_turn_to_their_colours(refined):
    front, back = refined[1].albedo(torch.tensor([[0.44, 0.0, 0.0], [-0.44, 0.0, 0.0]]))
    difference = to_linear(torch.tensor(EGG_FRONT)) - to_linear(torch.tensor(EGG_BACK))
    assert torch.cosine_similarity(front - back, difference, dim=0) > 0.9
    assert (front - back).norm() > 0.5 * difference.norm()


def test_losses_are_told_and_fall(surface):
    assert all(len(values) == FINE.fine_steps for values in surface.losses.values())
    for name in ("photometric", "mask"):
        values = surface.losses[name]
        assert sum(values[-12:]) < 0.5 * sum(values[:12])  # one round of the orbit each


def test_one_seed_gives_one_result(frames, short_run):
    field, (surface, appearance, _), _ = short_run
    again, _ = fit_field(frames, SHORT, CPU, seed=3, progress=Progress())
    same, likewise, _ = refine(frames, again, SHORT, CPU, seed=3, progress=Progress())
    assert torch.equal(same.vertices, surface.vertices)
    assert torch.equal(same.faces, surface.faces)
    assert same.losses == surface.losses
    for mine, others in ((field, again), (appearance, likewise)):
        for name, tensor in mine.state_dict().items():
            assert torch.equal(others.state_dict()[name], tensor), name


class Outward:
    """A guide that draws the egg's top outward and its colours to white, and has nothing but the top move."""

    def __init__(self):
        self.asked = 0

    def __call__(self, vertices, faces, appearance, progress):
        self.asked += 1
        assert not vertices.requires_grad
        progress(0.5)
        places = vertices[vertices[:, 2] > 0.2]
        (1 - appearance.albedo(places)).sum().backward()
        top = (vertices[:, 2] > 0.2).float()
        return Advice(-10 * vertices * top[:, None], top, torch.tensor(float(self.asked)))


def test_a_guide_moves_shape_and_colours_in_its_phase_alone(frames, wrong_field):
    settings = replace(SHORT, distillation=replace(SHORT.distillation, steps=6))
    guide, told = Outward(), Recorder()
    surface, appearance, guided = refine(frames, wrong_field, settings, CPU, 1, told, guide=guide, guided_cost=5.0)
    plain, other, none = refine(frames, wrong_field, settings, CPU, 1, Progress())
    assert none is None
    assert guide.asked == 6
    assert surface.losses["sds"] == [1, 2, 3, 4, 5, 6]
    assert len(surface.losses["mask"]) == SHORT.fine_steps + 6
    assert torch.equal(surface.vertices, plain.vertices)
    assert torch.equal(surface.faces, plain.faces)
    vertices, faces = guided
    assert faces.amax() == len(vertices) - 1
    assert vertices[:, 2].amax() > plain.vertices[:, 2].amax() + 0.002
    top = torch.tensor([[0.0, 0.0, 0.3]])
    assert (appearance.albedo(top) > other.albedo(top)).all()
    lowest = [each[each[:, 2] < -0.15] for each in (vertices, plain.vertices)]
    assert torch.equal(*lowest)
    assert told.told == sorted(told.told)
    assert told.told[SHORT.fine_steps - 1] == pytest.approx(SHORT.fine_steps / (SHORT.fine_steps + 6 * 5))
    assert told.told[-1] == pytest.approx(1)


def test_colours_change_by_the_guide_alone_in_its_phase(frames, wrong_field):
    settings = replace(SHORT, distillation=replace(SHORT.distillation, steps=6))

    def silent(vertices, faces, appearance, progress):
        return Advice(torch.zeros_like(vertices), torch.ones(len(vertices)), torch.zeros(()))

    guided = refine(frames, wrong_field, settings, CPU, 1, Progress(), guide=silent)
    plain = refine(frames, wrong_field, settings, CPU, 1, Progress())
    for name, tensor in plain.appearance.state_dict().items():
        assert torch.equal(guided.appearance.state_dict()[name], tensor), name
    assert not torch.equal(guided.guided[0], plain.surface.vertices), "the frames hold the shape all the same"


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


def test_a_field_without_a_surface_is_told_in_plain_words(frames):
    with pytest.raises(UserError, match="No solid surface"):
        refine(frames, distance_field(lambda p: p.norm(dim=-1) + 0.01, HALF_SIDE), SHORT, CPU, 1, Progress())


@pytest.mark.parametrize("preset", PRESETS.values(), ids=PRESETS)
def test_colours_are_as_fine_as_the_preset_but_for_tiny_frames(preset):
    assert finest_detail(preset.fine_size, preset.fine_size) == preset.fine_size
    assert finest_detail(preset.fine_size, 576) == preset.fine_size
    assert finest_detail(preset.fine_size, 128) == 128


class Finishing(Progress):
    """A user who wants what there is after some calls."""

    def __init__(self, calls):
        self.calls = calls

    def __call__(self, fraction, note=""):
        self.calls -= 1

    @property
    def finishing(self):
        return self.calls <= 0


def test_what_there_is_after_two_steps_is_a_closed_surface(frames, wrong_field):
    surface, *_ = refine(frames, wrong_field, SHORT, CPU, 1, Finishing(2))
    assert all(len(curve) == 2 for curve in surface.losses.values())
    assert is_closed(surface.faces)


def test_a_doubted_frame_moves_the_shape_by_its_weight(frames, wrong_field):
    """A frame that shows a fatter egg: the more it counts the fatter is what comes of all."""
    alpha, rgb = frames.alpha.clone(), frames.rgb.clone()
    wide = torch.nn.functional.max_pool2d(alpha[4][None], 9, 1, 4)[0]
    rgb[4] = torch.where((alpha[4] > 0)[..., None], rgb[4], torch.tensor(EGG_FRONT))
    alpha[4] = wide
    volumes = []
    for weight in (1.0, 0.2, 0.001):
        given = replace(frames, rgb=rgb, alpha=alpha, orbit=weighted(frames.orbit, {4: weight}))
        made, *_ = refine(given, wrong_field, replace(FINE, fine_steps=36), CPU, seed=1, progress=Progress())
        volumes.append(volume(made.vertices, made.faces))
    assert volumes[0] > volumes[1] > volumes[2]


def egg_normals(frames):
    """The true ones, as each camera has them: of the ellipsoid's surface that its rays meet."""
    count, axes = len(frames.rgb), torch.tensor(EGG_AXES)
    index = torch.arange(count).repeat_interleave(SIZE**2)
    origins, ways = frame_rays(frames.orbit, SIZE, index, torch.arange(SIZE**2).repeat(count))
    start, way = origins / axes, ways / axes
    a, b = way.square().sum(-1), (start * way).sum(-1)
    inside = b.square() - a * (start.square().sum(-1) - 1)
    hit = origins + ((-b - inside.clamp_min(0).sqrt()) / a)[:, None] * ways
    world = torch.nn.functional.normalize(hit / axes**2, dim=-1).reshape(count, SIZE**2, 3)
    told = torch.einsum("npc,nkc->npk", world, frames.orbit.rotations())
    return torch.cat([told, (inside > 0).float().reshape(count, -1, 1)], -1).reshape(count, SIZE, SIZE, 4)


def test_told_normals_move_the_shape_and_only_where_they_are_told(frames, with_weights, wrong_field):
    only = LossWeights(**dict.fromkeys(asdict(LossWeights()), 0.0) | {"mono_normals": 1.0})
    settings = replace(SHORT, fine_steps=30, losses=only)
    given = replace(frames, normals=egg_normals(frames))
    surface, *_ = refine(given, wrong_field, settings, CPU, seed=1, progress=Progress())
    curve = surface.losses["mono_normals"]
    assert sum(curve[-12:]) < 0.8 * sum(curve[:12])
    untold, *_ = with_weights(30, mono_normals=1.0)
    assert "mono_normals" not in untold.losses
    assert torch.equal(untold.vertices, with_weights(30)[0].vertices)


def test_a_network_that_looks_at_pictures_moves_colours_and_shape(frames, wrong_field):
    torch.manual_seed(0)
    network = LPIPS("vgg")
    only = LossWeights(**dict.fromkeys(asdict(LossWeights()), 0.0) | {"perceptual": 1.0})
    made = [
        refine(frames, wrong_field, replace(SHORT, losses=only), CPU, 1, Progress(), given) for given in (network, None)
    ]
    for moved in (shape_of, colours_of):
        assert (moved(made[0]) - moved(made[1])).abs().max() > 1e-4
    assert len(made[0][0].losses["perceptual"]) == SHORT.fine_steps
    assert "perceptual" not in made[1][0].losses
