"""The coarse stage: what its loss asks for, one thing at a time, on balls whose distance is known."""

import math
from dataclasses import replace

import pytest
import torch
from scenes import EGG_VOLUME, distance_field, egg_distance, egg_orbit, is_closed, volume, wavy_orbit, weighted

from sv3d_engine.ground.progress import Progress
from sv3d_engine.ground.settings import Settings
from sv3d_engine.reconstruction.field import fit
from sv3d_engine.reconstruction.field.fit import Targets, distance_rules, drawn_by_weight, near_surface, step_loss
from sv3d_engine.reconstruction.field.radiance_field import extract_mesh
from sv3d_engine.reconstruction.field.volume import march
from sv3d_engine.reconstruction.frames.carving import Depths
from sv3d_engine.reconstruction.frames.frames import Frames
from sv3d_engine.reconstruction.frames.hull import hull_distance, object_hull

CPU = torch.device("cpu")
HALF_SIDE, RADIUS = 0.6, 0.3
STEP = 2 * HALF_SIDE / 64
EDGE = 0.01
ORBIT = wavy_orbit(4)
EVERYWHERE = torch.ones(16, 16, 16, dtype=torch.bool)
# What a colour and one drawn at random differ by on average, as the colour loss counts: for black or white, for grey.
FROM_BLACK, FROM_GREY = 0.452, 0.203


def ball(slope=1.0, radius=RADIUS, colour=0.5, highlight=0.0):
    """A field of a ball of one colour, whose distance grows by ``slope`` a unit."""
    field = distance_field(lambda points: slope * (points.norm(dim=-1) - radius), HALF_SIDE)
    with torch.no_grad():
        field.decoder[2].bias[1:] = torch.logit(torch.tensor(colour), eps=1e-6)
        field.highlight[2].bias.fill_(math.atanh(highlight))
    return field


NOTHING = ball(radius=-0.5)


def loss(field, alpha, colour=0.0, edge=EDGE, occupied=EVERYWHERE):
    with torch.no_grad():
        return float(whole_loss(field, alpha, colour, edge, occupied))


def whole_loss(field, alpha, colour=0.0, edge=EDGE, occupied=EVERYWHERE, trust=1.0):
    """Of rays through the middle of four frames, which are of one colour and one alpha all over."""
    size = 8
    pixel = torch.tensor([row * size + column for row in (3, 4) for column in (3, 4)]).repeat(4)
    view = torch.arange(4).repeat_interleave(4)
    pixels = Targets(torch.full((16, 3), alpha * colour), torch.full((16,), alpha), view, pixel, size)
    rays = torch.arange(16).repeat(64)
    return step_loss(field, pixels, rays, ORBIT, occupied, STEP, edge, torch.Generator().manual_seed(0), trust)


def test_what_is_as_it_should_be_costs_next_to_nothing():
    assert loss(ball(colour=0.3), alpha=1.0, colour=0.3) < 0.02
    assert loss(NOTHING, alpha=0.0) < 0.02


def test_fog_cannot_pass_for_a_background_of_any_colour():
    """A ball where there should be none costs as much as its colour differs from those that are drawn behind it."""
    black, grey, white = (loss(ball(colour=colour), alpha=0.0) for colour in (0.0, 0.5, 1.0))
    assert white == pytest.approx(black, rel=0.05)
    assert black - grey == pytest.approx(5 * (FROM_BLACK - FROM_GREY), rel=0.2)


@pytest.mark.parametrize("colour", [0.1, 0.25, 0.9])
def test_colours_take_fog_away_and_hold_what_is_solid(monkeypatch, colour):
    """Whatever the colour: against a background of another one, too much or too little cover is wrong."""
    monkeypatch.setattr(fit, "MASK_WEIGHT", 0.0)

    def pull(alpha, edge):  # > 0: more matter costs less
        field = ball(colour=colour)
        whole_loss(field, alpha, colour, edge=edge).backward()
        return float(field.decoder[2].bias.grad[0])

    assert pull(alpha=0.0, edge=0.1) < -0.01
    assert pull(alpha=1.0, edge=0.1) > 0.01


def test_a_hole_costs_by_its_colour_and_by_its_mask():
    assert loss(NOTHING, alpha=1.0, colour=0.5) == pytest.approx(5 * FROM_GREY + 1, rel=0.05)


def test_colours_move_the_surface_as_far_as_frames_are_trusted():
    """Here along a colour that gets brighter inwards, so that a dent would explain a brighter frame."""

    def pull(trust):
        field = ball()
        plain = field.forward
        field.forward = lambda points, ways: (
            (found := plain(points, ways))[0],
            (0.5 - 4 * (points.norm(dim=-1, keepdim=True) - RADIUS)).expand(-1, 3),
            found[2],
        )
        whole_loss(field, 1.0, 0.7, edge=0.05, trust=trust).backward()
        return field.decoder[2].bias.grad[0]

    none, half, full = (float(pull(trust)) for trust in (0.0, 0.5, 1.0))
    assert none - full > 0.1  # further inwards costs less
    assert half - none == pytest.approx((full - none) / 2, rel=0.01)


def test_a_highlight_costs_more_than_the_same_colour_without():
    plain, lit = ball(colour=0.6), ball(colour=0.4, highlight=0.2)
    difference = loss(lit, alpha=1.0, colour=0.6) - loss(plain, alpha=1.0, colour=0.6)
    assert difference == pytest.approx(0.02 * 0.2, rel=0.1)


def test_the_surfaces_colour_is_that_between_its_two_samples():
    """The nearer one lies before the surface: a colour that changes along the ray would always come too early."""
    field = ball()
    plain = field.forward

    def changing(points, directions):
        distance, _, highlight = plain(points, directions)
        return distance, (0.5 + 4 * distance)[:, None].expand(-1, 3), highlight

    field.forward = changing
    assert loss(field, 1.0, 0.5) < 1.5 * 5 * (4 * STEP) ** 2 / 12 / 0.2  # of errors spread evenly over one step


def test_every_ray_has_its_samples_at_places_of_its_own(monkeypatch):
    shifts = []
    monkeypatch.setattr(fit, "march", lambda *rays: shifts.append(rays[-1]) or march(*rays))
    loss(ball(), 1.0, 0.5)
    assert 0 <= shifts[0].min() < 0.01
    assert 0.99 < shifts[0].max() < 1


def test_a_distance_that_grows_too_fast_is_told():
    """Twice the distance behind twice the edge looks the same: the eikonal rule alone tells them apart."""
    difference = loss(ball(slope=2.0), 1.0, 0.5, edge=2 * EDGE) - loss(ball(), 1.0, 0.5)
    assert difference == pytest.approx(0.02 * (2 - 1) ** 2, rel=0.1)


def test_a_surface_that_bends_costs_more_than_one_that_is_even():
    wide, narrow = (loss(ball(radius=radius), 1.0, 0.5) for radius in (0.4, 0.2))
    assert narrow > 1e-4
    assert narrow > 2.5 * wide  # the square of the curvature: four times


def test_rules_hold_where_something_was_seen():
    """A distance that grows too fast on one side: it is told where that side was seen."""
    field = distance_field(lambda points: points[:, 0] * (1 + (points[:, 0] < 0)), HALF_SIDE)
    points = torch.tensor([[-0.2, 0.0, 0.0], [0.2, 0.0, 0.0]]).repeat(100, 1)
    steep, right = (
        float(distance_rules(field, points, share.repeat(100), STEP, torch.Generator().manual_seed(0)).detach())
        for share in torch.eye(2)
    )
    assert steep == pytest.approx(0.02, rel=0.1)
    assert right < 0.1 * steep


def test_rules_hold_around_the_samples_too():
    """A distance that is right within a step of the samples and grows too fast beyond."""
    field = distance_field(lambda points: 2 * points[:, 0] - points[:, 0].clamp(-STEP, STEP), HALF_SIDE)
    points = torch.zeros(100, 3)
    rules = distance_rules(field, points, torch.ones(100), STEP, torch.Generator().manual_seed(0))
    assert float(rules.detach()) > 0.2 * 0.02


def nothing_found():
    return Depths(torch.zeros(3), torch.zeros(0, 3), torch.zeros(0, 2), torch.zeros(0), torch.zeros(5))


def depth_loss(field, ends):
    """Of sight lines from one camera."""
    ends = torch.tensor(ends)
    lines = fit.SightLines(torch.tensor([1.0, 0.0, 0.0]).expand(len(ends), 3), ends)
    return float(fit.depth_rules(field, lines, torch.Generator().manual_seed(0)).detach())


def test_a_surface_costs_by_how_far_it_is_from_what_frames_agree_to_see():
    right, before, behind = (depth_loss(ball(radius=RADIUS + offset), [[RADIUS, 0, 0]]) for offset in (0, 0.02, -0.02))
    assert right == pytest.approx(0, abs=1e-3)
    assert behind == pytest.approx(fit.SURFACE_WEIGHT * 0.02, rel=0.1)
    assert before == pytest.approx(fit.SURFACE_WEIGHT * 0.02, rel=0.1)  # within what is left alone before a depth


def test_matter_between_a_camera_and_what_it_sees_costs_more():
    """A place on the far side of the ball lies on its surface, but the ball is in the way."""
    assert depth_loss(ball(), [[-RADIUS, 0, 0]]) > 0.1 * fit.FREE_WEIGHT


def test_frames_that_agree_on_nothing_ask_for_nothing():
    lines = fit.sight_lines([nothing_found()], torch.ones(8, 8, 8), HALF_SIDE, CPU)
    assert float(fit.depth_rules(ball(), lines, torch.Generator())) == 0


def test_depths_deep_inside_what_stands_are_left_out():
    axis = ((torch.arange(40) + 0.5) / 40 * 2 - 1) * HALF_SIDE
    distance = torch.cartesian_prod(axis, axis, axis).norm(dim=-1).reshape(40, 40, 40) - RADIUS
    depths = torch.tensor([1 - RADIUS, 1 - RADIUS + 0.01, 1 - RADIUS + 0.06])  # along +X from a camera at −1
    found = Depths(torch.tensor([-1.0, 0, 0]), torch.eye(3)[:1].expand(3, 3), torch.zeros(3, 2), depths, torch.zeros(5))
    ends = fit.sight_lines([found], distance, HALF_SIDE, CPU).end
    torch.testing.assert_close(ends[:, 0], torch.tensor([-RADIUS, -RADIUS + 0.01]))


def test_rays_that_meet_nothing_have_a_loss_too():
    empty = torch.zeros_like(EVERYWHERE)
    assert loss(ball(), alpha=1.0, colour=0.5, occupied=empty) == pytest.approx(loss(NOTHING, 1.0, 0.5), rel=0.02)


def test_probes_are_drawn_as_often_as_their_weights_ask():
    drawn = drawn_by_weight(torch.tensor([0.0, 3.0, 0.0, 1.0, 0.0]), 10_000, torch.Generator().manual_seed(0))
    counts = torch.bincount(drawn, minlength=5)
    assert counts[[0, 2, 4]].sum() == 0
    assert float(counts[1] / counts[3]) == pytest.approx(3, rel=0.1)


def test_samples_are_asked_for_near_the_surface_only():
    cells = near_surface(ball(), EVERYWHERE.clone(), outside=0.1, inside=0.2).nonzero()
    distance = ((cells + 0.5) / 16 * 2 - 1).mul(HALF_SIDE).norm(dim=-1) - RADIUS
    assert 0.07 < distance.max() < 0.1
    assert -0.2 < distance.min() < -0.15
    reach = torch.zeros_like(EVERYWHERE)
    reach[8:] = True
    assert (near_surface(ball(), reach, 0.1, 0.2).nonzero()[:, 0] >= 8).all()


def test_the_hulls_distance_is_that_of_its_surface():
    axis = ((torch.arange(40) + 0.5) / 40 * 2 - 1) * HALF_SIDE
    true = torch.cartesian_prod(axis, axis, axis).norm(dim=-1).reshape(40, 40, 40) - RADIUS
    error = (hull_distance(true < 0, HALF_SIDE) - true).abs()
    assert error[true.abs() < 0.1].mean() < 0.2 * 2 * HALF_SIDE / 40
    assert error.mean() < 0.5 * 2 * HALF_SIDE / 40


@pytest.fixture(scope="module")
def frames():
    return egg_orbit(size=96)


def test_the_cube_holds_the_object_and_little_more(frames):
    hull, half_side = object_hull(frames.alpha, frames.orbit)
    assert 0.45 < half_side < 1.3 * 0.45
    assert EGG_VOLUME < hull_volume(hull, half_side) < 1.25 * EGG_VOLUME


@pytest.mark.parametrize("fault", ["a speck", "aside"])
def test_one_wrong_frame_does_not_carve_the_object_away(frames, fault):
    alpha = frames.alpha.clone()
    if fault == "a speck":
        alpha[5] = 0
        alpha[5, 46:50, 46:50] = 1
    else:
        alpha[5] = alpha[5].roll(15, 1)
    assert EGG_VOLUME < hull_volume(*object_hull(alpha, frames.orbit)) < 1.4 * EGG_VOLUME


def hull_volume(hull, half_side):
    return float(hull.float().mean()) * (2 * half_side) ** 3


def test_pixels_are_those_of_the_object_and_two_around():
    alpha = torch.zeros(1, 32, 32)
    alpha[0, 12:20, 8:16] = 1
    kept = fit.targets(Frames(torch.full((1, 32, 32, 3), 0.5), alpha, wavy_orbit(1)), 16, CPU)
    row, column = kept.pixel // 16, kept.pixel % 16
    assert (int(row.min()), int(row.max()), int(column.min()), int(column.max())) == (4, 11, 2, 9)
    assert len(kept.pixel) == 64
    torch.testing.assert_close(kept.colour, 0.5 * kept.alpha[:, None].expand(-1, 3))
    assert kept.alpha.sum() == 16


def test_the_true_surface_costs_least(frames):
    """Among eggs of three sizes, behind an edge as wide as they differ."""
    pixels = fit.targets(frames, 48, CPU)
    rays = torch.randint(len(pixels.view), (3000,), generator=torch.Generator().manual_seed(0))
    everywhere = torch.ones(64, 64, 64, dtype=torch.bool)

    def loss_of(offset):
        field = distance_field(lambda points: egg_distance(points) - offset, HALF_SIDE)
        draw = torch.Generator().manual_seed(0)
        with torch.no_grad():
            return float(step_loss(field, pixels, rays, frames.orbit, everywhere, STEP, EDGE, draw))

    small, right, large = (loss_of(offset) for offset in (-0.03, 0.0, 0.03))
    assert small > right + 0.03
    assert large > right + 0.03


def test_the_rate_rises_at_first_and_falls_at_the_end(frames, monkeypatch):
    rates, step = [], torch.optim.Adam.step
    monkeypatch.setattr(torch.optim.Adam, "step", lambda adam: rates.append(adam.param_groups[0]["lr"]) or step(adam))
    monkeypatch.setattr(fit, "RAYS", 8)
    fit.fit_field(frames, Settings("tiny", coarse_steps=30, coarse_size=32), CPU, seed=1, progress=Progress())
    assert rates[0] < 0.2 * max(rates)
    assert rates[-1] < 0.3 * max(rates)


def test_the_field_starts_as_the_hull_less_what_the_frames_see_through(frames, monkeypatch):
    def upper_half(depths, frames, hull, half_side, progress):
        away = hull.clone()
        away[..., : hull.shape[2] // 2] = False
        return away

    def start(trust):
        monkeypatch.setattr(fit, "confirmed_depths", lambda *given: ([nothing_found()], trust))
        settings = Settings("tiny", coarse_steps=0, coarse_size=32)
        field, _ = fit.fit_field(frames, settings, CPU, seed=1, progress=Progress())
        with torch.no_grad():
            return field.distance(torch.tensor([[0.0, 0.0, 0.1], [0.0, 0.0, -0.1]])).tolist()

    monkeypatch.setattr(fit, "carved", upper_half)
    assert start(trust=1.0) == pytest.approx([0.1, -0.1], abs=0.03)
    assert max(start(trust=0.0)) < -0.05  # frames that contradict each other carve nothing


def test_a_field_is_fitted_in_shape_and_colour(frames, monkeypatch):
    monkeypatch.setattr(fit, "RAYS", 768)
    settings = Settings("tiny", coarse_steps=40, coarse_size=48)
    field, _ = fit.fit_field(frames, settings, CPU, seed=1, progress=Progress())
    vertices, faces = extract_mesh(field, 48)
    assert is_closed(faces)
    assert volume(vertices, faces) == pytest.approx(EGG_VOLUME, rel=0.2)
    ends = torch.tensor([[0.45, 0.0, 0.0], [-0.45, 0.0, 0.0]])
    with torch.no_grad():
        front, back = field(ends, -ends / 0.45)[1]
    assert (front - back)[0] > 0.15  # redder before
    assert (front - back)[2] < -0.15  # bluer behind


class Finishing(Progress):
    """A user who wants what there is after some steps, of which fit_field tells without a note."""

    def __init__(self, steps):
        self.steps = steps

    def __call__(self, fraction, note=""):
        self.steps -= fraction > fit.CARVING

    @property
    def finishing(self):
        return self.steps <= 0


@pytest.mark.parametrize("steps", [0, 2, 12])
def test_what_there_is_after_some_steps_is_a_closed_surface_already(frames, monkeypatch, steps):
    monkeypatch.setattr(fit, "RAYS", 768)
    taken, step = [], torch.optim.Adam.step
    monkeypatch.setattr(torch.optim.Adam, "step", lambda adam: taken.append(adam) or step(adam))
    settings = Settings("tiny", coarse_steps=40, coarse_size=48)
    field, _ = fit.fit_field(frames, settings, CPU, seed=1, progress=Finishing(steps))
    assert len(taken) == max(steps, 1)
    vertices, faces = extract_mesh(field, 48)
    assert is_closed(faces)
    assert volume(vertices, faces) == pytest.approx(EGG_VOLUME, rel=0.25)


def test_a_doubted_frame_is_asked_as_rarely_as_its_weight_says(frames, monkeypatch):
    asked, lines = [], []

    def step_loss(field, pixels, rays, *rest):
        asked.append(pixels.view[rays])
        return no_loss(field)

    def depth_rules(field, given, draw):
        lines.append(given)
        return no_loss(field)

    monkeypatch.setattr(fit, "step_loss", step_loss)
    monkeypatch.setattr(fit, "depth_rules", depth_rules)
    monkeypatch.setattr(fit, "carved", lambda depths, frames, hull, *rest: torch.zeros_like(hull))
    settings = Settings("few", coarse_steps=3, coarse_size=32)
    fit.fit_field(replace(frames, orbit=weighted(frames.orbit, {2: 0.25})), settings, CPU, 1, Progress())
    counts = torch.bincount(torch.cat(asked), minlength=len(frames.alpha)).float()
    shown = torch.bincount(fit.targets(frames, 32, CPU).view).float()
    rate = counts / shown
    assert float(rate[2] / rate[[0, 1, *range(3, len(rate))]].mean()) == pytest.approx(0.25, rel=0.15)
    for given in lines:
        assert set(given.weight.tolist()) <= {1.0, 0.25}
        assert given.weight.shape == given.end.shape[:1]


def no_loss(field):
    return sum(parameter.sum() for parameter in field.parameters()) * 0


def test_sight_lines_are_drawn_by_their_frames_weight():
    near, far = torch.tensor([RADIUS, 0.0, 0.0]), torch.tensor([RADIUS + 0.1, 0.0, 0.0])
    start = torch.tensor([1.0, 0.0, 0.0]).expand(2, 3)
    lines = [
        fit.SightLines(start, torch.stack([near, far]), torch.tensor([1.0, weight])) for weight in (1.0, 0.25, 0.01)
    ]
    costs = [float(fit.depth_rules(ball(), some, torch.Generator().manual_seed(0)).detach()) for some in lines]
    assert costs[0] > 1.5 * costs[1] > 5 * costs[2]
