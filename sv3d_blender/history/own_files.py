"""Which files of a job folder SV3D has made: what else lies there is the artist's, and is never removed."""

import os
import re
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from ...sv3d_engine.shared.crop import ORIGINAL
from ...sv3d_engine.shared.job_files import REPORT, REQUEST, SCRATCH, STATE, WORK, json_object
from ..generate.source import SUFFIXES
from ..result.provenance import DELIVERY
from ..results_folder import SOURCE
from .jobs import FAILURE

_SOURCES = "|".join(
    re.escape(suffix) for suffix in (*sorted(SUFFIXES), ".cameras.json", ".origin.json", f".{ORIGINAL}")
)
_OWN = re.compile(
    rf"({re.escape(REQUEST)}|{re.escape(REPORT)}|\.?{re.escape(DELIVERY)}|{re.escape(FAILURE)})(\.part)?|\.lock"
    rf"|{SOURCE}({_SOURCES})"
    r"|(orbit/)?((picture|original)\.png|contact_sheet\.png|cameras\.json)"
    r"|mesh\.glb|confidence\.png|light\.(json|hdr)|coarse\.(png|glb)"
    rf"|((orbit/)?(frames|turntable|preview)|{SOURCE}\.frames)/\d{{3,}}\.png"
    rf"|{re.escape(SCRATCH)}/.*|{WORK}/.*\.(safetensors|json|png|glb|part)"
    r"|(.*/)?(\.DS_Store|Thumbs\.db|desktop\.ini)"  # which the system lays into any folder
)


def foreign_files(folder: Path) -> list[Path]:
    """The files below ``folder`` that SV3D has not made."""
    told = _told(folder)
    return [
        file
        for file in _files(folder)
        if (name := file.relative_to(folder).as_posix()) not in told
        and not _OWN.fullmatch(name)
        and not file.is_symlink()  # to remove it loses nothing
    ]


def remove_own_files(folder: Path, below: str = "") -> None:
    """Remove what SV3D has made in ``folder``, or in one that lies ``below``, and folders that are empty then.

    The notes that make it a job's folder go last.  Raises OSError.
    """
    kept = set(foreign_files(folder))
    notes = [folder / REQUEST, folder / REPORT]
    top = folder / below
    for file in sorted(set(_files(top)) - kept, key=lambda file: file in notes):
        file.unlink()
    for at, _, _ in os.walk(top, topdown=False):
        with suppress(OSError):  # it holds something
            Path(at).rmdir()


def _files(folder: Path) -> Iterator[Path]:
    """Everything that is no folder; a link to one counts as a file."""
    for at, folders, files in os.walk(folder):
        yield from (Path(at, name) for name in files)
        yield from (Path(at, name) for name in folders if Path(at, name).is_symlink())


def _told(folder: Path) -> set[str]:
    """What finished stages have noted that they made."""
    records = json_object(folder, STATE).get("records")
    found: set[str] = set()
    for record in records if isinstance(records, list) else ():
        for names in (record.get("files"), record.get("previews")) if isinstance(record, dict) else ():
            found |= {name for name in names if isinstance(name, str)} if isinstance(names, dict | list) else set()
    return found
