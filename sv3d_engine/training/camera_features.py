"""Poses for a network that starts from nothing: through fixed features of them.

A camera vector is mostly constant: of its 1280 numbers some fifty tell one pose of an orbit from another.  A layer that
learns fast on it learns the constants, by leaps that drown what the poses say, and the network that hears them learns
not to listen.  So the camera layer starts as random features of the poses, centred on their mean, and its first half
stays so.
"""

import torch
from torch import Tensor, nn
from torch.nn import functional

from ..diffusion.conditioning import camera_vector
from ..network.unet import OrbitUNet
from ..orbit.trajectory import dynamic
from ..pipeline.seed import stage_seed

_ORBITS = 64  # whose poses the features are made for
_SPREAD = 2.0  # standard deviation of a feature before its nonlinearity: the higher, the finer poses are told apart


@torch.no_grad()
def lay_out_features(unet: OrbitUNet, seed: int) -> None:
    """Give SV3D_p's camera layer new weights, the same for the same seed.

    Its first half, (C, 1280), becomes C random features of a pose (Rahimi and Recht 2007), of mean 0 and deviation
    ``_SPREAD`` over training's poses before their nonlinearity; its second, (C, C), mixes them to mean 0, deviation 1.
    """
    random = torch.Generator().manual_seed(stage_seed(seed, "camera features"))
    layer = unet.add_embedding
    vectors = _training_vectors(random)
    heard = _lay_out(layer.linear_1, vectors, _SPREAD, random)
    _lay_out(layer.linear_2, functional.silu(heard), 1.0, random)


def freeze_features(unet: OrbitUNet) -> None:
    """Let the camera layer's first half be as it is; its second learns."""
    unet.add_embedding.linear_1.requires_grad_(False)


def _training_vectors(random: torch.Generator) -> Tensor:  # (N, 1280)
    """Camera vectors of orbits like those that are learnt from."""
    elevations = torch.empty(_ORBITS).uniform_(-5, 30, generator=random).tolist()
    return torch.cat([camera_vector(dynamic(elevation, i), "p") for i, elevation in enumerate(elevations)])


def _lay_out(layer: nn.Linear, seen: Tensor, deviation: float, random: torch.Generator) -> Tensor:  # (N, I) → (N, O)
    """Random weights with which the layer's answer to ``seen`` has mean 0 and this deviation; the answer."""
    weight = torch.randn(layer.weight.shape, generator=random)
    weight *= deviation / (seen @ weight.T).std(0)[:, None]
    answer = seen @ weight.T
    layer.weight.copy_(weight)
    layer.bias.copy_(-answer.mean(0))
    return answer - answer.mean(0)
