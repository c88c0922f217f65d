"""A photograph taken again shows what a camera in its place would have seen, whatever lens it was taken with."""

import numpy as np
import photo_scene as scene
import pytest

from sv3d_engine.orbit.lens import Lens
from sv3d_engine.reconstruction.frames.rephotograph import CLOCKWISE, COUNTER, HALFWAY, Taken, rephotograph

POSITION = np.array([2.0, 0.7, 0.9])
TAN = 0.26
WIDE = Lens((0.8, 0.8))
BENT = Lens((0.8, 0.82), (0.53, 0.34), (-0.15, 0.05, 0.0), (0.004, -0.003))


def wanted(axes: np.ndarray, size: int) -> np.ndarray:
    """The scene as the new camera sees it, cast by itself."""
    fine = scene.FINE * size
    places = ((np.arange(fine) + 0.5) / fine * 2 - 1) * TAN
    return scene.cast(np.stack(np.meshgrid(places, places), -1), axes, POSITION) / 255


def layers(rgba: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    values = rgba.astype(np.float32) / np.float32(255)
    return values[..., :3], values[..., 3]


@pytest.mark.parametrize(("width", "height"), [(420, 300), (880, 620)])
@pytest.mark.parametrize("lens", [WIDE, BENT])
def test_it_is_what_a_camera_there_would_have_seen(lens: Lens, width: int, height: int) -> None:
    """Turned, rolled, undistorted, from smaller and from larger pictures."""
    taken = Taken(lens, scene.looking(POSITION, np.array([0.1, -0.15, 0.1]), roll=17), width, height)
    rgb, alpha = layers(scene.photographed(taken.lens, taken.axes, POSITION, width, height))
    axes = scene.looking(POSITION, np.zeros(3))
    found, cover = rephotograph(rgb, alpha, taken, axes, TAN, 160)
    truth = wanted(axes, 160)
    assert cover is not None
    error = np.abs(found * cover[..., None] - truth[..., :3] * truth[..., 3:])
    inside = (truth[..., 3] > 0.99) & (cover > 0.99)
    assert np.abs(cover - truth[..., 3]).mean() < 0.002
    assert error[inside].mean() < 0.004
    assert abs(cover.sum() / truth[..., 3].sum() - 1) < 0.002


def test_half_a_pixel_aside_would_be_seen() -> None:
    """How fine the comparison above is."""
    axes = scene.looking(POSITION, np.zeros(3))
    truth, moved = wanted(axes, 160), wanted(scene.looking(POSITION, np.array([0, 0.004, 0])), 160)
    both = (truth[..., 3] > 0.99) & (moved[..., 3] > 0.99)
    assert np.abs(truth - moved)[both][:, :3].mean() > 0.008


@pytest.mark.parametrize(("orientation", "turns"), [(CLOCKWISE, -1), (COUNTER, 1), (HALFWAY, 2)])
def test_a_photograph_that_is_shown_turned_is_turned_back(orientation: int, turns: int) -> None:
    """A phone held upright or on its head: the tool saw the picture as it lies, readers turn it."""
    axes = scene.looking(POSITION, np.zeros(3), roll=90 * turns)
    taken = Taken(BENT, axes, 420, 300, orientation)
    lying = scene.photographed(BENT, axes, POSITION, 420, 300)
    rgb, alpha = layers(np.rot90(lying, turns).copy())
    level = scene.looking(POSITION, np.zeros(3))
    _, cover = rephotograph(rgb, alpha, taken, level, TAN, 160)
    truth = wanted(level, 160)
    assert cover is not None and np.abs(cover - truth[..., 3]).mean() < 0.0025
    np.testing.assert_allclose(taken.held, level, atol=1e-9)
    pixels = np.array([[10.0, 20.0], [200.0, 300.0]])
    np.testing.assert_allclose(taken.pixels(level, taken.seen_from(level, pixels)), pixels, atol=1e-6)


def test_without_alpha_the_border_goes_on() -> None:
    taken = Taken(WIDE, scene.looking(POSITION, np.array([0.0, 0.5, 0.0])), 300, 300)
    grey = np.full((300, 300, 3), 0.4, np.float32)
    found, cover = rephotograph(grey, None, taken, scene.looking(POSITION, np.zeros(3)), 0.5, 64)
    assert cover is None
    np.testing.assert_allclose(found, 0.4, atol=1e-5)


def test_behind_the_camera_there_is_nothing() -> None:
    taken = Taken(WIDE, scene.looking(POSITION, np.zeros(3)), 300, 300)
    full = np.ones((300, 300, 3), np.float32), np.ones((300, 300), np.float32)
    _, cover = rephotograph(*full, taken, scene.looking(POSITION, 2 * POSITION), 0.5, 64)
    assert cover is not None and cover.max() == 0
