"""Which files of a folder are the orbit, and in which order."""

import re
from collections import defaultdict
from pathlib import Path

from ..errors import UserError
from ..orbit.file import check_count

PICTURE_SUFFIXES = frozenset({".png", ".jpg", ".jpeg", ".webp", ".tif", ".tiff", ".bmp", ".gif", ".tga"})


def orbit_files(folder: Path) -> list[Path]:
    """The orbit's pictures in natural order (2 before 10).  Raises UserError.

    If the folder holds other pictures beside one numbered sequence (the input picture, a contact sheet), the sequence
    alone is meant.
    """
    pictures = [p for p in list_folder(folder) if p.suffix.lower() in PICTURE_SUFFIXES and not p.name.startswith(".")]
    sequences: defaultdict[tuple[str, str], list[Path]] = defaultdict(list)
    for picture in pictures:
        if match := re.fullmatch(r"(.*?)\d+", picture.stem):
            sequences[match[1], picture.suffix.lower()].append(picture)
    longest = max(sequences.values(), key=len, default=[])
    chosen = longest if 2 * len(longest) > len(pictures) else pictures
    check_count(len(chosen), f"The folder {folder} holds")
    return sorted(chosen, key=natural_key)


def natural_key(path: Path) -> list[tuple[bool, int, str]]:
    """Sort key under which frame2 comes before frame10."""
    parts = re.split(r"(\d+)", path.name)
    return [(part.isdecimal(), int(part) if part.isdecimal() else 0, part.casefold()) for part in parts]


def list_folder(folder: Path) -> list[Path]:
    """The files of a folder.  Raises UserError if there is no such folder or it may not be read."""
    try:
        return [p for p in folder.iterdir() if p.is_file()]
    except (FileNotFoundError, NotADirectoryError):
        raise UserError(f"There is no folder {folder}.", "Choose the folder that holds the orbit's frames.") from None
    except OSError as error:
        raise UserError(f"The folder {folder} cannot be read.", "Check that you may open it.", str(error)) from error
