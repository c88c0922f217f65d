"""Visual hull: what it keeps, what it carves, and the distance measured from it."""

from dataclasses import replace

import pytest
import torch
from orbits import sine_orbit, sphere_alpha
from scenes import weighted

from sv3d_engine.orbit.cameras import CameraOrbit, View, frame_coordinates
from sv3d_engine.reconstruction.frames.hull import agreement, fit_distance, visual_hull


def centres(resolution: int, half_side: float) -> torch.Tensor:
    axis = ((torch.arange(resolution) + 0.5) / resolution * 2 - 1) * half_side
    return torch.stack(torch.meshgrid(axis, axis, axis, indexing="ij"), -1)


def test_projection_puts_right_up_and_the_centre_where_the_frame_has_them() -> None:
    orbit = sine_orbit()
    points = torch.tensor([[0.0, 0, 0], [0, 0, 0.1], [0, 0.1, 0]])
    xy = frame_coordinates(points, orbit, 0)  # elevation 10°, azimuth 0: +Y is to the right, +Z up
    assert xy[0].abs().max() < 1e-6
    assert xy[1, 1] < -0.1 and abs(float(xy[1, 0])) < 1e-6
    assert xy[2, 0] > 0.1


def test_hull_of_a_sphere_off_the_centre() -> None:
    orbit = sine_orbit()
    centre = (0.1, -0.05, 0.15)
    hull = visual_hull(sphere_alpha(orbit, 128, 0.3, centre), orbit, 64, 0.6)
    radius = (centres(64, 0.6) - torch.tensor(centre)).norm(dim=-1)
    assert hull[radius < 0.295].all()  # never carves the object itself
    assert not hull[radius > 0.42].any()
    assert hull.sum() < 1.25 * (radius < 0.3).sum()


def test_a_thread_thinner_than_a_pixel_survives() -> None:
    orbit = sine_orbit()
    alpha = torch.zeros(12, 64, 64)
    alpha[:, 8:56, 31:33] = 0.2  # a vertical thread on the axis, 0.4 pixels wide, as the frames show it
    hull = visual_hull(alpha, orbit, 63, 0.3)
    column = hull[31, 31]
    assert column[16:47].all()


def test_one_frame_that_disagrees_is_forgiven_only_on_demand() -> None:
    orbit = sine_orbit()
    alpha = sphere_alpha(orbit, 64, 0.3)
    alpha[5] = 0
    assert not visual_hull(alpha, orbit, 32, 0.5).any()
    assert visual_hull(alpha, orbit, 32, 0.5, may_miss=1).any()


def test_the_true_picture_among_imagined_ones_is_never_forgiven() -> None:
    orbit = sine_orbit(21)
    alpha = sphere_alpha(orbit, 48, 0.4)
    alpha[-1, :, :24] = 0
    half = [visual_hull(alpha, of, 32, 0.5, may_miss=2).sum() for of in (orbit, _true(orbit))]
    assert half[1] < 0.6 * half[0]


def _true(orbit: CameraOrbit) -> CameraOrbit:
    return replace(orbit, views=(*orbit.views[:-1], replace(orbit.views[-1], true=True)))


def test_what_is_cut_off_by_the_frame_is_kept() -> None:
    orbit = sine_orbit()
    hull = visual_hull(torch.ones(12, 64, 64), orbit, 16, 3.0)
    assert hull.all()


def test_slabs_make_no_difference(monkeypatch: pytest.MonkeyPatch) -> None:
    orbit = sine_orbit()
    alpha = sphere_alpha(orbit, 64, 0.3, (0.1, 0, 0))
    whole = visual_hull(alpha, orbit, 40, 0.5)
    monkeypatch.setattr("sv3d_engine.reconstruction.frames.hull._SLAB", 3 * 40**2)
    assert torch.equal(visual_hull(alpha, orbit, 40, 0.5), whole)


def test_distance_makes_the_longest_side_one() -> None:
    orbit = sine_orbit(distance=3.1)
    alpha = sphere_alpha(orbit, 128, 0.45)
    assert fit_distance(alpha, orbit) == pytest.approx(3.1 / 0.9, rel=0.02)


def test_no_distance_for_frames_that_contradict_each_other() -> None:
    orbit = sine_orbit()
    alpha = torch.zeros(12, 64, 64)
    alpha[::2, 5:25, 5:59] = 1
    alpha[1::2, 40:60, 5:59] = 1
    assert fit_distance(alpha, orbit) is None


def test_an_orbit_that_runs_the_wrong_way_round_is_noticed() -> None:
    orbit = sine_orbit()
    pair = [sphere_alpha(orbit, 64, 0.12, centre) for centre in ((0.3, 0.1, 0.1), (-0.1, -0.3, -0.2))]
    alpha = torch.maximum(*pair)
    backwards = CameraOrbit(33.8, 2.2, tuple(View(v.file, v.elevation, -v.azimuth) for v in orbit.views))
    assert agreement(alpha, orbit) > 0.9
    assert agreement(alpha, backwards) < 0.6


def test_a_doubted_frame_carves_only_with_others_that_make_up_a_whole() -> None:
    orbit = sine_orbit()
    alpha = sphere_alpha(orbit, 64, 0.4)
    true = visual_hull(alpha, orbit, 48, 0.6)
    alpha[[4, 9]] = 0
    for weights, kept in (({4: 0.5, 9: 0.4}, True), ({4: 0.5, 9: 0.5}, False), ({4: 0.5}, False)):
        hull = visual_hull(alpha, weighted(orbit, weights), 48, 0.6)
        assert torch.equal(hull, hull | true) if kept else not hull.any()
    assert agreement(alpha, weighted(orbit, {4: 0.01, 9: 0.01})) > 0.99
