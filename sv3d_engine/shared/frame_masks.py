"""Masks that lie beside an orbit's frames, found by their names.  Standard library only."""

import re
from collections.abc import Collection, Mapping, Sequence
from pathlib import PurePath

from .frame_names import PICTURE_SUFFIXES, composed, series_among, stem_of, words_of

MASK_WORDS = frozenset({
    "mask", "masks", "msk", "matte", "mattes", "alpha", "alphas", "silhouette", "silhouettes", "seg", "segm",
    "segmentation", "segmentations",
})  # fmt: skip
_WORD = re.compile(r"[^\W\d_]+")
_MASK_END = re.compile(r"masks?$")
_BETWEEN = re.compile(r"[\W_]+")


def names_a_mask(text: str) -> bool:
    """Whether there is a word for masks in a name: mask, alpha, segmask."""
    return any(word in MASK_WORDS or _MASK_END.search(word) for word in words_of(text))


def is_mask_folder(name: str) -> bool:
    """Whether a folder is called after masks."""
    return names_a_mask(name)


def looks_like_a_mask(name: str, beside: Collection[str]) -> bool:
    """Whether a file is called a mask; also 000.jpg.png beside 000.jpg, as COLMAP has them."""
    stem = stem_of(name)
    return names_a_mask(stem) or (
        PurePath(stem).suffix.lower() in PICTURE_SUFFIXES and any(composed(other) == stem for other in beside)
    )


def matched_masks(files: Sequence[str], masks: Mapping[str, Sequence[str]]) -> tuple[str | None, ...]:
    """For each frame its mask among those of each folder, by name or else by number; the first folder that has any."""
    for folder, names in masks.items():
        found = _by_name(files, names)
        if not any(found):
            found = _by_number(files, names)
        if any(found):
            return tuple(f"{folder}/{name}" if folder and name else name for name in found)
    return (None,) * len(files)


def _by_name(files: Sequence[str], names: Sequence[str]) -> list[str | None]:
    by_key = {_key(name): name for name in reversed(names)}
    return [by_key.get(_key(file)) for file in files]


def _by_number(files: Sequence[str], names: Sequence[str]) -> list[str | None]:
    frames = next((s for s in series_among(files) if len(s.files) == len(files)), None)
    series = max(series_among(names), key=lambda s: s.count, default=None)
    if frames is None or series is None:
        return [None] * len(files)
    by_number = {file.number: file.name for file in reversed(series.files)}
    number = {file.name: file.number for file in frames.files}
    if series.count == frames.count and set(by_number) != set(number.values()):  # counted from another number on
        by_number = dict(zip(sorted(set(number.values())), (by_number[key] for key in sorted(by_number)), strict=True))
    return [by_number.get(number[file]) for file in files]


def _key(name: str) -> str:
    """What a frame and its mask have in common."""
    stem = stem_of(name)
    if PurePath(stem).suffix.lower() in PICTURE_SUFFIXES:
        stem = PurePath(stem).stem
    stem = _WORD.sub(lambda word: "" if word[0] in MASK_WORDS else _MASK_END.sub("", word[0]), stem.casefold())
    return _BETWEEN.sub("_", stem).strip("_")
