"""Losses on rendered pictures: colour, mask, light."""

from torch import Tensor
from torch.nn.functional import smooth_l1_loss

# Below this difference of sRGB values the colour loss is quadratic, above linear: a highlight or a frame that
# disagrees with the others must not pull the texture.
_OUTLIER = 0.1


def photometric(rendered: Tensor, target: Tensor) -> Tensor:
    """Robust squared error of sRGB pictures (..., 3), mean; the paper's MSE with Huber's tail."""
    return 2 * _OUTLIER * smooth_l1_loss(rendered, target, beta=_OUTLIER)


def mask(coverage: Tensor, alpha: Tensor) -> Tensor:
    """Mean squared difference of coverage, both in [0, 1] and of one shape."""
    return (coverage - alpha).square().mean()


def value(rgb: Tensor) -> Tensor:  # (..., 3) -> (...)
    """The V of HSV."""
    return rgb.amax(-1)


def illumination(shading: Tensor, seen: Tensor) -> Tensor:
    """|V(I) − L|² with both divided by their means: the light explains how brightness varies (SV3D, L_illum).

    shading (P,) and the linear colours seen (P, 3) at the same pixels.  Albedo × light has one free scale; taken
    literally the loss would fix it so that every object's albedo has value 1, so a dark object would come out white.
    """
    if not len(seen):
        return shading.sum() * 0
    v = value(seen)
    return (v / v.mean().clamp_min(1e-4) - shading / shading.mean().clamp_min(1e-4)).square().mean()
