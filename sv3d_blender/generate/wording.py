"""How numbers and failures are put to an artist."""

import textwrap
from collections.abc import Callable

from ...sv3d_engine.shared import protocol
from ..engine.job import Failure, Job, Phase
from ..phrase import Phrase, joined, phrase

# On two processor cores, in minutes; a graphics card is faster.
EXPECTED_MINUTES = {"draft": 1, "standard": 3, "high": 5}
_LATE = phrase("Takes longer than expected")


def duration(seconds: float) -> Phrase:
    """A time to wait, no more exact than it can be known."""
    if seconds < 10:
        return phrase("a few seconds")
    if seconds < 55:
        return phrase("{count} s", count=round(seconds / 10) * 10)
    minutes = round(seconds / 60)
    return phrase("{count} min", count=minutes) if minutes < 90 else phrase("{count:.1f} h", count=minutes / 60)


def size(bytes_: int) -> str:
    """What a file or folder takes."""
    return f"{bytes_ / 1e9:.1f} GB" if bytes_ >= 1e9 else f"{-(-bytes_ // 1_000_000)} MB"


def progress_lines(job: Job, fraction: float, width: float, said: Callable[[str], str] = str) -> tuple[str, str]:
    """The text on the progress bar, and what it has no room for in ``width`` pixels, for a line of its own.

    The bar always has its per cent.  ``said`` puts a text into the artist's language.
    """
    if job.phase is Phase.CANCELLING:
        return f"{said(job.phase.value)}…", ""
    stage = said(job.stage or Phase.STARTING.value)  # it says hello at once, and then loads its libraries
    whole = f"{fraction:.0%} · {stage}"
    return (whole, "") if len(whole) <= characters(width) else (f"{fraction:.0%}", stage)


def time_line(job: Job, seconds_left: float | None, *, is_late: bool = False) -> str:
    """The text below the bar; empty while there is nothing to say."""
    left = "" if seconds_left is None else _LATE if is_late else phrase("{time} left", time=duration(seconds_left))
    left = "" if job.phase is Phase.CANCELLING else left
    return joined(" · ", (left, job.note))


def cameras_line(looked: protocol.Looked) -> Phrase:
    """How many cameras there are, and how high above the object's middle they stand."""
    count, low, high = len(looked.elevations), round(min(looked.elevations)), round(max(looked.elevations))
    if low == high:
        return phrase("{count} cameras at {low}°", count=count, low=low)
    return phrase("{count} cameras at {low}° to {high}°", count=count, low=low, high=high)


def lines(text: str, width: float) -> list[str]:
    """Text broken for a region ``width`` pixels wide at interface scale 1, as Blender's labels do not wrap."""
    return textwrap.wrap(text, characters(width)) or [""]


def characters(width: float) -> int:
    """How many characters fit in a line of so many pixels at interface scale 1."""
    return max(16, int(width / 6.6))


def report(failure: Failure, facts: dict[str, str]) -> str:
    """A failure as text to send to somebody who can help."""
    head = "\n".join(f"{name}: {value}" for name, value in facts.items())
    return f"SV3D report\n{head}\n\n{failure.cause}\n{failure.remedy}\n\n{failure.details}".rstrip() + "\n"


def resume_word(*, is_doubt: bool) -> str:
    """What the button says that takes a stopped job up again."""
    return "Go On Anyway" if is_doubt else "Resume"
