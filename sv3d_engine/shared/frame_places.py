"""Where in the turn the frames of a numbered series are: numbers are places, or angles.  Standard library only."""

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

from .frame_names import ANGLE_WORDS, Series, is_timed, words_of
from .trajectory import SV3D_FRAME_COUNT, static

_WHOLE_TURN = 360.0
_ANGLES_CLOSE = 8.0  # degrees by which the numbers and one more step may miss a whole turn and yet be angles
_FAR = 2.0  # times as many numbers missing as there are: they are no places
_EARLY = 1_00_00  # hours, minutes and seconds: a number with many noughts is no time
_ROUNDED = 0.75  # degrees by which a number may be off a regular step


@dataclass(frozen=True)
class Places:
    """Azimuths in degrees, and what is said of them: sentences."""

    azimuths: tuple[float, ...]
    notes: tuple[str, ...] = ()


def evenly(count: int) -> Places:
    """A whole turn without a gap."""
    return Places(tuple(pose.azimuth for pose in static(0.0, count)))


def places_of(series: Series, numbers: Sequence[tuple[float, ...]]) -> Places:
    """The frames with these numbers, in order.

    Numbers that go round by 360 are angles, 0 the front.  Others are places in a turn that ends with the last; where
    some are missing the turn has a gap.
    """
    if any(len(number) > 1 for number in numbers):
        return Places(evenly(len(numbers)).azimuths, ("The frames are taken in the order of their numbers.",))
    values = [number[0] for number in numbers]
    if _are_angles(series, values):
        return _by_angle(values)
    if series.is_signed or any(value % 1 for value in values):
        first, last = _plain(values[0]), _plain(values[-1])
        note = f"The frames are taken in the order of their numbers, {first} to {last}, evenly spread."
        return Places(evenly(len(values)).azimuths, (note,))
    if values[0] >= _EARLY and all(is_timed(file.name) for file in series.files):
        note = "The frames are taken in the order of their times, evenly spread."
        return Places(evenly(len(values)).azimuths, (note,))
    return _by_place([int(value) for value in values])


def _are_angles(series: Series, values: Sequence[float]) -> bool:
    steps = [after - before for before, after in itertools.pairwise(values)]
    span = values[-1] - values[0]
    if not -_WHOLE_TURN <= values[0] <= values[-1] <= _WHOLE_TURN or median(steps) <= 1:
        return False
    said = bool(ANGLE_WORDS & {*_last_word(series.before), *_first_word(series.after)})
    whole = abs(span + median(steps) - _WHOLE_TURN) <= _ANGLES_CLOSE or abs(span - _WHOLE_TURN) <= _ROUNDED
    return said or whole


def _last_word(text: str) -> set[str]:
    parts = text.rstrip(" _-=(.").replace("-", "_").split("_")
    return words_of(parts[-1])


def _first_word(text: str) -> set[str]:
    return words_of(text.lstrip(" _-=).").split("_")[0]) | ({"deg"} if text.startswith("°") else set())


def _by_angle(values: Sequence[float]) -> Places:
    steps = [after - before for before, after in itertools.pairwise(values)]
    count = max(1, round(_WHOLE_TURN / median(steps)))
    regular = [round(value * count / _WHOLE_TURN) * _WHOLE_TURN / count for value in values]
    if all(abs(value - near) <= _ROUNDED for value, near in zip(values, regular, strict=True)):
        exact = regular
    else:
        exact = list(values)
    note = f"The numbers in the frames' names are taken as angles: {_plain(values[0])}° to {_plain(values[-1])}°"
    return Places(tuple(value % _WHOLE_TURN for value in exact), (f"{note}, 0° is the front.",))


def _by_place(values: Sequence[int]) -> Places:
    steps = [after - before for before, after in itertools.pairwise(values)]
    step = math.gcd(*steps)
    first, last = values[0], values[-1]
    if step == 1 and last == SV3D_FRAME_COUNT - 1:
        first = 0  # SV3D's own frames are 0 to 20
    count = (last - first) // step + 1
    missing = count - len(values)
    if not missing:
        return evenly(len(values))
    if missing > _FAR * len(values):
        note = "The frames' numbers are far apart: they are taken in their order, evenly spread."
        return Places(evenly(len(values)).azimuths, (note,))
    places = [(value - first) // step for value in values]
    gone = sorted(set(range(count)) - set(places))
    azimuths = tuple(_WHOLE_TURN * (place + 1) / count % _WHOLE_TURN for place in places)
    note = (
        f"{_listed([first + step * place for place in gone], step)} missing: the numbers are taken as places in the "
        f"turn, {_WHOLE_TURN / count:.1f}° apart, and the gap stays open."
    )
    return Places(azimuths, (note,))


def _listed(numbers: Sequence[int], step: int) -> str:
    """Numbers as runs, with their verb: "Numbers 5 to 7 are"."""
    runs: list[list[int]] = []
    for number in numbers:
        if runs and number == runs[-1][-1] + step:
            runs[-1].append(number)
        else:
            runs.append([number])
    texts = [f"{run[0]} to {run[-1]}" if len(run) > 2 else ", ".join(map(str, run)) for run in runs]
    if len(texts) > 4:
        return f"Of the numbers {len(numbers)} are"
    return f"Number {texts[0]} is" if len(numbers) == 1 else f"Numbers {', '.join(texts)} are"


def _plain(value: float) -> str:
    return f"{value:g}".replace("-", "−")
