"""Numbered series among file names: what belongs together, and which number is the frame's.  Standard library only."""

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import PurePath

ANGLE_WORDS = frozenset({
    "az", "azi", "azim", "azimuth", "angle", "ang", "deg", "degree", "degrees", "rot", "rotation", "yaw", "theta",
    "phi",
})  # fmt: skip
# In order of preference where a frame is there more than once: lossless and with transparency first.
PICTURE_SUFFIXES = (
    ".png", ".tif", ".tiff", ".webp", ".avif", ".tga", ".bmp", ".heic", ".heif", ".jpg", ".jpeg", ".gif",
)  # fmt: skip
FILM_SUFFIXES = (".mp4", ".mov", ".webm", ".m4v", ".mkv", ".avi")
ANIMATION_SUFFIXES = (".gif", ".webp", ".apng")  # which may hold one picture, or a film
ARCHIVES = (".zip", ".7z", ".rar", ".tar", ".gz", ".tgz")
FILM_KINDS = "MP4, MOV, WebM, MKV, AVI, animated GIF and WebP"

_DIGITS = re.compile(r"(\d+)")
# A day, and at the name's end hours, minutes and seconds.
_TIME = re.compile(r"(19|20)\d\d[-_. ]?[01]\d[-_. ]?[0-3]\d(\D.*)?[0-2]\d[-_.: ]?[0-5]\d[-_.: ]?[0-5]\d\D*$")
_WORD = re.compile(r"[^\W\d_]+")
_LAST_LETTERS = re.compile(r"(?<![^\W_])[a-z]+$")
_SIGNS = {"-": "-", "−": "-", "–": "-", "+": ""}
_SIGN_WORDS = {"neg": "-", "minus": "-", "pos": "", "plus": ""}
_SIGN_LETTERS = {"m": "-", "n": "-", "p": ""}  # of angles alone: m90, but not the m001 beside p001
_BEFORE_A_SIGN = "_=(, "
_QUARTER, _HALF = 90, 180  # degrees: the largest of signed angles lies between them
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


def words_of(text: str) -> set[str]:
    """The words in a name, in small letters; digits and signs divide them."""
    return set(_WORD.findall(composed(text).casefold()))


def stem_of(name: str) -> str:
    """A file's name without its last suffix, composed."""
    return PurePath(composed(name)).stem


def is_timed(name: str) -> bool:
    """Whether a name ends with a day's date and time, as cameras and screenshots have it."""
    return bool(_TIME.search(stem_of(name)))


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

    What looks like a sign is one if other names have none there, or the other one, or if it can be no dash.  Returns
    the groups that have signs then.
    """
    found = {
        texts: [_sign_before([numbers[place] for numbers, _ in members], head) for place, head in enumerate(texts[:-1])]
        for texts, members in groups.items()
    }
    marks: defaultdict[tuple[tuple[str, ...], int], set[str]] = defaultdict(set)
    for texts, signs in found.items():
        for place, one in enumerate(signs):
            marks[(*(sign.stem for sign in signs), texts[-1]), place].add(one.mark)
    signed = set()
    for texts, signs in found.items():
        bare = (*(sign.stem for sign in signs), texts[-1])
        true = [len(marks[bare, place]) > 1 or sign.is_no_dash for place, sign in enumerate(signs)]
        base = (*(sign.stem if is_true else sign.head for sign, is_true in zip(signs, true, strict=True)), texts[-1])
        if base == texts:
            signed |= {texts} if any(true) else set()
            continue
        for numbers, name in groups.pop(texts):
            own = [sign.minus + n if is_true else n for sign, is_true, n in zip(signs, true, numbers, strict=True)]
            groups.setdefault(base, []).append((own, name))
        signed.add(base)
    return signed


@dataclass(frozen=True)
class _Sign:
    """What may be a sign at the end of the text before a number."""

    head: str
    mark: str = ""
    minus: str = ""  # "-", or nothing
    is_no_dash: bool = False  # whether it is a sign for sure

    @property
    def stem(self) -> str:
        return self.head[: len(self.head) - len(self.mark)]


def _sign_before(numbers: Sequence[str], head: str) -> _Sign:
    padded = any(len(number) > 1 and number[0] == "0" for number in numbers)
    if head[-1:] in _SIGNS:
        return _Sign(head, head[-1], _SIGNS[head[-1]], not padded and (not head[:-1] or head[-2] in _BEFORE_A_SIGN))
    letters = _LAST_LETTERS.search(head)
    angles = not padded and _QUARTER <= max(map(int, numbers)) <= _HALF
    words = {**_SIGN_WORDS, **(_SIGN_LETTERS if angles else {})}
    if not letters or letters[0] not in words:
        return _Sign(head)
    return _Sign(head, letters[0], words[letters[0]])


def _split(texts: tuple[str, ...], members: list[tuple[list[str], str]], is_signed: bool) -> list[Series]:
    """The series of names that have the same text between their numbers."""
    texts, rows = _with_decimals(texts, [numbers for numbers, _ in members])
    names = [name for _, name in members]
    values = [tuple(float(number) for number in row) for row in rows]
    varying = [place for place in range(len(texts) - 1) if len({row[place] for row in values}) > 1]
    if not varying:
        return [_series(texts, len(texts) - 2, (len(texts) - 2,), list(zip(values, names, strict=True)), is_signed)]
    own = _own_number(texts, varying, values)
    if len(varying) > 1 and all(map(is_timed, names)):
        return [_series(texts, own, tuple(varying), list(zip(values, names, strict=True)), is_signed)]
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


def _own_number(texts: tuple[str, ...], varying: list[int], values: Sequence[tuple[float, ...]]) -> int:
    """Which of the numbers that vary is the frame's: that with most values, and of several the last.

    But one that counts, as 000_8731.png does, goes before one in another order, unless that is called an angle.
    """
    most = max(len({row[place] for row in values}) for place in varying)
    able = [place for place in varying if len({row[place] for row in values}) == most]
    own = next((place for place in reversed(able) if _says_angle(texts[place])), able[-1])
    if _says_angle(texts[own]) or _counts([row[own] for row in values]):
        return own
    return next((place for place in able if _counts([row[place] for row in values])), own)


def _says_angle(head: str) -> bool:
    """Whether the last word before a number names an angle about the object."""
    words = _WORD.findall(head)
    return bool(words) and words[-1] in ANGLE_WORDS


def _counts(numbers: Sequence[float]) -> bool:
    """Whether numbers go up by ones."""
    return len(set(numbers)) == max(numbers) - min(numbers) + 1


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
