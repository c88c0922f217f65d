"""Shadows on the ground that are hard-edged or tinted are recognised; what stands on the ground is not."""

import numpy as np
import pytest
from scipy import ndimage

from sv3d_engine.picture.cast_shadow import is_cast
from sv3d_engine.picture.matte import matte

SIZE = 256
y, x = np.mgrid[0:SIZE, 0:SIZE] / SIZE


def vase(rgb: np.ndarray) -> np.ndarray:
    """The picture with a vase whose glaze is shaded and mottled."""
    body = np.hypot((x - 0.5) / 0.16, (y - 0.48) / 0.3) < 1
    mottled = ndimage.gaussian_filter(np.random.default_rng(0).random((SIZE, SIZE, 3)), (3, 3, 0))
    glaze = 0.25 + (x[..., None] - 0.3) * [0.6, 0.9, 0.4] + (mottled - 0.5) * 2
    return np.where(body[..., None], glaze.clip(0, 1), rgb).astype(np.float32)


def on_ground(colour, strength: float, softness: float) -> np.ndarray:
    disc = (np.hypot((x - 0.5) / 0.3, (y - 0.76) / 0.08) < 1).astype(float)
    shadow = strength * (ndimage.gaussian_filter(disc, softness) if softness else disc)[..., None]
    return vase(1 - shadow + shadow * np.asarray(colour))


def is_shadowed(rgb: np.ndarray) -> bool:
    return is_cast(rgb, matte(rgb)[1])


@pytest.mark.parametrize("colour", [(0.5, 0.3, 0.1), (0.2, 0.2, 0.5)])
@pytest.mark.parametrize("softness", [0, 1.5, 4, 7])
def test_a_tinted_shadow_is_one(colour, softness) -> None:
    assert is_shadowed(on_ground(colour, 0.45, softness))


@pytest.mark.parametrize("strength", [0.15, 0.4, 0.7])
def test_a_hard_grey_one_is_one(strength) -> None:
    assert is_shadowed(on_ground((0, 0, 0), strength, 0.7))


def test_the_object_alone_is_none() -> None:
    assert not is_shadowed(vase(np.ones((SIZE, SIZE, 3), np.float32)))


def test_a_shaded_base_is_none() -> None:
    plain = on_ground((0.5, 0.3, 0.1), 0.6, 0)
    shaded = np.where((plain < 1).any(-1, keepdims=True), plain * (0.7 + 0.5 * x[..., None]), plain)
    assert not is_shadowed(vase(shaded.astype(np.float32).clip(0, 1)))


@pytest.mark.parametrize("colour", [(0.02, 0.02, 0.02), (0.9, 0.1, 0.1), (0.85, 0.4, 0.4)])
def test_a_black_base_and_one_of_a_strong_colour_are_none(colour) -> None:
    assert not is_shadowed(on_ground(colour, 1, 0))


@pytest.mark.parametrize("tint", [(1, 1, 0.7), (0.75, 0.9, 1)])
def test_a_pale_object_in_a_soft_light_is_none(tint) -> None:
    far = np.hypot((x - 0.5) / 0.3, (y - 0.5) / 0.35)
    ball = np.clip(1 - (1 - np.asarray(tint)) * np.clip((1 - far[..., None]) * 8, 0, 1), 0, 1)
    assert not is_shadowed(ball.astype(np.float32))


def test_a_flat_thing_of_one_colour_is_none() -> None:
    column = (np.abs(x - 0.5) < 0.15) & (np.abs(y - 0.5) < 0.4)
    assert not is_shadowed(np.where(column[..., None], [0.6, 0.55, 0.5], 1).astype(np.float32))


def test_nothing_casts_nothing() -> None:
    white = np.ones((SIZE, SIZE, 3), np.float32)
    assert not is_cast(white, np.zeros((SIZE, SIZE), np.float32))
