"""Hollows: a textured tray is carved where frames see into it, a solid block of the same outline is not."""

from dataclasses import replace

import pytest
import torch
from scenes import blotches, box, egg_orbit, grey, pictures_of

from sv3d_engine.ground.progress import Cancelled, Progress
from sv3d_engine.orbit.cameras import CameraOrbit, View
from sv3d_engine.reconstruction.frames import carving
from sv3d_engine.reconstruction.frames.carving import Depths, carved, confirmed_depths
from sv3d_engine.reconstruction.frames.hull import hull_distance, visual_hull, voxel_centres
from sv3d_engine.reconstruction.frames.photo_consistency import top_offset

SIZE, RESOLUTION, HALF_SIDE = 112, 48, 0.5
ORBIT = CameraOrbit(33.8, 2.2, tuple(View(f"{i:03d}.png", 38 - 6 * (i % 2), 360 * i / 14) for i in range(14)))
SIDE, TOP, FLOOR, INNER = 0.4, 0.14, -0.06, 0.32  # of the tray, whose walls lean from 0.36 at the top to 0.32
VOXEL = 2 * HALF_SIDE / RESOLUTION


def tray(hollow):
    vertices, faces = box((20, 20, 1))
    pressed = hollow & (vertices[:, 2] > 0) & (vertices[:, :2].abs().amax(1) < 0.85)
    vertices = vertices * torch.tensor([SIDE, SIDE, TOP])
    vertices[pressed, 2] = FLOOR
    return vertices, faces


def carve(vertices, faces, orbit=ORBIT):
    frames = pictures_of(vertices, faces, lambda points: blotches(points, 0.08), orbit, SIZE)
    hull = visual_hull(frames.alpha, orbit, RESOLUTION, HALF_SIDE)
    depths, _ = confirmed_depths(frames, hull_distance(hull, HALF_SIDE), HALF_SIDE)
    return hull, carved(depths, frames, hull, HALF_SIDE)


def voxels_within(side, bottom, top):
    axis = voxel_centres(torch.arange(RESOLUTION), RESOLUTION, HALF_SIDE)
    x, y, z = torch.meshgrid(axis, axis, axis, indexing="ij")
    return (torch.maximum(x.abs(), y.abs()) < side) & (z > bottom) & (z < top)


def test_a_hollow_that_no_silhouette_shows_is_carved():
    hull, away = carve(*tray(hollow=True))
    hollow, below = voxels_within(INNER, FLOOR, TOP), voxels_within(SIDE, -TOP, FLOOR - VOXEL)
    assert hull[hollow].all()
    assert away[hollow].float().mean() > 0.8
    assert not away[below].any()


def test_a_solid_block_of_the_same_outline_is_left_alone():
    hull, away = carve(*tray(hollow=False))
    block = voxels_within(SIDE - VOXEL, VOXEL - TOP, TOP - VOXEL)
    assert hull[block].all() and not away[block].any()


def test_frames_are_trusted_if_they_agree():
    """Here on one pattern, there each on one of its own; a plain block gives no reason to doubt them."""
    vertices, faces = tray(hollow=False)
    plain = pictures_of(vertices, faces, grey, ORBIT, SIZE)
    alike = pictures_of(vertices, faces, lambda points: blotches(points, 0.08), ORBIT, SIZE)
    others = [
        pictures_of(vertices, faces, lambda points, i=i: blotches(points + i, 0.08), ORBIT, SIZE)
        for i in range(len(ORBIT.views))
    ]
    unlike = replace(alike, rgb=torch.stack([one.rgb[i] for i, one in enumerate(others)]))
    hull = visual_hull(alike.alpha, ORBIT, RESOLUTION, HALF_SIDE)
    trust = [confirmed_depths(seen, hull_distance(hull, HALF_SIDE), HALF_SIDE)[1] for seen in (alike, unlike, plain)]
    assert trust[:2] == [1, 0] and trust[2] > 0.5


def test_frames_that_count_little_take_little_trust_away_and_carve_little():
    """Every third shows another pattern, which no depth of theirs is confirmed by."""
    vertices, faces = tray(hollow=True)
    frames = pictures_of(vertices, faces, lambda points: blotches(points, 0.08), ORBIT, SIZE)
    other = pictures_of(vertices, faces, lambda points: blotches(points + 3, 0.08), ORBIT, SIZE)
    odd = torch.tensor([i % 3 == 0 for i in range(len(ORBIT.views))])
    spoiled = replace(frames, rgb=torch.where(odd[:, None, None, None], other.rgb, frames.rgb))
    hull = visual_hull(frames.alpha, ORBIT, RESOLUTION, HALF_SIDE)
    trust, hollow = [], []
    for weight in (1.0, 0.05):
        views = tuple(replace(v, weight=weight if one else 1.0) for v, one in zip(ORBIT.views, odd, strict=True))
        seen = replace(spoiled, orbit=replace(ORBIT, views=views))
        depths, trusted = confirmed_depths(seen, hull_distance(hull, HALF_SIDE), HALF_SIDE)
        trust.append(trusted)
        hollow.append(carved(depths, seen, hull, HALF_SIDE)[voxels_within(INNER, FLOOR, TOP)].float().mean())
    assert trust[0] < 0.1 and trust[1] > 0.9
    assert hollow[1] > 0.9


@pytest.mark.parametrize("weight", [0.39, 0.5])
def test_one_weight_for_all_changes_nothing(weight):
    frames = pictures_of(*tray(hollow=True), lambda points: blotches(points, 0.08), ORBIT, SIZE)
    hull = visual_hull(frames.alpha, ORBIT, RESOLUTION, HALF_SIDE)
    light = replace(ORBIT, views=tuple(replace(view, weight=weight) for view in ORBIT.views))
    away, trust = [], []
    for orbit in (ORBIT, light):
        seen = replace(frames, orbit=orbit)
        depths, trusted = confirmed_depths(seen, hull_distance(hull, HALF_SIDE), HALF_SIDE)
        trust.append(trusted)
        away.append(carved(depths, seen, hull, HALF_SIDE))
    assert torch.equal(*away) and away[0].any()
    assert trust[1] == pytest.approx(trust[0], abs=1e-3)


def test_frames_far_apart_are_no_contradiction():
    """Of 8 round an object no two others are near enough to confirm much."""
    views = tuple(View(f"{i:03d}.png", 20.0, 45.0 * i) for i in range(8))
    orbit = CameraOrbit(33.8, 2.2, views)
    frames = pictures_of(*tray(hollow=False), lambda points: blotches(points, 0.08), orbit, SIZE)
    hull = visual_hull(frames.alpha, orbit, RESOLUTION, HALF_SIDE)
    assert confirmed_depths(frames, hull_distance(hull, HALF_SIDE), HALF_SIDE)[1] == 1


def test_a_top_between_scores_is_that_of_their_parabola():
    places = torch.arange(7.0)
    tops = torch.tensor([2.7, 3.0, 3.4])
    scores = 1 - 0.1 * (places - tops[:, None]) ** 2
    best = scores.argmax(1)
    torch.testing.assert_close(best + top_offset(scores, best), tops)
    ends = scores[:, 3:]  # whose best has nothing before it
    assert torch.equal(top_offset(ends[:1], ends[:1].argmax(1)), torch.zeros(1))
    flat = torch.zeros(1, 5)
    assert torch.equal(top_offset(flat, flat.argmax(1)), torch.zeros(1))


def test_what_only_silhouettes_show_stays(monkeypatch):
    """However sure all depths are that there is nothing: without it a frame would show the object where none is."""

    def far_behind(pictures, orbit, view, hull_distance, half_side):
        rows, columns = torch.meshgrid(torch.arange(16), torch.arange(16), indexing="ij")
        cells = torch.stack([rows.flatten(), columns.flatten()], 1)
        origin, rotation = orbit.positions()[view], orbit.rotations()[view]
        across = ((cells.flip(1) + 0.5) / 8 - 1) * orbit.tan_half_fov * torch.tensor([1.0, -1.0])
        ways = torch.cat([across, -torch.ones(256, 1)], 1) @ rotation
        far = torch.full((256,), 2 * orbit.distance)
        return Depths(origin, torch.nn.functional.normalize(ways, dim=-1), cells, far, torch.arange(5))

    monkeypatch.setattr(carving, "STRIDE", 4)
    monkeypatch.setattr(carving, "frame_depths", far_behind)
    monkeypatch.setattr(carving, "confirmed", lambda found, maps, orbit, size: torch.ones(256, dtype=torch.bool))
    frames = egg_orbit(size=64)
    hull = visual_hull(frames.alpha, frames.orbit, 40, 0.55)
    depths, _ = confirmed_depths(frames, hull_distance(hull, 0.55), 0.55)
    assert not carved(depths, frames, hull, 0.55).any()
    monkeypatch.setattr(carving, "_missed", lambda frames, kept, away, half_side: torch.zeros_like(away))
    assert carved(depths, frames, hull, 0.55).any()


def test_a_pit_is_no_hollow():
    """A highlight's depth lies behind the surface: narrow pits stay full, a wide bowl is carved."""
    axis = voxel_centres(torch.arange(64), 64, HALF_SIDE)
    x, y, z = torch.meshgrid(axis, axis, axis, indexing="ij")
    hull = torch.stack([x, y, z]).abs().amax(0) < 0.35
    pit = hull & (z > 0.2) & ((x.square() + y.square()).sqrt() < 0.4 * carving.WIDTH)
    bowl = hull & (z > 0.2) & ((x.square() + y.square()).sqrt() < 2 * carving.WIDTH)
    assert carving._wide(pit, hull, HALF_SIDE).sum() < 0.2 * pit.sum()
    assert carving._wide(bowl, hull, HALF_SIDE).sum() > 0.9 * bowl.sum()


def test_carving_can_be_cancelled():
    class Stop(Progress):
        def __call__(self, fraction, note=""):
            raise Cancelled

    frames = egg_orbit(size=64)
    hull = visual_hull(frames.alpha, frames.orbit, 16, 0.55)
    depths, _ = confirmed_depths(frames, hull_distance(hull, 0.55), 0.55)
    with pytest.raises(Cancelled):
        carved(depths, frames, hull, 0.55, Stop())
