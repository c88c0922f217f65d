"""How far round an object goes in a film, and how fast it turns: for frames picked evenly by angle.

What is possible is told by the small pictures of the film's frames; which of it is so, by the outlines, if they are
known: an object that looks much the same from its back as from its front seems to have come back after half a turn.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from .film_part import difference, usual_step

Array = NDArray[np.float32]

_CLOSED = 0.5  # of the usual change: so near to the first frame, the last one repeats it
_COMES_BACK = 2.5  # times the usual change: so near to the first frame, the last one may be right before it
_REPEATS = 0.8  # of the change by some ten degrees: what differs by less may be the same again
_CLEARLY = 0.6  # of the misfit of whole turns: a part of one has to stay below to be believed
_PARTS = (60.0, 90.0, 120.0, 150.0, 180.0, 210.0, 240.0, 270.0, 300.0, 330.0)  # degrees
_FINER = (15.0, 7.5)
ENOUGH = 0.0003  # frame widths: misfits that differ by less tell nothing
_WELL = 0.0015  # frame widths: no other law is believed that leaves more, as where the camera rises and falls
_SURE = 0.3  # of the change that tells: one that repeats itself so well has turned once

Judge = Callable[[NDArray[np.intp], Array], float]  # misfit of some of the moving frames at degrees


@dataclass(frozen=True)
class Turn:
    """The first ``count`` moving frames of a film as a turn by so many degrees."""

    count: int
    degrees: float
    steps: Array  # (count − 1,) how long each takes to the next
    change: Array  # (count,) how much each differs from the one after it, the last from the first
    repeats: float | None = None  # how far what follows is from the beginning; None = nothing follows


def possible_turns(flat: Array, steps: Array) -> list[Turn]:
    """Whole turns that moving frames (M, D) may be of, that of all frames first."""
    far = difference(flat, flat)
    next_ = np.diagonal(far, 1)
    count = len(flat)
    if count > 8 and far[-1, 0] < _CLOSED * usual_step(next_):
        count -= 1
    found = [_turn(far, steps, count)]
    apart = {end: _again(far, end, (0,)) for end in range(8, count)}
    for end, own in apart.items():
        if own <= min(apart.get(end - 1, np.inf), apart.get(end + 1, np.inf)):
            repeats = _again(far, end, (-1, 0, 1))  # the first picture may come between two
            if repeats < _REPEATS:
                found.append(replace(_turn(far, steps, end), repeats=repeats))
    return found


def comes_back(turn: Turn) -> bool:
    """Whether the last of its frames is about as near to the first as to the one before."""
    return turn.repeats is not None or bool(turn.change[-1] < _COMES_BACK * usual_step(turn.change[:-1]))


def _turn(far: Array, steps: Array, count: int) -> Turn:
    change = np.append(np.diagonal(far, 1)[: count - 1], far[count - 1, 0]).astype(np.float32)
    return Turn(count, 360.0, steps[: count - 1], change)


def _again(far: Array, end: int, shifts: tuple[int, ...]) -> float:
    """How far the frames from ``end`` on are from those at the beginning, in changes by some ten degrees."""
    by = max(1, round(end / 36))
    usual = float(np.median(np.diagonal(far[:end, :end], by)))
    first = np.arange(min(len(far) - end, end))
    near = [np.clip(end + first + shift, 0, len(far) - 1) for shift in shifts]
    least = np.minimum.reduce([far[first, place] for place in near])
    return float(least.mean()) / max(usual, 1e-9)


def laws(turn: Turn) -> dict[str, Array]:
    """How many degrees round it is at each frame: steadily, slow at both ends, or by change."""
    closed = turn.degrees >= 360
    gaps = np.append(turn.steps, np.median(turn.steps))
    return {
        "steady": _share(gaps, closed) * turn.degrees,
        "eased": _eased(_share(gaps, closed)) * turn.degrees,
        "change": _share(turn.change, closed) * turn.degrees,
    }


def rarer_laws(turn: Turn) -> dict[str, Array]:
    """Other ways in which films begin or end gently."""
    share = _share(np.append(turn.steps, np.median(turn.steps)), turn.degrees >= 360)
    late = 1 - share
    shares = {
        "very eased": np.where(share < 0.5, 4 * share**3, 1 - 4 * late**3),
        "ends gently": 1 - late**2,
        "begins gently": share**2,
    }
    return {name: (turn.degrees * one).astype(np.float32) for name, one in shares.items()}


def _share(gaps: Array, closed: bool) -> Array:
    gone = np.concatenate([[0.0], np.cumsum(gaps[:-1])])
    whole = gone[-1] + (gaps[-1] if closed else 0.0)
    return np.asarray(gone / max(float(whole), 1e-9), dtype=np.float32)


def _eased(share: Array) -> Array:
    return share * share * (3 - 2 * share)


def picked(law: Array, degrees: float, count: int) -> NDArray[np.intp]:  # (count or less,)
    """Indices of frames at even steps of a law, each once."""
    closed = degrees >= 360
    wanted = np.arange(count) * degrees / (count if closed else count - 1)
    return np.unique(np.abs(law[None] - wanted[:, None]).argmin(1))


@dataclass(frozen=True)
class Reading:
    """A turn, and how fast it goes."""

    turn: Turn
    name: str  # of the law
    law: Array  # (count,) degrees
    misfit: float


def best_reading(turns: list[Turn], judge: Judge | None, judged: int) -> Reading:
    """Of whole turns the one that the outlines agree with best, or else a part of one, if that agrees clearly better.

    ``judged`` frames are enough to tell.  Without a judge the turn after which the film repeats itself.
    """
    if judge is None:
        again = [turn for turn in turns if turn.repeats is not None]
        turn = min(again, key=lambda one: one.repeats or 0.0) if again else turns[0]
        return Reading(turn, "steady", laws(turn)["steady"], 0.0)

    def of(turn: Turn, named: dict[str, Array]) -> list[Reading]:
        found = []
        for name, law in named.items():
            chosen = picked(law, turn.degrees, min(judged, turn.count))
            found.append(Reading(turn, name, law, judge(chosen, law[chosen])))
            if found[-1].misfit < ENOUGH:
                break
        return found

    def best_of(degrees: list[float]) -> Reading:
        tried = [replace(turns[0], degrees=one) for one in degrees]
        return min((_most_steady(of(turn, laws(turn))) for turn in tried), key=lambda one: one.misfit)

    best = min((_most_steady(of(turn, laws(turn))) for turn in turns), key=_handicapped)
    if best.misfit > ENOUGH:
        best = _most_steady([best, *of(best.turn, rarer_laws(best.turn))])
    least = _CLEARLY * best.misfit - ENOUGH
    if least <= 0:
        return best
    part = best_of(list(_PARTS))
    if part.misfit > least:
        return best
    for by in _FINER:
        near = best_of([part.turn.degrees - by, part.turn.degrees + by])
        part = min(part, near, key=lambda one: one.misfit)
    return part


def _handicapped(reading: Reading) -> float:
    sure = reading.turn.repeats is not None and reading.turn.repeats < _SURE
    return reading.misfit - (ENOUGH if sure else 0.0)


def _most_steady(readings: list[Reading]) -> Reading:
    """The best, but the steady one unless another is clearly better, and good."""
    best = min(readings, key=lambda one: one.misfit)
    steady = readings[0]
    return steady if best.misfit > min(_WELL, _CLEARLY * steady.misfit - ENOUGH / 2) else best
