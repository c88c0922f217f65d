"""What is drawn of an orbit, as data."""

import math
from itertools import pairwise

import pytest
from sv3d.sv3d_blender.overlay.shapes import OrbitView, Role, shapes
from sv3d.sv3d_engine.shared.trajectory import Pose, sine, static

TARGET = (1.0, 2.0, 3.0)


def drawn(poses, strays=()):
    return shapes(OrbitView(tuple(poses), TARGET, 4.0, -90.0, strays))


def test_each_view_has_its_number_at_its_place_on_the_sphere():
    found = drawn(sine(10))
    assert [text for _, _, text in found.numbers] == [str(i) for i in range(1, 22)]
    assert [math.dist(place, TARGET) for _, place, _ in found.numbers] == pytest.approx([4.0] * 21)
    last = found.numbers[-1][1]
    assert last == pytest.approx((1, 2 - 4 * math.cos(math.radians(10)), 3 + 4 * math.sin(math.radians(10))))


def test_photographs_are_where_they_were_taken():
    far = tuple(3.0 + 0.1 * i for i in range(21))
    found = shapes(OrbitView(tuple(sine(10)), TARGET, 4.0, -90.0, is_sv3ds=False, distances=far))
    assert [math.dist(place, TARGET) for _, place, _ in found.numbers] == pytest.approx(far)
    way = [math.dist(place, TARGET) for role, _, place in found.lines if role is Role.WAY]
    assert max(abs(b - a) for a, b in pairwise(way[10:])) < 0.05, "no jump between two of them"


def test_a_second_view_is_counter_clockwise_from_the_front():
    assert drawn(static(0)).numbers[0][1][0] > TARGET[0]  # from −Y on towards +X


def test_the_way_is_closed_and_lies_on_the_sphere():
    way = [(a, b) for role, a, b in drawn(sine(10)).lines if role is Role.WAY]
    assert all(math.dist(point, TARGET) == pytest.approx(4.0) for line in way for point in line)
    assert [b for _, b in way[:-1]] == [a for a, _ in way[1:]]
    assert way[-1][1] == pytest.approx(way[0][0])
    assert sum(math.dist(*line) for line in way) > 2 * math.pi * 3.9


def test_the_pictures_view_alone_is_marked():
    found = drawn(sine(10))
    assert [text for role, _, text in found.numbers if role is Role.FRONT] == ["21"]
    assert len([role for role, *_ in found.lines if role is Role.FRONT]) == 10  # a frustum, and its cross


def test_a_trained_orbit_has_nothing_doubtful():
    assert Role.DOUBTFUL not in {role for role, *_ in drawn(sine(10)).lines}


def test_what_is_out_of_range_is_of_another_colour():
    steep = drawn(static(50))
    assert [text for role, _, text in steep.numbers if role is Role.DOUBTFUL] == ["21"]
    poses = list(static(0))
    poses[4] = Pose(60.0, poses[4].azimuth)
    high = drawn(poses)
    assert [text for role, _, text in high.numbers if role is Role.DOUBTFUL] == ["5"]
    assert [role for role, *_ in high.lines].count(Role.DOUBTFUL) > 8 + 20  # its frustum, and the ways to and from it


def test_an_uneven_step_is_of_another_colour():
    poses = [Pose(0.0, azimuth * 0.8) for _, azimuth in static(0)]
    places = [a for role, a, _ in drawn(poses).lines if role is Role.DOUBTFUL]
    assert len(places) == math.ceil((360 - poses[-2].azimuth) / 3)


def test_frames_that_are_there_are_neither_doubtful_nor_a_picture():
    poses = [Pose(80.0, azimuth) for azimuth in (0.0, -90.0, -180.0)]
    found = shapes(OrbitView(tuple(poses), TARGET, 4.0, -90.0, fov_deg=60.0, is_sv3ds=False))
    assert {role for role, *_ in found.lines} == {Role.SPHERE, Role.VIEW, Role.WAY}
    assert [text for _, _, text in found.numbers] == ["1", "2", "3"]
    way = [(a, b) for role, a, b in found.lines if role is Role.WAY]
    assert way[0][0] == pytest.approx(found.numbers[0][1])  # clockwise, and not closed
    assert way[-1][1] == pytest.approx(found.numbers[2][1])
    assert min(a[0] for a, _ in way) < TARGET[0]
    sides = [math.dist(a, b) for role, a, b in found.lines if role is Role.VIEW]
    assert min(sides) == pytest.approx(4.0 * 0.12 * 2 * math.tan(math.radians(30)))  # as wide as the lens sees


def test_of_very_many_frames_some_have_their_numbers():
    poses = tuple(Pose(0.0, float(azimuth)) for azimuth in range(360))
    found = shapes(OrbitView(poses, TARGET, 4.0, -90.0, is_sv3ds=False))
    assert [text for _, _, text in found.numbers][:3] == ["1", "10", "19"]
    assert len(found.numbers) == 40


def test_a_stray_camera_is_marked_where_it_stands():
    stray = (9.0, 9.0, 9.0)
    found = drawn(static(10), (stray,))
    marks = [(a, b) for role, a, b in found.lines if role is Role.DOUBTFUL]
    assert (stray, TARGET) in marks
    assert len(marks) == 4
