"""What a network's run takes, by shapes alone: peak of the features' memory, and floating-point operations.

The networks run on fake tensors, which have shapes and storages but no memory, while every storage is followed from its
first use to its end.  Fused attention counts as it is on a graphics card: without a matrix of all pairs.  What kernels
take inside themselves (workspaces of convolutions) is not seen.
"""

import weakref
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn
from torch._subclasses.fake_tensor import FakeTensorMode
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves
from torch.utils.flop_counter import FlopCounterMode, sdpa_flop_count

from ...shared.architecture import LATENT_CHANNELS, Architecture
from ...sv3d.generation.memory_plan import FRAMES
from ...sv3d.network.attention import chunk_feed_forward
from ...sv3d.network.sv3d import build_autoencoder
from ...sv3d.network.unet import OrbitUNet, build_unet


@dataclass(frozen=True)
class Cost:
    """Of one run: bytes held at most beside the weights (inputs and outputs included), and FLOP."""

    peak: int
    flop: int


class LiveStorage(TorchDispatchMode):
    """Follows the storages that operations make while the mode is on; ``peak`` is the most bytes alive at once.

    Storages of ``known``, usually a network's parameters, do not count.
    """

    def __init__(self, known: nn.Module | None = None) -> None:
        super().__init__()
        self.now = self.peak = 0
        self._alive: dict[int, weakref.ref[torch.UntypedStorage]] = {}
        for tensor in known.parameters() if known else ():
            self._follow(tensor.untyped_storage(), 0)

    def __torch_dispatch__(self, function: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        result = function(*args, **(kwargs or {}))
        for tensor in tree_leaves(result):
            if isinstance(tensor, Tensor):
                storage = tensor.untyped_storage()
                self._follow(storage, storage.nbytes())
        self.peak = max(self.peak, self.now)
        return result

    def _follow(self, storage: torch.UntypedStorage, size: int) -> None:
        key = storage._cdata
        if key in self._alive:
            return

        def ended(_: object) -> None:
            del self._alive[key]
            self.now -= size

        self._alive[key] = weakref.ref(storage, ended)
        self.now += size


def cost_of_step(
    architecture: Architecture, frame_size: int, dtype: torch.dtype, sides: int = 1, *, chunked: bool = False
) -> Cost:
    """One call of the UNet for ``sides`` sides of the guidance; ``chunked`` feed-forward as in the mode "blocks"."""
    side = frame_size // architecture.latent_scale

    def run(unet: OrbitUNet) -> object:
        chunk_feed_forward(unet, chunked)
        sample = torch.empty(sides, FRAMES, 2 * LATENT_CHANNELS, side, side, dtype=dtype)
        context = torch.empty(sides, 1, architecture.context_width)
        return unet(sample, torch.empty(sides), context, torch.empty(sides, FRAMES, architecture.vector_width))

    return _cost(lambda: build_unet(architecture), run, dtype)


def cost_of_encode(architecture: Architecture, frame_size: int, dtype: torch.dtype) -> Cost:
    """The autoencoder's first half for one picture."""
    picture = (1, 3, frame_size, frame_size)
    return _cost(lambda: build_autoencoder(architecture), lambda a: a.encode(torch.empty(picture, dtype=dtype)), dtype)


def cost_of_decode(architecture: Architecture, frame_size: int, dtype: torch.dtype, frames: int = 1) -> Cost:
    """The autoencoder's second half for ``frames`` frames at once."""
    side = frame_size // architecture.latent_scale
    latents = (frames, LATENT_CHANNELS, side, side)
    return _cost(lambda: build_autoencoder(architecture), lambda a: a.decode(torch.empty(latents, dtype=dtype)), dtype)


def _cost(build: Callable[[], Any], run: Callable[[Any], object], dtype: torch.dtype) -> Cost:
    with FakeTensorMode(), torch.no_grad():
        with _made_in(dtype):
            network = build().eval()
        with FlopCounterMode(display=False, custom_mapping=_FLASH) as counter, LiveStorage(network) as storage:
            run(network)
    return Cost(storage.peak, counter.get_total_flops())


def _attention_flop(query: Any, key: Any, value: Any, *_: Any, **__: Any) -> int:
    flop: int = sdpa_flop_count(query, key, value)
    return flop


# The one fused attention that PyTorch's counter does not know.
_FLASH = {torch.ops.aten._scaled_dot_product_flash_attention_for_cpu: _attention_flop}


@contextmanager
def _made_in(dtype: torch.dtype) -> Iterator[None]:
    """New tensors have this type: fake parameters cannot be converted afterwards."""
    before = torch.get_default_dtype()
    torch.set_default_dtype(dtype)
    try:
        yield
    finally:
        torch.set_default_dtype(before)
