"""A light that is known by direction, as a few Spherical Gaussians."""

import numpy as np
import torch
from scipy.optimize import nnls
from torch import Tensor

from ..light import LIGHT_COUNT, MEAN_RADIANCE, Gaussians, fibonacci_sphere, mean_radiance

SHARPNESSES = (1.0, 3.0, 8.0, 20.0)  # the last is as sharp as 192 directions can tell


def fit_gaussians(light: Tensor, count: int = LIGHT_COUNT) -> Gaussians:
    """``count`` Gaussians for the radiance (K,) ≥ 0 from ``fibonacci_sphere`` directions, by least squares.

    All axes and sharpnesses compete, and those of most power are fitted anew (after orthogonal matching pursuit).
    Their mean radiance is MEAN_RADIANCE.
    """
    directions = fibonacci_sphere(len(light)).numpy().astype(np.float64)
    cosine = directions @ directions.T
    lobes = np.concatenate([np.exp(s * (cosine - 1)) for s in SHARPNESSES], 1)  # (K, 4·K)
    target = light.numpy().astype(np.float64)
    power = nnls(lobes, target)[0] * lobes.sum(0)
    chosen = np.argsort(-power, kind="stable")[:count]
    amplitude = torch.from_numpy(nnls(lobes[:, chosen], target)[0]).float()
    axes = torch.from_numpy(directions[chosen % len(light)]).float()
    sharpness = torch.tensor(SHARPNESSES)[torch.from_numpy(chosen // len(light))]
    return axes, sharpness, amplitude * (MEAN_RADIANCE / mean_radiance(sharpness, amplitude).clamp_min(1e-9))
