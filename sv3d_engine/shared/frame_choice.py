"""Which pictures of a folder are an orbit's frames, in which order and where in the turn: one rule, always said.

The largest numbered series is the orbit, or all pictures where there is none of eight.  What else lies there is named.
Standard library only: the add-on says the same before the engine runs.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePath

from .frame_masks import looks_like_a_mask, matched_masks
from .frame_names import (
    PICTURE_SUFFIXES,
    Numbered,
    Series,
    composed,
    is_picture,
    natural_key,
    series_among,
    stem_of,
    words_of,
)
from .frame_places import Places, evenly, places_of

FEWEST_FRAMES = 8
_NAMED = 4  # things that a sentence names before it counts the rest
# What renderers write beside a picture: never the frames where there are others.
_PASSES = frozenset({
    "depth", "normal", "normals", "albedo", "diffuse", "specular", "roughness", "metallic", "ao", "uv", "position",
    "flow", "thumb", "thumbnail", "thumbs", "preview", "contact", "sheet",
})  # fmt: skip


@dataclass(frozen=True)
class Choice:
    """The frames of an orbit, all lists in its order."""

    files: tuple[str, ...]  # as they are named on disk
    masks: tuple[str | None, ...]  # each one's mask, relative to the folder, where it has one
    azimuths: tuple[float, ...]  # degrees
    summary: str  # a sentence
    notes: tuple[str, ...]  # what is out of the common: sentences


def choose_frames(names: Iterable[str], mask_folders: Mapping[str, Sequence[str]] | None = None) -> Choice:
    """The frames among a folder's file ``names``.

    ``mask_folders`` holds the files of folders that are called after masks, by their path from this one.  There may
    be too few files for an orbit, or none: whoever uses them says so.
    """
    pictures = sorted(filter(is_picture, names), key=natural_key)
    plain = [name for name in pictures if not looks_like_a_mask(name, pictures)]
    marked = [name for name in pictures if looks_like_a_mask(name, pictures)]
    files, twins, places, left = _frames(plain)
    masks = matched_masks(files, {"": marked, **(mask_folders or {})})
    if marked and not any(masks):  # a word in the name of the thing itself
        files, twins, places, left = _frames(pictures)
        masks, marked = matched_masks(files, mask_folders or {}), []
    used = {mask for mask in masks if mask}
    left += [name for name in marked if name not in used]
    notes = [*twins, *_said_of_masks(masks), *places.notes, *_said_of_the_rest(left)]
    return Choice(tuple(files), masks, places.azimuths, _summary(files), tuple(notes))


def named_frames(files: Sequence[str], names: Iterable[str], mask_folders: Mapping[str, Sequence[str]]) -> Choice:
    """The frames that a cameras file names, as they are called on disk, with their masks; "" for what is not there."""
    names = list(names)
    there = {composed(name): name for name in names} | {name: name for name in names}
    found = [there.get(file) or there.get(composed(file)) or _nearly(file, names) for file in files]
    marked = [name for name in names if is_picture(name) and looks_like_a_mask(name, names) and name not in found]
    masks = matched_masks(found, {"": marked, **mask_folders})
    return Choice(tuple(found), masks, evenly(len(found)).azimuths, _summary(found), _said_of_masks(masks))


def _nearly(file: str, names: Sequence[str]) -> str:
    """The one picture that is called ``file`` but for small and large letters and its ending; "" for none."""
    pictures = [name for name in names if is_picture(name)]
    for key in (composed(file), stem_of(file)) if is_picture(file) else (composed(file),):
        same = [n for n in pictures if key.casefold() in (composed(n).casefold(), stem_of(n).casefold())]
        if len(same) == 1:
            return same[0]
    return ""


def _frames(names: Sequence[str]) -> tuple[list[str], list[str], Places, list[str]]:
    """The frames, what is said of twins, where they are in the turn, and the other names."""
    series = sorted(series_among(names), key=_rank)
    if series and series[0].count >= FEWEST_FRAMES:
        files, twins, doubles = _without_twins(series[0])
        places = places_of(series[0], sorted({file.number for file in series[0].files}))
    else:
        files, twins, doubles, places = list(names), [], [], evenly(len(names))
        if len(files) >= FEWEST_FRAMES:
            note = (
                "The frames' names are no numbered series: they are taken in the order of their names, evenly spread."
            )
            places = Places(places.azimuths, (note,))
    used = {*files, *doubles}
    return files, twins, places, [name for name in names if name not in used]


def _rank(series: Series) -> tuple[bool, int, bool, int, str]:
    words = words_of(series.pattern)
    return bool(_PASSES & words), -series.count, "rgba" not in words, len(series.pattern), series.pattern


def _without_twins(series: Series) -> tuple[list[str], list[str], list[str]]:
    """One file a number, what is said of it, and the others: of the kind that has most, and else the best kind."""
    numbers: defaultdict[tuple[float, ...], list[Numbered]] = defaultdict(list)
    kinds = Counter(_kind(file.name) for file in series.files)
    for file in series.files:
        numbers[file.number].append(file)
    chosen: list[str] = []
    doubles: list[str] = []
    better: set[str] = set()
    worse: set[str] = set()
    for files in numbers.values():
        first, *rest = sorted(files, key=lambda file: (-kinds[_kind(file.name)], _preference(file.name)))
        chosen.append(first.name)
        doubles += [file.name for file in rest]
        if rest:
            better.add(_kind(first.name))
            worse.update(_kind(file.name) for file in rest)
    if not doubles:
        return chosen, [], []
    count = sum(len(files) > 1 for files in numbers.values())
    use, leave = (", ".join(sorted(kinds)) for kinds in (better, worse))
    what = f"the {use} is used, not the {leave}" if better != worse else f"of {use} the first by name is used"
    return chosen, [f"{_counted(count, 'frame')} {_are(count)} there more than once: {what}."], doubles


def _kind(name: str) -> str:
    return PurePath(name).suffix.lower().removeprefix(".")


def _preference(name: str) -> tuple[int, int, str]:
    return PICTURE_SUFFIXES.index(PurePath(name).suffix.lower()), len(name), name


def _summary(files: Sequence[str]) -> str:
    if not files:
        return "No frames."
    if len(files) == 1:
        return f"1 frame: {composed(files[0])}."
    return f"{len(files)} frames: {composed(files[0])} to {composed(files[-1])}."


def _said_of_masks(masks: Sequence[str | None]) -> tuple[str, ...]:
    used = [mask for mask in masks if mask]
    if not used:
        return ()
    whose = "their outlines" if len(used) == len(masks) else f"the outlines of {len(used)} of {len(masks)} frames"
    return (f"The masks beside the frames ({used[0]} …) are used as {whose}.",)


def _said_of_the_rest(names: Sequence[str]) -> list[str]:
    """What is left out, by series."""
    if not names:
        return []
    series = [s for s in series_among(names) if len(s.files) > 1]
    gathered = {file.name for s in series for file in s.files}
    things = [f"{s.pattern} ({len(s.files)} pictures)" for s in sorted(series, key=lambda s: -len(s.files))]
    things += [composed(name) for name in names if name not in gathered]
    more = f" and {len(things) - _NAMED} more" if len(things) > _NAMED else ""
    return [f"Left out beside the frames: {', '.join(things[:_NAMED])}{more}."]


def _counted(count: int, what: str) -> str:
    return f"{count} {what}" if count == 1 else f"{count} {what}s"


def _are(count: int) -> str:
    return "is" if count == 1 else "are"
