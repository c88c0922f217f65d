"""The frame's place in a view, and the line that parts it."""

import pytest
from sv3d.sv3d_blender.compare.square import Square, around

FRAME = Square(100, 50, 300, 250)


def test_the_line_and_where_the_mouse_has_it() -> None:
    assert FRAME.across(0.25) == 150
    assert FRAME.share(150) == 0.25
    assert (FRAME.share(-5), FRAME.share(900)) == (0.0, 1.0)
    assert FRAME.part(0.25) == Square(100, 50, 150, 250)
    assert Square(7, 7, 7, 7).share(9) == 0.0  # a view that is too small to show it


@pytest.mark.parametrize(
    ("column", "row", "is_there"), [(150, 60, True), (158, 249, True), (162, 60, False), (150, 40, False)]
)
def test_only_on_the_line_it_can_be_taken(column: float, row: float, is_there: bool) -> None:
    assert FRAME.is_at_line(0.25, column, row, reach=10) == is_there


def test_the_rectangle_round_corners_in_any_order() -> None:
    assert around([(300, 50), (100, 250), (100, 50), (300, 250)]) == FRAME
