"""Where a lens shows things, and what it shows: each the other's inverse, and both what OpenCV's formulas say."""

import numpy as np
import pytest

from sv3d_engine.orbit.lens import Lens

BENT = Lens((0.9, 0.92), (0.51, 0.36), (-0.2, 0.06, -0.01), (0.002, -0.003))


def test_the_distortion_is_opencvs() -> None:
    x, y = 0.3, -0.2
    r2 = x * x + y * y
    radial = 1 - 0.2 * r2 + 0.06 * r2**2 - 0.01 * r2**3
    bent_x = x * radial + 2 * 0.002 * x * y - 0.003 * (r2 + 2 * x * x)
    bent_y = y * radial + 0.002 * (r2 + 2 * y * y) + 2 * -0.003 * x * y
    shown = BENT.shown(np.array([x, y]), 0.75)
    np.testing.assert_allclose(shown, [0.9 * bent_x + 0.51, 0.92 * bent_y + 0.36], atol=1e-12)


@pytest.mark.parametrize("lens", [BENT, Lens((1.2, 1.2)), Lens((0.8, 0.8), radial=(0.3, -0.1, 0.0))])
def test_directions_are_the_inverse_of_what_is_shown(lens: Lens) -> None:
    u, v = np.meshgrid(np.linspace(0, 1, 15), np.linspace(0, 0.75, 11))
    places = np.stack([u, v], -1)
    np.testing.assert_allclose(lens.shown(lens.directions(places, 0.75), 0.75), places, atol=1e-9)


def test_the_middle_is_the_pictures_own_unless_it_is_told() -> None:
    np.testing.assert_allclose(Lens((1.0, 1.0)).shown(np.zeros(2), 0.75), [0.5, 0.375])
    assert Lens((1.0, 1.0)).is_plain and not BENT.is_plain


def test_a_strong_barrel_shows_nothing_twice() -> None:
    barrel = Lens((0.9, 0.9), radial=(-0.35, 0.0, 0.0))
    far = np.array([[1.5, 0.0], [0.0, 2.0]])  # beyond where the polynomial turns back
    assert (np.abs(barrel.shown(far, 1.0)) > 100).all()
