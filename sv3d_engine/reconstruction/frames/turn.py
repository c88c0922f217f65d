"""Where in a film the object has turned once, and how fast it turns: for frames picked evenly by angle.

Everything here looks at small pictures of the film's frames alone.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float32]

_STILL = 0.15  # of the usual change: less is a pause, or a frame that is there twice
_ALL_STILL = 2e-3  # change from the first frame, of full scale: less is one picture all the time
_LEFT = 0.5  # of the usual difference from the first frame has to be reached before it can come back
_BACK = 1.6  # times as different as at the best return is a return, too …
_BACK_SHARE = 0.35  # … if it is less than so much of the usual difference
_CLOSED = 0.5  # of the usual change: so near to the first frame, the last one repeats it


@dataclass(frozen=True)
class Turn:
    """One turn of the object in a film."""

    moving: NDArray[np.intp]  # (M,) frames in which it has moved on, up to where the first would come again
    change: Array  # (M,) how much each differs from the one after it
    whole: bool  # whether the film comes back to its beginning


def find_turn(small: Array) -> Turn | None:
    """The first turn in a film's frames (N, h, w, C), made small; None where nothing turns."""
    from_first = _differences(small, small[:1])
    if from_first.max() < _ALL_STILL:
        return None
    moving = _moving(small)
    from_first = from_first[moving]
    steps = _differences(small[moving[1:]], small[moving[:-1]])
    usual = float(np.median(from_first))
    end = _return(from_first, usual)
    if end is None and from_first[-1] < _CLOSED * float(np.median(steps)):
        end = len(moving) - 1
    whole = end is not None or bool(from_first[-1] < 2.5 * float(np.median(steps)))
    count = len(moving) if end is None else end
    closing = _differences(small[moving[count - 1 : count]], small[:1])
    return Turn(moving[:count], np.concatenate([steps[: count - 1], closing]), whole)


def _differences(some: Array, others: Array) -> Array:
    return np.asarray(np.abs(some - others).mean((1, 2, 3)), dtype=np.float32)


def _moving(small: Array) -> NDArray[np.intp]:
    """Frames in which something has moved since the last of them."""
    steps = _differences(small[1:], small[:-1])
    seen = steps[steps > 0.05 * steps.max(initial=0)]
    least = _STILL * float(np.median(seen)) if len(seen) else 0.0
    kept = [0]
    for i in range(1, len(small)):
        if np.abs(small[i] - small[kept[-1]]).mean() > least:
            kept.append(i)
    return np.array(kept, dtype=np.intp)


def _return(from_first: Array, usual: float) -> int | None:
    """Where the first frame comes again: the first of the valleys that are nearly as deep as the deepest."""
    far = np.flatnonzero(from_first > _LEFT * usual)
    if not len(far):
        return None
    valleys = [
        i
        for i in range(int(far[0]) + 1, len(from_first) - 1)
        if from_first[i] <= from_first[i - 1] and from_first[i] < from_first[i + 1]
    ]
    if not valleys:
        return None
    best = min(float(from_first[i]) for i in valleys)
    if best > _BACK_SHARE * usual:
        return None
    return next(i for i in valleys if from_first[i] <= _BACK * best + 1e-4)


def laws(turn: Turn) -> dict[str, Array]:
    """How far round the object may be at each moving frame, in [0, 1): steadily, slow at both ends, or by change."""
    time = np.arange(len(turn.moving)) / len(turn.moving)
    gone = np.concatenate([[0.0], np.cumsum(turn.change)])
    shares = {"steady": time, "eased": time * time * (3 - 2 * time), "change": gone[:-1] / max(float(gone[-1]), 1e-9)}
    return {name: share.astype(np.float32) for name, share in shares.items()}


def picked(law: Array, count: int) -> NDArray[np.intp]:  # (count or less,)
    """Indices into the moving frames at even steps of a law, each once."""
    wanted = np.arange(count) / count
    return np.unique(np.abs(law[None] - wanted[:, None]).argmin(1))


def best_law(turn: Turn, count: int, agreement: Callable[[NDArray[np.intp], Array], float]) -> tuple[str, Array]:
    """The law whose frames agree best as one solid object, the steady one unless another is clearly better.

    ``agreement(frames, share)`` judges frames of the film at shares of the turn.
    """
    found = laws(turn)
    scores = {}
    for name, law in found.items():
        chosen = picked(law, count)
        scores[name] = agreement(turn.moving[chosen], law[chosen])
    best = max(scores, key=lambda name: scores[name] + (_STEADY_FIRST if name == "steady" else 0.0))
    return best, found[best]


_STEADY_FIRST = 0.01  # of the silhouettes by which another law has to agree better
