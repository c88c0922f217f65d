"""Networks that live in RAM and are lent to the device: whole, or block by block while they run."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from ..network.unet import OrbitUNet

SLOTS = 2  # one block computes while the next one comes


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
    packs = {block: _Pack.of(block, device) for block in blocks}
    stream = _Stream(packs, device)
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
    """A block's weights end to end in one tensor, so that one copy moves them all."""

    parameters: tuple[nn.Parameter, ...]
    home: Tensor  # (n,) in RAM, page-locked for CUDA

    @classmethod
    def of(cls, block: nn.Module, device: torch.device) -> "_Pack":
        """Move a block's weights into a pack; they are views of it from now on."""
        parameters = tuple(block.parameters())
        size = sum(p.numel() for p in parameters)
        pack = cls(parameters, _ram(size, parameters[0].dtype, device))
        for parameter, view in zip(parameters, pack.views(pack.home), strict=True):
            parameter.data = view.copy_(parameter.data)
        return pack

    def views(self, whole: Tensor) -> list[Tensor]:
        """The weights as they lie in ``whole``, which is laid out as the pack."""
        parts = whole[: len(self.home)].split([p.numel() for p in self.parameters])
        return [
            part.as_strided(p.shape, p.stride(), part.storage_offset())
            for p, part in zip(self.parameters, parts, strict=True)
        ]

    def install(self, whole: Tensor) -> None:
        for parameter, view in zip(self.parameters, self.views(whole), strict=True):
            parameter.data = view


class _Stream:
    """Two places on the device that the blocks take in turn."""

    def __init__(self, packs: dict[nn.Module, _Pack], device: torch.device) -> None:
        self._packs = packs
        largest = max(packs.values(), key=lambda pack: len(pack.home)).home
        self._slots = [torch.empty_like(largest, device=device, pin_memory=False) for _ in range(SLOTS)]
        self._in_slot: list[nn.Module | None] = [None] * SLOTS
        self._current = 0
        self._following: dict[nn.Module, nn.Module] = {}
        self._last: nn.Module | None = None
        self._cuda = _Cuda(device) if device.type == "cuda" else None

    def before(self, block: nn.Module, _: object) -> None:
        """Have a block's weights on the device, and the following one's on their way."""
        if self._last is not None:
            self._following[self._last] = block
        self._last = block
        if block not in self._in_slot:
            self._fetch(block, self._current)
        self._current = self._in_slot.index(block)
        if self._cuda:
            self._cuda.wait_for_copies()
        self._packs[block].install(self._slots[self._current])
        following = self._following.get(block)
        if following is not None and following not in self._in_slot:
            self._fetch(following, self._other)

    def after(self, block: nn.Module, *_: object) -> None:
        """A block has run: its weights are those in RAM again, and the next block goes on in the other place."""
        self._packs[block].install(self._packs[block].home)
        self._current = self._other

    def finish(self) -> None:
        """Wait for what is under way and leave nothing on the device."""
        for pack in self._packs.values():
            pack.install(pack.home)
        if self._cuda:
            self._cuda.wait_for_all()
        self._slots.clear()

    @property
    def _other(self) -> int:
        return (self._current + 1) % SLOTS

    def _fetch(self, block: nn.Module, slot: int) -> None:
        self._in_slot[slot] = block
        home = self._packs[block].home
        if self._cuda:
            self._cuda.copy(home, self._slots[slot])
        else:
            self._slots[slot][: len(home)].copy_(home)


class _Cuda:
    """Copies beside the computation."""

    def __init__(self, device: torch.device) -> None:
        self._device = device
        self._copies = torch.cuda.Stream(device)

    def copy(self, home: Tensor, slot: Tensor) -> None:
        """Fill a place once everything that was asked of its last block is computed."""
        self._copies.wait_stream(torch.cuda.current_stream(self._device))
        with torch.cuda.stream(self._copies):
            slot[: len(home)].copy_(home, non_blocking=True)

    def wait_for_copies(self) -> None:
        torch.cuda.current_stream(self._device).wait_stream(self._copies)

    def wait_for_all(self) -> None:
        torch.cuda.synchronize(self._device)


def _ram(size: int, dtype: torch.dtype, device: torch.device) -> Tensor:
    if device.type == "cuda":
        try:
            return torch.empty(size, dtype=dtype, pin_memory=True)
        except RuntimeError:  # the system locks no more pages: copies from common memory are slower, but work
            pass
    return torch.empty(size, dtype=dtype)
