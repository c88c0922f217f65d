"""Colours for values: even to the eye, and readable without red and green."""

import numpy as np
import pytest
from sv3d.sv3d_blender.compare import palette


def test_oklab_knows_white_black_and_red() -> None:
    known = palette.oklab(np.array([[1.0, 1, 1], [0, 0, 0], [1, 0, 0]]))
    assert known == pytest.approx(np.array([[1, 0, 0], [0, 0, 0], [0.628, 0.225, 0.126]]), abs=2e-3)


def test_the_curve_of_srgb_and_back() -> None:
    values = np.linspace(0, 1, 99)
    assert palette.to_srgb(palette.to_linear(values)) == pytest.approx(values, abs=1e-4)
    assert palette.to_linear(np.array([0.5])) == pytest.approx(0.2140, abs=1e-4)
    assert palette.to_srgb(np.array([3.0, -1.0])) == pytest.approx([1.0, 0.0])


@pytest.mark.parametrize("colours", [palette.HEAT, palette.CONFIDENCE])
def test_a_palette_goes_in_even_steps_and_always_brighter(colours: palette.Palette) -> None:
    way = palette.oklab(colours.colours.astype(float))
    steps = np.linalg.norm(np.diff(way, axis=0), axis=1)
    assert steps.max() < 1.2 * steps.mean()
    assert steps.min() > 0.8 * steps.mean()
    assert (np.diff(way[:, 0]) > 0).all()


@pytest.mark.parametrize("colours", [palette.HEAT, palette.CONFIDENCE])
def test_a_palette_is_read_without_green_cones(colours: palette.Palette) -> None:
    """Deuteranopia after Viénot, Brettel and Mollon (1999), in linear sRGB."""
    seen = palette.to_linear(colours.colours.astype(float)) @ np.array(
        [[0.2920, 0.2920, -0.0223], [0.7081, 0.7081, 0.0223], [0.0, 0.0, 1.0]]
    )
    fifths = palette.oklab(palette.to_srgb(seen))[::51]
    assert np.linalg.norm(np.diff(fifths, axis=0), axis=1).min() > 0.1


def test_values_outside_have_the_colour_of_the_end() -> None:
    assert palette.HEAT(np.array([-1.0, 0.0])).tolist() == 2 * palette.HEAT(np.array([0.0])).tolist()
    assert palette.HEAT(np.array([[9.0]])).shape == (1, 1, 4)
    assert palette.HEAT(np.array([9.0]))[0] == pytest.approx([0.99, 0.97, 0.78, 1.0], abs=5e-3)
