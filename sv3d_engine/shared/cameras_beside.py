"""Which cameras file belongs to a folder of frames that none was named for."""

import json
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from .frame_choice import choose_frames
from .frame_folder import listed

_NAME = "cameras.json"


def cameras_of_folder(folder: Path) -> Path | None:
    """The same for the frames that are chosen of a folder; None for a film, or what cannot be read."""
    if not folder.is_dir():
        return None
    with suppress(OSError):
        return cameras_beside(folder, choose_frames(*listed(folder)).files)
    return None


def cameras_beside(folder: Path, files: Sequence[str]) -> Path | None:
    """The cameras file among the frames, or one next to their folder that names them."""
    among, beside = folder / _NAME, folder.parent / _NAME
    if among.is_file():
        return among
    return beside if files and _named_in(beside) >= set(files) else None


def _named_in(cameras: Path) -> set[str]:
    """The files a cameras file lists; its reader is the one to complain about a bad one."""
    try:
        frames = json.loads(cameras.read_text(encoding="utf-8-sig"))["frames"]
        return {str(frame["file"]) for frame in frames}
    except (OSError, ValueError, KeyError, TypeError):
        return set()
