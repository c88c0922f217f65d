"""Cameras of other tools, beside the pictures or named: which file or folder they are, and which pictures they mean."""

import json
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from ..shared.errors import UserError
from ..shared.frame_choice import named_frames
from ..shared.frame_folder import listed
from ..shared.frame_names import PICTURE_SUFFIXES, composed
from .colmap_files import is_model, read_model
from .orbit_files import MIN_FRAMES
from .photographs import Photographs
from .transforms_file import is_transforms, read_transforms

_TRANSFORMS = ("transforms.json", "transforms_train.json")
_MODELS = (".", "sparse/0", "sparse", "colmap/sparse/0", "colmap/sparse", "dense/sparse", "dense/0/sparse", "0")
_SNIFFED = 64 << 20  # bytes


def beside(folder: Path) -> Path | None:
    """The cameras that another tool has left in a folder of pictures (not a film), or next to it for most of these."""
    if not folder.is_dir():
        return None
    if own := next(_candidates(folder), None):
        return own
    for path in _candidates(folder.parent):
        with suppress(UserError):
            if sum(name is not None for name in located(read_other_tool(path), folder)) >= MIN_FRAMES:
                return path
    return None


def _candidates(folder: Path) -> Iterator[Path]:
    yield from (path for name in _TRANSFORMS if (path := folder / name).is_file() and is_other_tool(path))
    yield from (path for name in _MODELS if is_model(path := folder / name))


def is_other_tool(path: Path) -> bool:
    """Whether a file or folder holds another tool's cameras, and is no cameras.json."""
    if path.is_dir() or path.suffix.lower() in (".bin", ".txt"):
        return True
    with suppress(OSError, ValueError, RecursionError):
        return path.stat().st_size <= _SNIFFED and is_transforms(json.loads(path.read_text(encoding="utf-8-sig")))
    return False


def read_other_tool(path: Path) -> Photographs:
    """A transforms.json, or a COLMAP model told by its folder or by one of its files.  Raises UserError."""
    if path.is_file() and path.suffix.lower() not in (".bin", ".txt"):
        return read_transforms(path)
    return read_model(model_folder(path))


def model_folder(path: Path) -> Path:
    """Where a COLMAP model lies in a folder, or beside one of its files.  Raises UserError where there is none."""
    folder = path if path.is_dir() else path.parent
    if found := next((inner for name in _MODELS if is_model(inner := folder / name)), None):
        return found
    raise UserError(
        f"{path} holds no cameras that can be read.",
        "Choose a cameras.json, a transforms.json, or the folder of a COLMAP model (cameras and images, .bin or .txt).",
    )


def files_of(path: Path) -> tuple[Path, ...]:
    """The files that cameras are read from."""
    if path.is_file() and path.suffix.lower() not in (".bin", ".txt"):
        return (path,)
    folder = model_folder(path)
    kind = "bin" if (folder / "images.bin").is_file() and (folder / "cameras.bin").is_file() else "txt"
    return folder / f"cameras.{kind}", folder / f"images.{kind}"


def used_files(photographs: Photographs, folder: Path) -> list[Path]:
    """The pictures in ``folder``, and the masks that lie with them or that the tool names."""
    masks = [located_file(view.mask, folder) for view in photographs.views if view.mask]
    files = [file for file in located(photographs, folder) if file is not None]
    beside_them: list[Path] = []
    for parent in sorted({file.rpartition("/")[0] for file in files}):
        plain = [file.rpartition("/")[2] for file in files if file.rpartition("/")[0] == parent]
        found = named_frames(plain, *listed(folder / parent)).masks
        beside_them += [folder / parent / mask for mask in found if mask]
    return [*(folder / file for file in (*files, *masks) if file), *beside_them]


def located(photographs: Photographs, folder: Path) -> list[str | None]:
    """Each picture's path from ``folder``, with forward slashes; None for one that is not in it."""
    return [located_file(view.file, folder) for view in photographs.views]


def located_file(named: str, folder: Path) -> str | None:
    """Where in ``folder`` the file lies that a tool calls ``named``, perhaps without its ending, from another folder.

    Leading folders are given up one by one, and nothing outside ``folder`` is ever looked at.
    """
    parts = [part for part in named.replace("\\", "/").split("/") if part not in ("", ".")]  # never a root
    while outside := [i for i, part in enumerate(parts) if part == ".." or ":" in part or "\0" in part]:
        parts = parts[outside[-1] + 1 :]
    for first in range(len(parts)):
        *folders, name = parts[first:]
        if found := _named(folder.joinpath(*folders), name):
            return "/".join((*folders, found))
    return None


def _named(folder: Path, name: str) -> str | None:
    """A picture's name as it is on disk; Unicode may be composed otherwise there, and the ending may be missing."""
    wanted = [name, *(name + suffix for suffix in PICTURE_SUFFIXES), *(name + s.upper() for s in PICTURE_SUFFIXES)]
    with suppress(OSError):
        if found := next((one for one in wanted if (folder / one).is_file()), None):
            return found
        if not name.isascii():
            there = {composed(entry.name): entry.name for entry in folder.iterdir()}
            return next((there[composed(one)] for one in wanted if composed(one) in there), None)
    return None
