"""What a folder of frames holds, by names alone: its files, and those of folders of masks in it or beside it."""

import re
from pathlib import Path

from .frame_masks import MASK_WORDS, is_mask_folder
from .frame_names import ANIMATION_SUFFIXES, FILM_SUFFIXES, is_picture, words_of

_PICTURE_WORDS = frozenset({
    "image", "images", "img", "imgs", "rgb", "rgba", "color", "colors", "colour", "colours", "frame", "frames",
    "picture", "pictures", "photo", "photos", "input", "inputs", "render", "renders", "orbit", "view", "views",
})  # fmt: skip


def listed(folder: Path) -> tuple[list[str], dict[str, list[str]]]:
    """A folder's files, and the files of each folder of masks by its path from here.  Raises OSError."""
    names, masks = [], {}
    for entry in folder.iterdir():
        if entry.is_file():
            names.append(entry.name)
        elif is_mask_folder(entry.name) and not entry.name.startswith("."):
            masks[entry.name] = _files(entry)
    masks |= {f"../{sibling.name}": _files(sibling) for sibling in _siblings(folder)}
    return names, masks


def frames_inside(folder: Path) -> tuple[str, int]:
    """The folder inside this one that has most pictures, and how many; none has any where it is 0.  Raises OSError."""
    counts = {
        inner.name: sum(is_picture(name) for name in _files(inner))
        for inner in folder.iterdir()
        if inner.is_dir() and not inner.name.startswith(".") and not is_mask_folder(inner.name)
    }
    return max(counts.items(), key=lambda item: item[1], default=("", 0))


def is_film(path: Path) -> bool:
    """Whether a file is a film by its name; a GIF or WebP counts, as it may be one."""
    return path.suffix.lower() in (*FILM_SUFFIXES, *ANIMATION_SUFFIXES)


def _siblings(folder: Path) -> list[Path]:
    """Folders of masks beside this one that are called as it is otherwise: images and masks, cup and cup alpha."""
    own = _parts(folder.name) - _PICTURE_WORDS
    try:
        found = [other for other in folder.parent.iterdir() if is_mask_folder(other.name) and other.is_dir()]
    except OSError:
        return []
    return [other for other in found if other != folder and _parts(other.name) - MASK_WORDS - _PICTURE_WORDS == own]


def _parts(name: str) -> set[str]:
    """The words and numbers in a folder's name."""
    return words_of(name) | set(re.findall(r"\d+", name))


def _files(folder: Path) -> list[str]:
    try:
        return [entry.name for entry in folder.iterdir() if entry.is_file()]
    except OSError:
        return []
