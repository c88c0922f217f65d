"""Which part of a film shows one object turning one way: without titles, fades, other shots, stills and the way back.

Everything here looks at small pictures of the film's frames alone.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float32]
Index = NDArray[np.intp]

_STILL = 0.15  # of the usual change: less is a pause, or a frame that is there twice
_ALL_STILL = 2e-3  # change from the first frame, of full scale: less is one picture all the time
_FEWEST = 8  # pictures that a film of a turn has at the least: as large as their seventh change is usual
_CUT = 4.0  # times the usual change, and three times as much as before and after, is a cut to another shot
_LEAST_CUT = 0.02  # of full scale
_PAPER = 0.03  # by which the border of most frames may differ from the usual, where a fade can be told
_FADED = 0.05  # by which a border that is faded differs
_PALE = 0.6  # of the usual contrast: a frame at the film's end that has less is faded to the paper …
_CLEAR = 0.9  # … and so are the ones beside it up to where it has so much
_TURNS_BACK = 0.5  # of how far it has moved: so near to what it was before, the object has turned back
_MOVED = 3.0  # times the usual change, that it has to have moved for that to be told


@dataclass(frozen=True)
class FilmPart:
    """Frames of a film, one way round, and what was left out of it."""

    moving: Index  # (M,) frames in which the object has moved on
    steps: Array  # (M − 1,) how long each takes to the next, pauses left out, as shares of the usual
    notes: tuple[str, ...]


def turning_part(small: Array, seconds: Array, numbers: Index) -> FilmPart | None:
    """The part of a film (N, h, w, C) in which most happens; None where nothing moves.

    ``seconds`` (N,) are the times at which its frames are shown, ``numbers`` (N,) what the frames are called.
    """
    flat = small.reshape(len(small), -1)
    if np.abs(flat - flat[:1]).mean(1).max() < _ALL_STILL:
        return None
    first, last = _unfaded(small)
    faded = (first, last) != (0, len(small))
    kept = first + _without_flashes(flat[first:last])
    shots = _shots(flat, kept)
    shot = max(shots, key=lambda one: len(_moving(flat, one)))
    moving = _moving(flat, shot)
    ways = _ways(difference(flat[moving], flat[moving]))
    way = max(ways, key=len)
    notes = []
    span = f"frames {numbers[moving[way[0]]] + 1} to {numbers[moving[way[-1]]] + 1} are used."
    if faded:
        notes.append("The film begins or ends with a fade, a title or another picture")
    if len(shots) > 1:
        notes.append("The film cuts from one shot to another")
    if len(ways) > 1:
        notes.append("The object turns one way and then back")
    said = (f"{'; '.join([notes[0], *(note[0].lower() + note[1:] for note in notes[1:])])}: {span}",) if notes else ()
    chosen = moving[way]
    return FilmPart(chosen, _clock(flat, seconds, shot, chosen), said)


def difference(some: Array, others: Array) -> Array:  # (A, D), (B, D) -> (A, B)
    """Mean absolute difference of each picture to each other."""
    return np.stack([np.abs(others - one).mean(1) for one in some]).astype(np.float32)


def usual_step(steps: Array) -> float:
    """The median of the steps in which something moves, however long the pauses and wild the cuts between them."""
    largest = np.sort(steps)[::-1]
    if not len(largest):
        return 0.0
    seen = steps[steps > 0.05 * largest[min(_FEWEST - 1, len(largest)) - 1]]
    return float(np.median(seen)) if len(seen) else 0.0


def _steps(flat: Array) -> Array:
    return np.abs(flat[1:] - flat[:-1]).mean(1)


def _unfaded(small: Array) -> tuple[int, int]:
    """From where to where the frames have the usual paper about them, and contrast to it."""
    rim = np.concatenate([small[:, :2].reshape(len(small), -1, 3), small[:, -2:].reshape(len(small), -1, 3)], 1)
    border = np.median(rim, 1)
    off = np.abs(border - np.median(border, 0)).max(1)
    if np.median(off) > _PAPER or np.median(rim.std(1)) > _PAPER:
        return 0, len(small)  # what is behind the object moves as well
    contrast = np.percentile(np.abs(small - border[:, None, None]).max(-1).reshape(len(small), -1), 99, axis=1)
    contrast = contrast / max(float(np.median(contrast)), 1e-6)
    odd = off > _FADED
    plain, clear = ~odd & (contrast > _PALE), ~odd & (contrast > _CLEAR)
    good = np.flatnonzero(plain)
    first, last = int(good[0]), int(good[-1]) + 1
    if first and not odd[:first].all():
        first = int(np.flatnonzero(clear)[0])
    if last < len(small) and not odd[last:].all():
        last = int(np.flatnonzero(clear)[-1]) + 1
    return first, last


def _without_flashes(flat: Array) -> Index:
    """The frames but for single ones that are like neither of their neighbours, which are like each other."""
    steps = _steps(flat)
    least = max(_CUT * usual_step(steps), _LEAST_CUT)
    kept = [
        i
        for i in range(len(flat))
        if not (
            0 < i < len(flat) - 1
            and min(steps[i - 1], steps[i]) > least
            and np.abs(flat[i + 1] - flat[i - 1]).mean() < 0.5 * min(steps[i - 1], steps[i])
        )
    ]
    return np.array(kept, dtype=np.intp)


def _shots(flat: Array, kept: Index) -> list[Index]:
    """The frames between cuts."""
    steps = _steps(flat[kept])
    around = np.pad(steps, 1)
    beside = np.maximum(around[:-2], around[2:])
    least = max(_CUT * usual_step(steps), _LEAST_CUT)
    cuts = np.flatnonzero((steps > least) & (steps > 3 * beside))
    return [shot for shot in np.split(kept, cuts + 1) if len(shot)]


def _moving(flat: Array, shot: Index) -> Index:
    """Frames in which something has moved since the last of them."""
    least = _STILL * usual_step(_steps(flat[shot]))
    kept = [int(shot[0])]
    for i in shot[1:]:
        if np.abs(flat[i] - flat[kept[-1]]).mean() > least:
            kept.append(int(i))
    return np.array(kept, dtype=np.intp)


def _ways(far: Array) -> list[Index]:
    """The frames between the places where the object turns back, from how far (M, M) all are from one another."""
    count = len(far)
    least = _MOVED * usual_step(np.diagonal(far, 1))
    scores = np.full(count, np.inf)
    for at in range(2, count - 2):
        by = np.arange(1, min(at, count - 1 - at) + 1)
        moved = np.minimum(far[at, at + by], far[at, at - by])
        enough = np.flatnonzero(moved > least)
        if len(enough):
            by, moved = by[: enough[0] + 1], moved[: enough[0] + 1]
            scores[at] = far[at - by, at + by].mean() / moved.mean()
    reach = max(4, count // 12)
    ends = [
        at
        for at in np.flatnonzero(scores < _TURNS_BACK)
        if scores[at] == scores[max(0, at - reach) : at + reach + 1].min()
    ]
    return np.split(np.arange(count), [end + 1 for end in ends])


def _clock(flat: Array, seconds: Array, shot: Index, moving: Index) -> Array:
    """How long each step takes: a frame or, where changes go evenly with it, the time for which a frame is shown."""
    if len(moving) < _FEWEST:
        return np.ones(max(len(moving) - 1, 0), np.float32)
    before = shot[np.searchsorted(shot, moving[1:]) - 1]  # the object was still until there
    gaps = (seconds[moving[1:]] - seconds[before]).astype(np.float32)
    if gaps.min() <= 0 or gaps.max() < 1.2 * gaps.min():
        return np.ones(len(gaps), np.float32)
    change = np.log(np.maximum(np.abs(flat[moving[1:]] - flat[moving[:-1]]).mean(1), 1e-6))
    by_time, by_frame = (np.abs(np.diff(values)).mean() for values in (change - np.log(gaps), change))
    return gaps / np.float32(np.median(gaps)) if by_time < by_frame else np.ones(len(gaps), np.float32)
