"""Where the networks lie while they work, and how they go on with less when memory runs out."""

import logging
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext
from dataclasses import dataclass
from typing import Generic, TypeVar

import torch
from torch import nn

from ...ground.device import release_memory
from ...shared.errors import out_of_memory
from ..network.attention import chunk_feed_forward
from ..network.sv3d import SV3D
from ..network.unet import OrbitUNet
from .memory_plan import HOW, modes_for
from .offload import on_device, streamed

log = logging.getLogger(__name__)

Module = TypeVar("Module", bound=nn.Module)
Answer = TypeVar("Answer")


@dataclass
class Placement:
    """The device, and one of protocol.MEMORY_MODES but "auto"; when memory runs out, the next one in the list."""

    device: torch.device
    mode: str = "together"
    chunk: int = 7  # frames decoded at a time
    networks: Sequence[nn.Module] = ()  # that go to RAM when the mode falls back to one that has them there
    modes: Sequence[str] = ()  # from the most memory to the least; those of the device if empty
    ran_out: bool = False

    @property
    def together(self) -> bool:
        """Whether both sides of the guidance go through the network in one batch."""
        return self.mode == "together"

    @property
    def resident(self) -> bool:
        """Whether the networks stay on the device also when they do not work."""
        return self.mode in ("together", "apart")

    @property
    def notes(self) -> tuple[str, ...]:
        """What the artist should know of memory that ran out."""
        return (f"Memory ran out, so SV3D went on {HOW[self.mode]}, which takes longer.",) if self.ran_out else ()

    @contextmanager
    def using(self, module: Module) -> Iterator["AtWork[Module]"]:
        """The module ready on the device for as long as the context is open."""
        at_work = AtWork(self, module)
        try:
            at_work.open()
            yield at_work
        finally:
            at_work.close()

    def fall_back(self, error: Exception) -> None:
        """Change to the next mode, and to single frames.  Raises the error again if that cannot help."""
        modes = tuple(self.modes or modes_for(self.device))
        less = modes[modes.index(self.mode) + 1 :] if self.mode in modes else ()
        if not out_of_memory(error) or not (less or self.chunk > 1):
            raise error
        self.chunk, self.ran_out = 1, True
        self.mode = less[0] if less else self.mode
        log.warning("memory ran out; going on in mode %s, one frame decoded at a time: %s", self.mode, error)

    def release_memory(self) -> None:
        """Give back what nothing uses, and send the networks to RAM if that is where the mode has them."""
        for network in () if self.resident else self.networks:
            network.to("cpu")
        release_memory(self.device)


_CHANNELS_LAST = {4: torch.channels_last, 5: torch.channels_last_3d}  # by the weights' dimensions


def use_channels_last(model: SV3D, device: torch.device) -> None:
    """Lay convolutions' weights out as a graphics card's fast kernels want them."""
    if device.type == "cuda":
        for network in (model.unet, model.autoencoder):
            for parameter in network.parameters():
                if parameter.ndim in _CHANNELS_LAST:
                    parameter.data = parameter.data.contiguous(memory_format=_CHANNELS_LAST[parameter.ndim])


class AtWork(Generic[Module]):
    """A network that works on the device, and is arranged anew when memory runs out."""

    def __init__(self, placement: Placement, module: Module) -> None:
        self._placement = placement
        self._module = module
        self._arrangement = ExitStack()

    def do(self, work: Callable[[Module], Answer]) -> Answer:
        """The work's answer.  When memory runs out, the same work is done again in the next mode."""
        while True:
            try:
                return work(self._module)
            except (MemoryError, RuntimeError) as error:
                self._placement.fall_back(error)
            self.close()  # not in the handler: only now has the error let go of the features
            self._placement.release_memory()
            self.open()

    def open(self) -> None:
        """Bring the weights as the mode has it, or if that is already too much, as a later one has it."""
        while True:
            try:
                self._arrangement.enter_context(self._arranged())
                return
            except (MemoryError, RuntimeError) as error:
                self._placement.fall_back(error)
            self._placement.release_memory()

    def close(self) -> None:
        """Leave the weights where the mode has them."""
        self._arrangement.close()

    def _arranged(self) -> AbstractContextManager[None]:
        device, module, streams = self._placement.device, self._module, self._placement.mode == "blocks"
        if isinstance(module, OrbitUNet):
            chunk_feed_forward(module, streams)
            if streams:
                return streamed(module, device)
        if self._placement.resident:
            module.to(device)
            return nullcontext()
        return on_device(module, device)
