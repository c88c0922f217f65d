import numpy as np
import pytest
import torch

from sv3d_engine.laboratory.dataset.generator import generator
from sv3d_engine.laboratory.dataset.paint import PATTERNS, Coat, Decal, Paint, coloured
from sv3d_engine.laboratory.dataset.palette import Draw, palette, patterned, random_paint

RED, GREEN, BLUE = (1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0)
HERE = np.eye(3, 4)


@pytest.mark.parametrize("pattern", PATTERNS)
def test_every_pattern_has_structure_and_stays_among_its_colours(pattern: str) -> None:
    paint = patterned(Draw(generator(1, 0)), pattern, (RED, GREEN, BLUE), 0.3)
    points = torch.rand(4000, 3, generator=torch.Generator().manual_seed(0)) * 2 - 1
    colour = coloured(points, torch.zeros(4000, dtype=torch.int64), [Coat(paint, HERE)])
    assert torch.allclose(colour.sum(1), torch.ones(4000), atol=1e-5)
    assert colour.std(0).max() > 0.15


def test_stripes_go_with_their_part() -> None:
    stripes = Paint("stripes", (RED, GREEN, BLUE), period=1.0, direction=(0.0, 0.0, 1.0))
    moved = np.array([[1.0, 0, 0, 0], [0, 1, 0, 0], [0, 0, 1, -0.5]])
    points = torch.tensor([[0.0, 0, 0.25], [0, 0, 0.75], [0.0, 0, 0.25], [0, 0, 0.75]])
    colour = coloured(points, torch.tensor([0, 0, 1, 1]), [Coat(stripes, HERE), Coat(stripes, moved)])
    assert colour.tolist() == [list(RED), list(GREEN), list(GREEN), list(RED)]


def test_decals_lie_on_top_and_letters_read_from_where_they_face() -> None:
    plain = Paint("plain", (RED, RED, RED))
    letter = Decal("L", (0, 0, 0), (1, 1, 1), BLUE)
    points = torch.tensor([[0.0, -0.9, 0.5], [0.0, 0.9, 0.5], [0.0, 0.9, -0.9], [3.0, 0, 0]])
    colour = coloured(points, torch.zeros(4, dtype=torch.int64), [Coat(plain, HERE, (letter,))])
    assert [tuple(c) for c in colour.tolist()] == [BLUE, RED, BLUE, RED]  # seen from +X, +Y is to the right


def test_palettes_are_light_and_dark_but_never_white_out() -> None:
    colours = torch.tensor([c for seed in range(100) for c in palette(Draw(generator(seed, 0)))])
    assert colours.max() <= 0.86 and colours.min() >= 0
    assert colours.mean(1).std() > 0.1


def test_paints_are_drawn_in_variety() -> None:
    draw = Draw(generator(0, 0))
    colours = palette(draw)
    assert {random_paint(draw, colours, 1.0).pattern for _ in range(200)} == {"plain", *PATTERNS}
