"""Numbered series among file names: what belongs together, and which number is the frame's.  Standard library only."""

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import PurePath

# In order of preference where a frame is there more than once: lossless and with transparency first.
PICTURE_SUFFIXES = (
    ".png", ".tif", ".tiff", ".webp", ".avif", ".tga", ".bmp", ".heic", ".heif", ".jpg", ".jpeg", ".gif",
)  # fmt: skip
FILM_SUFFIXES = (".mp4", ".mov", ".webm", ".m4v", ".mkv", ".avi")
ANIMATION_SUFFIXES = (".gif", ".webp", ".apng")  # which may hold one picture, or a film
FILM_KINDS = "MP4, MOV, WebM, MKV, AVI, animated GIF and WebP"

_DIGITS = re.compile(r"(\d+)")
_SIGNS = {"-": "-", "−": "-", "+": ""}
_BEFORE_A_SIGN = "_=(, "
_LEAST_SHARED = 0.5  # of two cameras' numbers are the same, else a second number is a part of the first, as in a time


@dataclass(frozen=True)
class Numbered:
    """A file of a series."""

    name: str  # as it is on disk
    number: tuple[float, ...]  # mostly one; more where only several tell the order, as hours and minutes do


@dataclass(frozen=True)
class Series:
    """Files whose names differ by their number alone."""

    pattern: str  # such as "view_#"
    before: str  # what stands right before the number, in small letters
    after: str  # … and right behind it
    files: tuple[Numbered, ...]  # in order
    is_signed: bool

    @property
    def count(self) -> int:
        """How many frames, those that are there twice counted once."""
        return len({file.number for file in self.files})


def is_picture(name: str) -> bool:
    """Whether a file can be a frame by its name; hidden files are not."""
    return not name.startswith(".") and PurePath(name).suffix.lower() in PICTURE_SUFFIXES


def composed(text: str) -> str:
    """Text in the one form in which equal texts are equal: macOS writes an é as two characters."""
    return unicodedata.normalize("NFC", text)


def stem_of(name: str) -> str:
    """A file's name without its last suffix, composed."""
    return PurePath(composed(name)).stem


def natural_key(name: str) -> list[tuple[bool, int, str]]:
    """Sort key under which frame2 comes before frame10."""
    parts = _DIGITS.split(composed(name))
    return [(part.isdecimal(), int(part) if part.isdecimal() else 0, part.casefold()) for part in parts]


def series_among(names: Iterable[str]) -> list[Series]:
    """All series, also of a single file, that numbered names make up; names without a number make none."""
    groups: defaultdict[tuple[str, ...], list[tuple[list[str], str]]] = defaultdict(list)
    for name in names:
        parts = _DIGITS.split(stem_of(name).casefold())
        if len(parts) > 1:
            groups[tuple(parts[0::2])].append((parts[1::2], name))
    signed = _merge_signs(groups)
    found = []
    for texts, members in groups.items():
        found += _split(texts, members, texts in signed)
    return found


def _merge_signs(groups: dict[tuple[str, ...], list[tuple[list[str], str]]]) -> set[tuple[str, ...]]:
    """Move view_-90 to view_90, its number negative; a dash that only divides (frame-001) stays one.

    Returns the groups that have signs then.
    """
    signed = set()
    for texts in list(groups):
        for place, head in enumerate(texts[:-1]):
            if head[-1:] not in _SIGNS:
                continue
            base = (*texts[:place], head[:-1], *texts[place + 1 :])
            padded = any(len(numbers[place]) > 1 and numbers[place][0] == "0" for numbers, _ in groups[texts])
            alone = not head[:-1] or head[-2] in _BEFORE_A_SIGN
            if base not in groups and (padded or not alone):
                continue
            for numbers, name in groups.pop(texts):
                numbers[place] = _SIGNS[head[-1]] + numbers[place]
                groups.setdefault(base, []).append((numbers, name))
            signed.add(base)
            break
    return signed


def _split(texts: tuple[str, ...], members: list[tuple[list[str], str]], is_signed: bool) -> list[Series]:
    """The series of names that have the same text between their numbers."""
    texts, rows = _with_decimals(texts, [numbers for numbers, _ in members])
    names = [name for _, name in members]
    values = [tuple(float(number) for number in row) for row in rows]
    varying = [place for place in range(len(texts) - 1) if len({row[place] for row in values}) > 1]
    if not varying:
        return [_series(texts, len(texts) - 2, (len(texts) - 2,), list(zip(values, names, strict=True)), is_signed)]
    own = max(varying, key=lambda place: (len({row[place] for row in values}), place))
    others = [place for place in varying if place != own]
    parts: defaultdict[tuple[float, ...], list[tuple[tuple[float, ...], str]]] = defaultdict(list)
    for row, name in zip(values, names, strict=True):
        parts[tuple(row[place] for place in others)].append((row, name))
    if len({row[own] for row in values}) == len(set(values)):  # the others follow it
        return [_series(texts, own, (own,), list(zip(values, names, strict=True)), is_signed)]
    if _alike([{row[own] for row, _ in part} for part in parts.values()]):
        fixed = [{place: f"{row[place]:g}" for place in others} for row in (part[0][0] for part in parts.values())]
        return [
            _series(texts, own, (own,), part, is_signed, said) for part, said in zip(parts.values(), fixed, strict=True)
        ]
    return [_series(texts, own, tuple(varying), list(zip(values, names, strict=True)), is_signed)]


def _alike(numbers: Sequence[set[float]]) -> bool:
    """Whether these are several cameras' frames: most have their numbers in common."""
    most = max(numbers, key=len)
    shared = sorted(len(other & most) / len(most | other) for other in numbers)
    return shared[len(shared) // 2] >= _LEAST_SHARED


def _with_decimals(texts: tuple[str, ...], rows: list[list[str]]) -> tuple[tuple[str, ...], list[list[str]]]:
    """17.1 as one number; not a version before a frame (v1.0001), nor hours, minutes and seconds."""
    points = [place for place in range(1, len(texts) - 1) if texts[place] == "."]
    if len(points) != 1 or len({row[points[0] - 1] for row in rows}) == 1:
        return texts, rows
    at = points[0]
    joined = [[*row[: at - 1], f"{row[at - 1]}.{row[at]}", *row[at + 1 :]] for row in rows]
    return (*texts[:at], *texts[at + 1 :]), joined


def _series(
    texts: tuple[str, ...],
    own: int,
    order: tuple[int, ...],
    members: list[tuple[tuple[float, ...], str]],
    is_signed: bool,
    said: dict[int, str] | None = None,
) -> Series:
    files = sorted(
        (Numbered(name, tuple(row[place] for place in order)) for row, name in members),
        key=lambda file: (file.number, natural_key(file.name)),
    )
    first = members[0][0]
    numbers = [(said or {}).get(place, "#" if place in order else f"{first[place]:g}") for place in range(len(first))]
    pattern = "".join(part for pair in zip(texts, [*numbers, ""], strict=True) for part in pair)
    return Series(pattern, texts[own], texts[own + 1], tuple(files), is_signed)
