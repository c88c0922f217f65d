"""What is wrong with alphas that artists give: drop shadows, the wrong way round; and what is right with others."""

import numpy as np
import pytest
from scipy import ndimage

from sv3d_engine.picture.drop_shadow import without_drop_shadow
from sv3d_engine.picture.given_alpha import at_full_strength, checked_alpha, without_opaque
from sv3d_engine.shared.errors import UserError

SIZE = 240


def disc(radius: float, x: float = 0.5, y: float = 0.5) -> np.ndarray:
    axis = (np.arange(SIZE) + 0.5) / SIZE
    return np.clip((radius - np.hypot(axis - x, axis[:, None] - y)) * SIZE + 0.5, 0, 1).astype(np.float32)


def painted(alpha: np.ndarray) -> np.ndarray:
    """Colours that vary as those of things do."""
    rng = np.random.default_rng(1)
    texture = ndimage.gaussian_filter(rng.random((SIZE, SIZE, 3)), (4, 4, 0))
    texture = (texture - texture.min()) / np.ptp(texture) * 0.6 + 0.3
    return np.where(alpha[..., None] > 0, texture, 0).astype(np.float32)


def over_shadow(alpha: np.ndarray, shadow: np.ndarray, colour) -> tuple[np.ndarray, np.ndarray]:
    """An object and its shadow as a program writes them: straight colour and alpha."""
    both = alpha + (1 - alpha) * shadow
    light = painted(alpha) * alpha[..., None] + np.asarray(colour) * ((1 - alpha) * shadow)[..., None]
    return (light / np.maximum(both, 1e-6)[..., None]).astype(np.float32), both.astype(np.float32)


@pytest.mark.parametrize("colour", [(0, 0, 0), (0.15, 0.1, 0.25), (0.35, 0.35, 0.35)])
@pytest.mark.parametrize(
    ("offset", "blur", "strength"), [((12, 15), 5, 0.45), ((-20, 6), 9, 0.8), ((0, 18), 2, 0.3), ((14, 14), 0, 0.5)]
)
def test_a_drop_shadow_is_taken_out(colour, offset, blur, strength) -> None:
    alpha = disc(0.25)
    shadow = strength * np.roll(alpha, offset[::-1], (0, 1))
    shadow = ndimage.gaussian_filter(shadow, blur) if blur else shadow
    clean = without_drop_shadow(*over_shadow(alpha, shadow, colour))
    assert clean is not None
    assert (np.abs(clean[1] - alpha) > 0.12).sum() < 0.01 * alpha.sum()
    own = alpha > 0.5
    assert np.abs(clean[0] - painted(alpha))[own].mean() < 0.02


def test_a_shadow_on_the_ground_is_taken_out() -> None:
    axis = (np.arange(SIZE) + 0.5) / SIZE
    shadow = 0.6 * np.exp(-(((axis - 0.5) / 0.25) ** 4 + ((axis[:, None] - 0.76) / 0.07) ** 4))
    clean = without_drop_shadow(*over_shadow(disc(0.25), shadow.astype(np.float32), (0, 0, 0)))
    assert clean is not None and (np.abs(clean[1] - disc(0.25)) > 0.12).mean() < 0.002


@pytest.mark.parametrize("kind", ["glass", "tinted panes", "fur", "soft", "hair", "glow"])
def test_what_is_translucent_stays(kind) -> None:
    alpha, rng = disc(0.25), np.random.default_rng(2)
    rgb = painted(alpha)
    if kind == "glass":
        alpha = np.maximum(0.4 * disc(0.35), alpha * disc(0.1))
        rgb = np.where(disc(0.1)[..., None] > 0, rgb, np.float32([0.2, 0.2, 0.25]))
    if kind == "tinted panes":
        fade = np.linspace(0.9, 0.3, SIZE, dtype=np.float32)[:, None]
        alpha = np.where(disc(0.2) > 0.5, fade, alpha)
        rgb = np.where(disc(0.2)[..., None] > 0.5, np.float32(0.05), rgb)
    if kind == "fur":
        alpha = ndimage.gaussian_filter(alpha, 4)
        rgb = painted(np.ones_like(alpha))
    if kind == "soft":
        alpha, rgb = ndimage.gaussian_filter(alpha, 2), np.full_like(rgb, 0.08)
    if kind == "hair":
        strands = (rng.random((SIZE, SIZE)) < 0.4) * disc(0.38)
        alpha, rgb = np.maximum(alpha, ndimage.gaussian_filter(strands, 0.6)), np.full_like(rgb, 0.06)
    if kind == "glow":
        alpha, rgb = np.maximum(alpha, 0.6 * ndimage.gaussian_filter(disc(0.35), 15)), np.full_like(rgb, 0.9)
    assert without_drop_shadow(rgb.astype(np.float32), alpha.astype(np.float32)) is None


def test_an_alpha_the_wrong_way_round_is_turned_or_refused() -> None:
    alpha = disc(0.3)
    turned = checked_alpha(painted(np.ones_like(alpha)), 1 - alpha, "a.png")
    np.testing.assert_allclose(turned.alpha, alpha, atol=1e-6)
    assert "wrong way round" in turned.notes[0]
    with pytest.raises(UserError, match=r"transparency of a\.png is the wrong way round"):
        checked_alpha(np.zeros((SIZE, SIZE, 3), np.float32), 1 - alpha, "a.png")


def test_a_frame_with_an_empty_middle_is_only_told() -> None:
    hole = disc(0.3)
    given = checked_alpha(painted(1 - hole), 1 - hole, "a.png")
    np.testing.assert_array_equal(given.alpha, 1 - hole)
    assert "hole in the middle" in given.notes[0]


def test_an_object_that_is_cut_off_is_the_right_way_round() -> None:
    assert checked_alpha(painted(disc(0.5)), disc(0.5, y=0.8), "a.png").notes == ()


def test_an_alpha_that_hides_nothing_does_not_tell() -> None:
    almost = np.ones((SIZE, SIZE), np.float32)
    almost[3, 3] = 254 / 255
    colours = painted(disc(0.3))
    assert without_opaque(colours, almost)[1] is None and without_opaque(colours, None)[1] is None
    assert without_opaque(colours, disc(0.3))[1] is not None


def page(rgb: np.ndarray, radius: int) -> np.ndarray:
    """The alpha of a picture with rounded corners."""
    axis = np.arange(SIZE)
    beyond = np.maximum(np.maximum(radius - axis, axis - (SIZE - 1 - radius)), 0)
    return np.clip(radius + 0.5 - np.hypot(beyond, beyond[:, None]), 0, 1).astype(np.float32)


@pytest.mark.parametrize("paper", [1.0, 0.7])
def test_a_page_with_rounded_corners_does_not_tell(paper) -> None:
    alpha = disc(0.25)[..., None]
    rgb = painted(disc(0.25)) * alpha + paper * (1 - alpha)
    whole, told = without_opaque(rgb, page(rgb, 30))
    assert told is None and np.abs(whole - rgb).max() < 0.01


def test_an_object_that_fills_the_picture_keeps_its_alpha() -> None:
    rounded = page(painted(disc(0.9)), 30)
    assert without_opaque(painted(rounded), rounded)[1] is not None  # colours up to its rim
    plain = np.full((SIZE, SIZE, 3), 0.8, np.float32)
    assert without_opaque(plain, rounded)[1] is not None  # a plate with nothing on it
    assert without_opaque(plain, disc(0.5))[1] is not None


@pytest.mark.parametrize("strength", [0.2, 0.5, 0.9])
def test_a_layer_of_less_than_full_opacity_is_made_opaque(strength) -> None:
    alpha, faint = at_full_strength(strength * disc(0.3))
    assert faint and np.abs(alpha - disc(0.3)).max() < 0.02


def test_what_is_opaque_somewhere_or_empty_stays() -> None:
    glass = np.where(disc(0.1) > 0, 1, 0.3 * disc(0.4)).astype(np.float32)
    for alpha in (disc(0.3), glass, 254 / 255 * disc(0.3), np.zeros((SIZE, SIZE), np.float32)):
        same, faint = at_full_strength(alpha)
        assert not faint and same is alpha
