"""The small network with the golden rule's weights, and all that one short orbit of 64² pixels takes."""

from collections.abc import Callable
from functools import cache

import torch
from torch import Tensor

from sv3d_engine.shared.architecture import read_architecture
from sv3d_engine.shared.trajectory import static
from sv3d_engine.sv3d.diffusion.conditioning import Conditioning
from sv3d_engine.sv3d.diffusion.guidance import Guidance, constant
from sv3d_engine.sv3d.generation.make_orbit import condition, decode_latents, sample_latents
from sv3d_engine.sv3d.generation.placement import Placement
from sv3d_engine.sv3d.network.sv3d import SV3D, checkpoint_keys, empty_sv3d, fill
from tests.golden import FACTS_OF_SMALL, tensor
from tests.sv3d.network.small import manifest

SIZE = 64
CPU = torch.device("cpu")
SIGMAS = torch.tensor([700.0, 10.0, 1.0, 0.0])


@cache
def architecture():
    shapes = {key: tuple(shape) for key, shape in manifest("p").items()}
    return read_architecture(shapes, {**FACTS_OF_SMALL, "frame_size": SIZE}, "small")


@cache
def _tensors() -> dict[str, Tensor]:
    shapes = manifest("p")
    return {key: torch.from_numpy(tensor(key, shapes[key])) for key in checkpoint_keys(empty_sv3d(architecture()))}


def model() -> SV3D:
    """A model of one's own, to move about."""
    made = empty_sv3d(architecture())
    fill(checkpoint_keys(made), lambda key: _tensors()[key].clone(), torch.float32, lambda done: None)
    return made


@cache
def known() -> Conditioning:
    return condition(model(), _normal(1, 3, SIZE, SIZE).tanh(), static(10.0), _normal(1, 3, SIZE, SIZE), Placement(CPU))


def latents(
    made: SV3D, placement: Placement, watch: Callable[[int, Tensor], None] = lambda done, clean: None
) -> Tensor:
    """Three steps from always the same noise."""
    guidance = Guidance(constant(scale=2.0), constant(scale=1.5))
    noise = _normal(1, 21, 4, SIZE // 8, SIZE // 8)
    return sample_latents(made, known(), noise, SIGMAS, guidance, "euler", placement, watch)[0]


def frames(made: SV3D, placement: Placement) -> Tensor:
    return decode_latents(made, latents(made, placement), placement)


def _normal(*shape: int) -> Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(0))
