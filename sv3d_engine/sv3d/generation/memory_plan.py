"""How much memory an orbit takes in each mode, which mode fits into what is free, and why."""

from dataclasses import dataclass
from typing import Any

import torch
from diffusers.models.autoencoders.autoencoder_kl import AutoencoderKL
from torch import nn

from ...ground.memory import total_and_available
from ...shared.architecture import Architecture
from ...shared.protocol import MEMORY_MODES
from ..network.sv3d import AUTOENCODER_DTYPE, empty_sv3d
from .offload import SLOTS, units

MODES = MEMORY_MODES[1:]  # from the most memory to the least
HOW = {  # a mode works, for the artist
    "together": "in the fastest way",
    "apart": "with the two halves of a step one after the other",
    "offload": "with only the network at work on the graphics card",
    "blocks": "with the network brought to the graphics card block by block",
}
FRAMES = 21

# Most of what is alive at once beside the weights, measured on shapes with laboratory/bench/tracing.py.  The networks'
# features grow with the number of pixels, so that one figure holds for every size.
# UNet: in multiples of the finest level's features (21, channels[0], h, w).  The peak is in the feed-forward of its
# last temporal transformer: 8 of the gated layer's input, 4 of the gate, 4 of the product, the rest skip connections.
_STEP = 27.3
_STEP_CHUNKED = 16.3
# Autoencoder: in multiples of one picture's finest features (vae_channels[0], S, S).
_DECODE = 6.1
_ENCODE = 5.1

_SLACK = 1.1  # fragments, and convolutions' workspaces
_RESERVE = 400 << 20  # bytes; libraries that are loaded at first use, and what else draws on the screen
_MOST_FRAMES = 7  # decoded at a time: more are not faster


@dataclass(frozen=True)
class Budget:
    """Bytes of weights and of features on the device."""

    unet: int
    clip: int
    autoencoder: int
    blocks: int  # of the UNet at a time when it is streamed
    step: int  # features of one side of the guidance
    step_chunked: int
    encode: int
    decode: int  # of one frame

    @classmethod
    def of(cls, architecture: Architecture, frame_size: int, dtype: torch.dtype) -> "Budget":
        """For frames of ``frame_size`` pixels along a side, UNet and CLIP in ``dtype``."""
        model = empty_sv3d(architecture)
        weights = {name: _bytes(part, dtype) for name, part in model.parts()}
        weights["autoencoder"] = _bytes(model.autoencoder, AUTOENCODER_DTYPE)
        side = frame_size // architecture.latent_scale
        features = FRAMES * architecture.channels[0] * side * side * dtype.itemsize
        sizes = [_bytes(unit, dtype) for unit in units(model.unet)]
        return cls(
            **weights,
            blocks=SLOTS * max(sizes) + weights["unet"] - sum(sizes),
            step=int(_STEP * features),
            step_chunked=int(_STEP_CHUNKED * features),
            encode=int(_ENCODE * _picture(architecture.vae_channels[0], frame_size)),
            decode=int(_DECODE * _picture(architecture.vae_channels[0], frame_size)),
        )

    def peak(self, mode: str) -> int:
        """Bytes on the device at most when frames are decoded one at a time."""
        resident = self.unet + self.clip + self.autoencoder
        picture = max(self.encode, self.decode)
        match mode:
            case "together":
                return resident + max(2 * self.step, picture)
            case "apart":
                return resident + max(self.step, picture)
            case "offload":
                return max(self.unet + self.step, self.clip, self.autoencoder + picture)
            case _:
                return max(self.blocks + self.step_chunked, self.clip, self.autoencoder + picture)

    def needed(self, mode: str) -> int:
        """Bytes that should be free for a mode."""
        return int(_SLACK * self.peak(mode)) + _RESERVE

    def chunk(self, mode: str, free: int | None) -> int:
        """How many frames to decode at a time, with ``free`` bytes on the device before the networks are loaded."""
        if mode == "blocks" or free is None:
            return 1
        resident = self.autoencoder if mode == "offload" else self.unet + self.clip + self.autoencoder
        return _fitting(self.decode, free, resident, _MOST_FRAMES)


def encoded_at_once(autoencoder: AutoencoderKL, frame_size: int, free: int | None, most: int) -> int:
    """How many pictures to encode at a time, ``most`` at most, with ``free`` bytes beside the autoencoder's weights."""
    if free is None:
        return most
    picture = _picture(autoencoder.config["block_out_channels"][0], frame_size)
    return _fitting(int(_ENCODE * picture), free, 0, most)


def _picture(channels: int, frame_size: int) -> int:
    """Bytes of one picture's finest features in the autoencoder."""
    return channels * frame_size * frame_size * AUTOENCODER_DTYPE.itemsize


def _fitting(each: int, free: int, weights: int, most: int) -> int:
    """How many times ``each`` bytes have room beside the weights: from 1 to ``most``."""
    room = (free - _RESERVE) / _SLACK - weights
    return int(min(max(room // each, 1), most))


def modes_for(device: torch.device) -> tuple[str, ...]:
    """The modes that make a difference: only a card with memory of its own gains by sending weights to RAM."""
    return MODES if device.type == "cuda" else MODES[:2]


def choose(budget: Budget, device: torch.device, free: int | None) -> str:
    """The fastest mode that fits; the last one where none does, the first where nothing is known."""
    modes = modes_for(device)
    if free is None:
        return modes[0]
    return next((mode for mode in modes if budget.needed(mode) <= free), modes[-1])


def free_memory(device: torch.device) -> int | None:
    """Bytes that this process may still take on the device, where that can be told."""
    if device.type == "cuda":
        free, _ = torch.cuda.mem_get_info(device)
        return int(free + torch.cuda.memory_reserved(device) - torch.cuda.memory_allocated(device))
    if device.type == "mps":
        return int(torch.mps.recommended_max_memory() - torch.mps.current_allocated_memory())
    return total_and_available()[1]


def _bytes(module: nn.Module, dtype: torch.dtype) -> int:
    return sum(parameter.numel() for parameter in module.parameters()) * dtype.itemsize


@dataclass(frozen=True)
class Plan:
    """The mode, how many frames are decoded at a time, what a report says of it, and what the artist should know."""

    mode: str
    chunk: int
    facts: dict[str, Any]
    notes: tuple[str, ...]


def plan(architecture: Architecture, frame_size: int, dtype: torch.dtype, device: torch.device, asked: str) -> Plan:
    """The mode that was ``asked`` for (one of protocol.MEMORY_MODES), or for "auto" the fastest that fits."""
    budget = Budget.of(architecture, frame_size, dtype)
    modes = modes_for(device)
    free = free_memory(device)
    mode = choose(budget, device, free) if asked == "auto" else asked
    notes: tuple[str, ...] = ()
    if mode not in modes:
        notes = (f"The memory mode “{mode}” is for graphics cards; here “{modes[-1]}” takes the least memory.",)
        mode = modes[-1]
    elif asked == "auto" and free is not None and budget.needed(mode) > free:
        notes = (
            f"There may not be enough memory: {_gb(free)} are free, and SV3D takes {_gb(budget.needed(mode))} "
            "at the least. If it fails, close other programs.",
        )
    elif asked == "auto" and free is not None and mode != modes[0]:
        notes = (
            f"SV3D works {HOW[mode]}, which takes longer: {_gb(free)} of memory are free, and the fastest way takes "
            f"{_gb(budget.needed(modes[0]))}.",
        )
    facts = {
        "memory_asked": asked,
        "memory_free": free,
        "memory_needed": {name: budget.needed(name) for name in modes},
    }
    return Plan(mode, budget.chunk(mode, free), facts, notes)


def _gb(size: int) -> str:
    return f"{size / 1e9:.1f} GB"
