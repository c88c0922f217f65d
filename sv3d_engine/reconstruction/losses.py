"""Losses as pure functions: of rendered pictures (colour, mask, light), of geometry, and of the albedo."""

import math

import torch
from torch import Tensor
from torch.nn.functional import conv2d, smooth_l1_loss

AGREEING = 15.0  # degrees that a normal may be off its estimate, which counts in full up to there
# Below this difference of sRGB values the colour loss is quadratic, above linear: a highlight or a frame that
# disagrees with the others must not pull the texture.
_OUTLIER = 0.1
STEEPEST = 4.0  # depth per pixel, in pixels, that still counts as one surface


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


def neighbour_differences(picture: Tensor, inside: Tensor) -> tuple[Tensor, Tensor]:
    """Differences to the right and to the lower neighbour, 0 where either pixel is outside.

    picture (H, W, C), inside (H, W) bool.  Returns two (H, W, C), 0 in the last column and row respectively.
    """
    right, down = (_following(picture, inside, axis) for axis in (1, 0))
    return right, down


def _following(picture: Tensor, inside: Tensor, axis: int) -> Tensor:  # (H, W, C)
    """The next pixel along an axis less this one, where both are inside."""
    both = inside & inside.roll(-1, axis)
    both.select(axis, -1).fill_(False)
    return torch.where(both[..., None], picture.roll(-1, axis) - picture, 0.0)


def smooth_depth(depth: Tensor, inside: Tensor, largest: float) -> Tensor:
    """Mean squared difference to the right and lower neighbour (RegNeRF, Niemeyer et al. 2022).

    depth (H, W) in world units, inside (H, W) bool.  Pairs further apart than ``largest`` lie on two surfaces, one
    before the other, and are left out: drawn together they would swell every outline.
    """
    right, down = neighbour_differences(depth[..., None], inside)
    differences = torch.stack([right, down])
    return (differences.square() * (differences.abs() < largest)).sum() / inside.sum().clamp_min(1)


def sobel_magnitude(picture: Tensor) -> Tensor:  # (H, W, C) -> (H, W)
    """Length of the Sobel gradient over all channels, per pixel of distance."""
    kernel = picture.new_tensor([[-1.0, 0, 1], [-2, 0, 2], [-1, 0, 1]]) / 8
    channels = picture.permute(2, 0, 1)[:, None]
    gx = conv2d(channels, kernel[None, None], padding=1)
    gy = conv2d(channels, kernel.T[None, None].contiguous(), padding=1)
    return (gx.square() + gy.square()).sum((0, 1)).sqrt()


def calmness(picture: Tensor) -> Tensor:  # (H, W, 3) -> (H, W)
    """e^{−3‖∇I‖}: 1 where the picture is even."""
    return torch.exp(-3 * sobel_magnitude(picture))


def bilateral_normals(normals: Tensor, calm: Tensor, inside: Tensor) -> Tensor:
    """e^{−3‖∇I‖}·√(1 + ‖∇n‖) − its floor: normals change where the picture does (SAMURAI, Boss et al. 2022).

    normals (H, W, 3), calm (H, W) of the frame, inside (H, W) bool.
    """
    right, down = neighbour_differences(normals, inside)
    change = (right.square().sum(-1) + down.square().sum(-1) + 1e-8).sqrt()
    return (calm * ((1 + change).sqrt() - 1) * inside).sum() / inside.sum().clamp_min(1)


def mono_normals(normals: Tensor, told: Tensor, sure: Tensor) -> Tensor:
    """1 − n·n̄, the mean by confidence ``sure`` (P,), of normals (P, 3) and what is told of them (P, 3), all unit.

    Told normals that are off by more than AGREEING count as little as keeps an error's pull from growing: there the
    estimate is likely wrong, not the surface (the paper takes all alike).
    """
    cosine = (normals * told).sum(-1)
    trust = sure * agreement(cosine.detach())
    return (trust * (1 - cosine)).sum() / sure.sum().clamp_min(1)


def agreement(cosine: Tensor) -> Tensor:
    """1 for normals that are at most AGREEING apart, from there falling with the angle's square."""
    agreeing = math.radians(AGREEING)
    return (agreeing / torch.arccos(cosine.clamp(-1, 1)).clamp_min(agreeing)).square()


def albedo_smoothness(here: Tensor, aside: Tensor) -> Tensor:
    """(c(x) − c(x + ε))², ε ~ N(0, 0.01²) (SV3D).  here, aside (P, 3): the albedo at the two places."""
    return (here - aside).square().mean()
