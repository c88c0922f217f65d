"""Which memory mode an orbit is sampled in, and why."""

from dataclasses import dataclass
from typing import Any

import torch

from ..network.architecture import Architecture
from .budget import Budget, choose, free_memory, modes_for
from .placement import HOW


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
