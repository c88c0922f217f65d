"""Networks that are kept in RAM and copied to the device: whole, or block by block while they run."""

import logging
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext, suppress
from dataclasses import dataclass
from itertools import accumulate

import torch
from torch import Tensor, nn

from ..network.unet import OrbitUNet

log = logging.getLogger(__name__)

SLOTS = 2  # one block computes while the next one comes
_ALIGNMENT = 128  # bytes; at multiples of it weights begin, as kernels that load many numbers at once want them


@contextmanager
def on_device(module: nn.Module, device: torch.device) -> Iterator[None]:
    """The module's weights on the device for as long as the context is open.

    They stay in RAM as well, so that nothing needs to be copied back.
    """
    homes = [(parameter, parameter.data) for parameter in module.parameters()]
    try:
        for parameter, home in homes:
            parameter.data = home.to(device, copy=True)
        yield
    finally:
        for parameter, home in homes:
            parameter.data = home


def units(unet: OrbitUNet) -> list[nn.Module]:
    """The blocks that are streamed: residual blocks, transformers and resamplers, nearly all of the UNet."""
    stages = (*unet.down_blocks, unet.mid_block, *unet.up_blocks)
    lists = ("resnets", "attentions", "downsamplers", "upsamplers")
    return [unit for stage in stages for name in lists for unit in getattr(stage, name, None) or ()]


@contextmanager
def streamed(unet: OrbitUNet, device: torch.device) -> Iterator[None]:
    """The UNet at work with only two of its blocks on the device at a time, and the few weights outside of blocks.

    On CUDA each block is copied from page-locked memory while the one before it computes.  The order in which blocks
    run is learned in the first pass, which therefore waits for every block.
    """
    blocks = units(unet)
    homes, packs = _pack(blocks)
    with _locked(homes, device):
        stream = _Stream(packs, device, _copies_for(device))
        outside = [(p, p.data) for p in _outside(unet, blocks)]
        handles = []
        try:
            for parameter, home in outside:
                parameter.data = home.to(device, copy=True)
            for block in blocks:
                handles.append(block.register_forward_pre_hook(stream.before))
                handles.append(block.register_forward_hook(stream.after, always_call=True))
            yield
        finally:
            for handle in handles:
                handle.remove()
            stream.finish()
            for parameter, home in outside:
                parameter.data = home


def _outside(unet: OrbitUNet, blocks: list[nn.Module]) -> list[nn.Parameter]:
    inside = {id(parameter) for block in blocks for parameter in block.parameters()}
    return [parameter for parameter in unet.parameters() if id(parameter) not in inside]


@dataclass(frozen=True)
class _Pack:
    """A block's weights one after the other in one tensor, so that one copy moves them all."""

    parameters: tuple[nn.Parameter, ...]
    starts: tuple[int, ...]  # where each begins
    home: Tensor  # (n,) in RAM

    def views(self, whole: Tensor) -> list[Tensor]:
        """The weights as they lie in ``whole``, which is laid out as the pack."""
        first = whole.storage_offset()
        return [
            whole.as_strided(p.shape, p.stride(), first + start)
            for p, start in zip(self.parameters, self.starts, strict=True)
        ]

    def install(self, whole: Tensor) -> None:
        for parameter, view in zip(self.parameters, self.views(whole), strict=True):
            parameter.data = view

    def installed(self) -> bool:
        """Whether the parameters are the home's views."""
        views = zip(self.parameters, self.views(self.home), strict=True)
        return all(p.dtype == view.dtype and p.data_ptr() == view.data_ptr() for p, view in views)


def _pack(blocks: list[nn.Module]) -> tuple[Tensor, dict[nn.Module, _Pack]]:
    """Move the blocks' weights into one tensor in RAM, of which they are views from now on, also at the next use.

    The system gives the tensor its pages as they are written to, and each block gives up its old ones, so that hardly
    more memory is taken than for the weights.
    """
    layouts = {block: _layout(tuple(block.parameters())) for block in blocks}
    sizes = [starts[-1] for starts in layouts.values()]

    def packs_in(whole: Tensor) -> dict[nn.Module, _Pack]:
        placed = zip(layouts.items(), whole.split(sizes), strict=True)
        return {block: _Pack(tuple(block.parameters()), starts[:-1], home) for (block, starts), home in placed}

    first = next(blocks[0].parameters()).data
    if first.untyped_storage().nbytes() == sum(sizes) * first.element_size():  # packed before, it seems
        whole = first.as_strided((sum(sizes),), (1,), 0)
        packs = packs_in(whole)
        if all(pack.installed() for pack in packs.values()):
            return whole, packs

    whole = torch.empty(sum(sizes), dtype=first.dtype)
    packs = packs_in(whole)
    for pack in packs.values():
        for parameter, view in zip(pack.parameters, pack.views(pack.home), strict=True):
            parameter.data = view.copy_(parameter.data)
    return whole, packs


def _layout(parameters: tuple[nn.Parameter, ...]) -> tuple[int, ...]:
    """Where each begins in a pack, and where the pack ends, in numbers."""
    step = _ALIGNMENT // parameters[0].element_size()
    return tuple(accumulate((-(-p.numel() // step) * step for p in parameters), initial=0))


class _Stream:
    """Two places on the device that the blocks take in turn."""

    def __init__(self, packs: dict[nn.Module, _Pack], device: torch.device, copies: "_Copies") -> None:
        self._packs = packs
        largest = max((pack.home for pack in packs.values()), key=len)
        self._slots = [torch.empty_like(largest, device=device) for _ in range(SLOTS)]
        self._in_slot: list[nn.Module | None] = [None] * SLOTS
        self._current = 0  # the slot of the block that computes or was the last to
        self._following: dict[nn.Module, nn.Module] = {}
        self._last: nn.Module | None = None
        self._copies = copies

    def before(self, block: nn.Module, _: object) -> None:
        """Have a block's weights on the device, and the following one's on their way."""
        if self._last is not None:
            self._following[self._last] = block
        self._last = block
        if block not in self._in_slot:  # not foreseen
            self._fetch(block)
        self._current = self._in_slot.index(block)
        self._copies.wait()  # not for the following one, which is asked for below
        self._packs[block].install(self._slots[self._current])
        following = self._following.get(block)
        if following is not None and following not in self._in_slot:
            self._fetch(following)

    def after(self, block: nn.Module, *_: object) -> None:
        """A block has run: its weights are those in RAM again."""
        self._packs[block].install(self._packs[block].home)

    def finish(self) -> None:
        """Wait for what is under way and leave nothing on the device."""
        for pack in self._packs.values():
            pack.install(pack.home)
        self._copies.finish()
        self._slots.clear()

    def _fetch(self, block: nn.Module) -> None:
        """Ask for a block in the slot that the current one is not in."""
        slot = (self._current + 1) % SLOTS
        self._in_slot[slot] = block
        self._copies.copy(self._packs[block].home, self._slots[slot])


class _Copies:
    """Copies that are done when they have been asked for."""

    def copy(self, home: Tensor, slot: Tensor) -> None:
        """Fill the beginning of a slot."""
        slot[: len(home)].copy_(home)

    def wait(self) -> None:
        """Let what is computed from now on see all copies that were asked for."""

    def finish(self) -> None:
        """Return when nothing is under way."""


class _CudaCopies(_Copies):
    """Copies beside the computation."""

    def __init__(self, device: torch.device) -> None:
        self._device = device
        self._stream = torch.cuda.Stream(device)

    def copy(self, home: Tensor, slot: Tensor) -> None:
        """Fill the beginning of a slot once everything that was asked of its last block is computed."""
        self._stream.wait_stream(torch.cuda.current_stream(self._device))
        with torch.cuda.stream(self._stream):
            slot[: len(home)].copy_(home, non_blocking=True)

    def wait(self) -> None:
        torch.cuda.current_stream(self._device).wait_stream(self._stream)

    def finish(self) -> None:
        torch.cuda.synchronize(self._device)


def _copies_for(device: torch.device) -> _Copies:
    return _CudaCopies(device) if device.type == "cuda" else _Copies()


def _locked(homes: Tensor, device: torch.device) -> AbstractContextManager[None]:
    return _page_locked(homes, device) if device.type == "cuda" else nullcontext()


@contextmanager
def _page_locked(homes: Tensor, device: torch.device) -> Iterator[None]:
    """Memory that CUDA copies from by itself.  Where the system locks no more pages, copies are slower, but work.

    PyTorch's own page-locked memory is rounded up to a power of two, 4.3 GB for SV3D's 3.0.
    """
    cudart = torch.cuda.cudart()
    refused = int(cudart.cudaHostRegister(homes.data_ptr(), homes.nbytes, 0))
    if refused:
        log.warning("the system locks no %d bytes of memory (CUDA error %d)", homes.nbytes, refused)
        with suppress(RuntimeError):  # CUDA tells of the refusal once more, at the next kernel
            torch.ones(1, device=device).add_(1)
    try:
        yield
    finally:
        if not refused:
            cudart.cudaHostUnregister(homes.data_ptr())
