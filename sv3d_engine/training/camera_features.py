"""Poses for a network that starts from nothing: through fixed features of them.

A camera vector is mostly constant: of its 1280 numbers some fifty tell one pose of an orbit from another.  A layer that
learns fast on it learns the constants, by leaps that drown what the poses say, and the network that hears them learns
not to listen.  So the camera layer starts as random features of the poses, centred on their mean, and its first half
stays so.
"""

import torch
from torch.nn import functional

from ..diffusion.conditioning import camera_vector
from ..network.unet import OrbitUNet
from ..orbit.trajectory import dynamic
from ..pipeline.seed import stage_seed

_ORBITS = 64  # whose poses the features are made for
_SPREAD = 2.0  # standard deviation of a feature before its nonlinearity: the higher, the finer poses are told apart


@torch.no_grad()
def lay_out(unet: OrbitUNet, seed: int) -> None:
    """Give SV3D_p's camera layer new weights: features of poses, and an answer of mean 0 and deviation 1.

    The same for the same seed.
    """
    random = torch.Generator().manual_seed(stage_seed(seed, "camera features"))
    first, second = unet.add_embedding.linear_1, unet.add_embedding.linear_2
    device = first.weight.device
    elevations = torch.empty(_ORBITS).uniform_(-5, 30, generator=random).tolist()
    poses = [dynamic(elevation, i) for i, elevation in enumerate(elevations)]
    vectors = torch.cat([camera_vector(orbit, "p") for orbit in poses])  # (N, 1280)
    weight = torch.randn(first.weight.shape, generator=random)
    heard = vectors @ weight.T
    weight *= _SPREAD / heard.std(0, keepdim=True).T
    bias = -(vectors @ weight.T).mean(0)
    features = functional.silu(vectors @ weight.T + bias)
    answer = torch.randn(second.weight.shape, generator=random)
    answer /= (features @ answer.T).std(0, keepdim=True).T
    for parameter, value in (
        (first.weight, weight),
        (first.bias, bias),
        (second.weight, answer),
        (second.bias, -(features @ answer.T).mean(0)),
    ):
        parameter.copy_(value.to(device))


def keep(unet: OrbitUNet) -> None:
    """Let the features be as they are."""
    unet.add_embedding.linear_1.requires_grad_(False)
