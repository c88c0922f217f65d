"""The asset catalogs beside a .blend file: ``blender_assets.cats.txt``, which Blender reads and this add-on adds to."""

from collections.abc import Iterable
from pathlib import Path

FILE = "blender_assets.cats.txt"
CATALOG = "6e4c1d5a-37b0-4f0e-9a53-5b0d53563344"  # the same in all libraries, so that they can be merged
NAME = "SV3D"

_HEAD = "# This is an Asset Catalog Definition file for Blender.\n\nVERSION 1\n"


def add_catalog(blend: Path, libraries: Iterable[Path] = ()) -> Path:
    """Let the library that a .blend file lies in have the catalog SV3D; the file that has it now.

    That is the nearest folder above with catalogs of its own, else the one of ``libraries`` that holds the file, else
    the file's own folder.  What the file says already stays as it is.  Raises OSError, or ValueError for a file that is
    no text.
    """
    file = _home(blend.parent, libraries) / FILE
    told = file.read_text(encoding="utf-8") if file.is_file() else _HEAD
    if any(line.startswith(f"{CATALOG}:") for line in told.splitlines()):
        return file
    partial = file.with_suffix(".part")
    partial.write_text(f"{told.rstrip()}\n\n{CATALOG}:{NAME}:{NAME}\n", encoding="utf-8")
    partial.replace(file)
    return file


def _home(folder: Path, libraries: Iterable[Path]) -> Path:
    above = (folder, *folder.parents)
    roots = [library for library in libraries if library in above]
    inside = above[: above.index(roots[0]) + 1] if roots else above
    return next((place for place in inside if (place / FILE).is_file()), roots[0] if roots else folder)
