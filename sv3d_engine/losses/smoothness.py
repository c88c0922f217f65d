"""Geometric priors and smoothness of the albedo."""

import torch
from torch import Tensor
from torch.nn.functional import conv2d


def neighbour_differences(picture: Tensor, inside: Tensor) -> tuple[Tensor, Tensor]:
    """Differences to the right and to the lower neighbour, 0 where either pixel is outside.

    picture (H, W, C), inside (H, W) bool.  Returns two (H, W, C), 0 in the last column and row respectively.
    """
    right, down = torch.zeros_like(picture), torch.zeros_like(picture)
    right[:, :-1] = (picture[:, 1:] - picture[:, :-1]) * (inside[:, 1:] & inside[:, :-1])[..., None]
    down[:-1] = (picture[1:] - picture[:-1]) * (inside[1:] & inside[:-1])[..., None]
    return right, down


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


def albedo_smoothness(here: Tensor, aside: Tensor) -> Tensor:
    """(c(x) − c(x + ε))², ε ~ N(0, 0.01²) (SV3D).  here, aside (P, 3): the albedo at the two places."""
    return (here - aside).square().mean()
