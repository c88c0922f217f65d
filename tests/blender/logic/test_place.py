"""Where a result stands."""

from sv3d.sv3d_blender.result.place import box_of, free_place

UNIT = ((-0.5, -0.5, 0.0), (0.5, 0.5, 1.0))


def at(x: float, y: float = 0.0, z: float = 0.0):
    return tuple(tuple(a + b for a, b in zip(corner, (x, y, z), strict=True)) for corner in UNIT)


def test_a_free_place_is_taken():
    assert free_place((1.0, 2.0, 3.0), UNIT, []) == (1.0, 2.0, 3.0)
    assert free_place((0.0, 0.0, 0.0), UNIT, [at(1.5), at(0, 2), at(0, 0, 2)]) == (0.0, 0.0, 0.0)


def test_beside_what_is_there():
    x, y, z = free_place((0.0, 0.0, 0.0), UNIT, [at(0.2)])
    assert (x, y, z) == (0.2 + 0.5 + 0.5 + 0.1, 0.0, 0.0)


def test_beyond_a_whole_row():
    x, _, _ = free_place((0.0, 0.0, 0.0), UNIT, [at(2.2), at(0), at(1.1)])
    assert x > 2.2 + 1.0


def test_a_gap_that_is_wide_enough_is_used():
    x, _, _ = free_place((0.0, 0.0, 0.0), UNIT, [at(0), at(3)])
    assert 1.0 < x < 2.0


def test_box_of_points():
    assert box_of([(1, 5, 2), (3, 4, 0)]) == ((1, 4, 0), (3, 5, 2))
