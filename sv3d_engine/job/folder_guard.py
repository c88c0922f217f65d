"""What a job looks at before it writes into its folder: whether links lead out of it, and whether it is still there."""

import os
from collections.abc import Iterable, Iterator
from pathlib import Path

from ..ground.files import PARTIAL
from ..shared.errors import UserError
from ..shared.job_files import LOCK, REQUEST, SCRATCH

ANOTHER_FOLDER = "choose another results folder in the SV3D preferences (on the command line: another --out)"
_JUNCTION = 0xA0000003  # Windows: IO_REPARSE_TAG_MOUNT_POINT; a folder that leads elsewhere and is no symbolic link


def check_links(folder: Path, names: Iterable[str]) -> None:
    """Raise UserError if one of these ``names``, or what lies below, is a link: a job would write to where it leads.

    A job folder may come from somebody else.
    """
    ours = [*names, REQUEST]
    for name in (*ours, *(name + PARTIAL for name in ours), SCRATCH, LOCK):
        if link := next(filter(_is_link, _all_below(folder / name)), None):
            raise UserError(
                f"{link} is a link to another place, where the job would write.",
                f"Remove the link, or {ANOTHER_FOLDER}.",
            )


def identity(folder: Path) -> tuple[int, int] | None:
    """What tells a folder from another that took its place; None where there is none."""
    try:
        status = folder.stat()
    except OSError:
        return None
    return status.st_dev, status.st_ino


def _all_below(path: Path) -> Iterator[Path]:
    yield path
    for folder, folders, files in os.walk(path):
        yield from (Path(folder, name) for name in (*folders, *files))


def _is_link(path: Path) -> bool:
    try:
        status = path.lstat()
    except OSError:
        return False
    return path.is_symlink() or getattr(status, "st_reparse_tag", 0) == _JUNCTION
