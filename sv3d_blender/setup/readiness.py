"""What stands between the artist and a job, and the one click that helps; told before Generate is pressed."""

from dataclasses import dataclass

from ...sv3d_engine.shared.model_catalogue import SV3D_MEMORY
from ..phrase import phrase
from .facts import Facts
from .state import State

DISK_BYTES = 2_000_000_000  # that the greatest job asks for
_LITTLE_DISK = "Only {free:.1f} GB are free on the disk that results go to; a job may need 2 GB."
_LITTLE_MEMORY = "The graphics card has {card:.1f} GB; the chosen Memory takes {taken:.1f} GB."
_TOO_LITTLE_MEMORY = "The graphics card has {card:.1f} GB; SV3D takes {taken:.1f} GB at the least."


@dataclass(frozen=True)
class Need:
    """Something to tell before the click."""

    text: str
    blocks: bool = False  # no job can work until it is put right
    button: str = ""  # operator that helps
    label: str = ""  # on that button
    mode: str = ""  # of that operator


def needs(facts: Facts | None, *, at_work: bool) -> list[Need]:
    """What is lacking, the worst first; ``at_work`` while a set-up runs.  Nothing until the facts are known."""
    if facts is None:
        return []
    found = []
    if facts.own_problem:
        found.append(Need(facts.own_problem, True, "sv3d.preferences", "Choose Another Python"))
    elif at_work:
        found.append(Need("The engine is being set up.", True))
    elif facts.changing:
        found.append(Need("Another Blender is setting up or repairing the engine.", True))
    elif facts.state is State.MISSING:
        found.append(Need("The engine is not set up yet.", True, "sv3d.set_up_engine", "Set Up Engine", "SET_UP"))
    elif facts.state is State.UNFINISHED:
        text = "The engine's set-up was broken off; what was downloaded is kept."
        found.append(Need(text, True, "sv3d.set_up_engine", "Go On with Set-Up", "SET_UP"))
    elif facts.state is State.DAMAGED:
        found.append(Need("The engine's environment is damaged.", True, "sv3d.set_up_engine", "Repair", "REPAIR"))
    elif facts.state is State.OUTDATED:
        text = "The engine's packages are older than the add-on."
        found.append(Need(text, False, "sv3d.set_up_engine", "Update", "UPDATE"))
    if not facts.weights_here:
        text = "The chosen SV3D weights are not where they were."
        found.append(Need(text, True, "sv3d.preferences", "Choose Weights"))
    if facts.free < DISK_BYTES:
        text = phrase(_LITTLE_DISK, free=facts.free / 1e9)
        found.append(Need(text, facts.free < DISK_BYTES / 10, "sv3d.preferences", "Choose Another Folder"))
    return sorted(found, key=lambda need: not need.blocks)


def memory_need(mode: str, card: int) -> Need | None:
    """What the official SV3D lacks in a memory mode on a graphics card of so many bytes; 0 is not known.

    It never blocks: a driver may lend the computer's own memory, and what fails can be resumed.
    """
    least = SV3D_MEMORY["blocks"]
    if not card or card >= SV3D_MEMORY.get(mode, least):
        return None
    if card >= least:
        text = phrase(_LITTLE_MEMORY, card=card / 1e9, taken=SV3D_MEMORY[mode] / 1e9)
        return Need(text, False, "sv3d.fit_memory", "Choose Memory by the Card", "AUTO")
    text = phrase(_TOO_LITTLE_MEMORY, card=card / 1e9, taken=least / 1e9)
    return Need(text, False, "sv3d.fit_memory", "Compute on the Processor (Slow)", "PROCESSOR")


def blocking(facts: Facts | None, *, at_work: bool) -> str:
    """Why no job can work now, for the disabled button; empty if one can."""
    return next((need.text.rstrip(".") for need in needs(facts, at_work=at_work) if need.blocks), "")
