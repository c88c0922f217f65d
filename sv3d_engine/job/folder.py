"""The job folder: room for it, what finished stages left in it, and nothing half-written, whatever happens.

A stage writes into a scratch folder.  Only when it is done are its files moved to their places and noted in
``work/state.json``; a crash at any moment leaves either the note and the files or a stage that runs again.
"""

import errno
import os
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from ..ground.files import PARTIAL, Damaged, copy_whole, flush, write_json
from ..ground.lock import locked
from ..ground.progress import Cancelled
from ..shared.errors import UserError, explain
from ..shared.job_files import REPORT, REQUEST, SCRATCH, STATE, WORK, inside
from ..shared.system_errors import is_plain
from .folder_guard import ANOTHER_FOLDER, check_links, identity
from .state_file import StageRecord, read_state, write_state

_MINE = (
    *("picture.png", "original.png", "orbit", "contact_sheet.png"),
    *("frames", "normals", "cameras.json", "mesh.glb", "confidence.png"),
    *("light.json", "light.hdr", "turntable", REPORT, WORK),
)


class JobFolder:
    """One job's folder on disk."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._request = path / REQUEST
        self._state = path / STATE
        self._opened: tuple[int, int] | None = None  # which folder this path was when the job began

    @contextmanager
    def opened(self, bytes_needed: int, request: dict[str, Any]) -> Iterator[None]:
        """Make sure of room and rights, keep other jobs out, and at the end leave nothing half-written or empty.

        ``request`` is noted from the start, so that a job whose machine or program ends in it can be taken up again.
        """
        self._check_room(bytes_needed)
        made = [p for p in (self.path, *self.path.parents) if not p.exists()]
        try:
            self._check_rights()
            check_links(self.path, _MINE)
            with locked(self.path):
                self._check_owner()
                if not self._request.exists():
                    write_json(self._request, request)
                with self._watched():
                    yield
        finally:
            for folder in made:
                with suppress(OSError):  # it holds something now
                    folder.rmdir()

    @contextmanager
    def _watched(self) -> Iterator[None]:
        """Tell what befell the folder under a job, and leave in it what a resumed one can go on from."""
        self._opened = identity(self.path)
        try:
            yield
        except Cancelled:
            raise
        except Exception as error:
            if identity(self.path) != self._opened:
                raise UserError(
                    f"The job's folder {self.path} was deleted or moved while the job ran.",
                    "Put it back and resume the job, or generate again.",
                    explain(error).details,
                ) from error
            if isinstance(error, Damaged) and (path := inside(self.path, str(error.path))):
                path.unlink(missing_ok=True)  # so that it is made again
            raise
        finally:
            self._remove_unfinished()
            with suppress(OSError):  # what a stage made of the path of a folder that is gone
                self.path.rmdir()

    def remove_unfinished_after_kill(self, *, resumable: bool) -> None:
        """Do what ``opened`` does at its end, for a run whose process was ended in a stage.

        With ``resumable`` the request stays, even where nothing has been made yet.
        """
        # Without either it had not come so far, and the folder may not be ours.
        if self._request.exists() or self.path.joinpath(SCRATCH).exists():
            with suppress(UserError, OSError):
                check_links(self.path, _MINE)
                with locked(self.path):  # unless the next job is already at work here
                    self._remove_unfinished(resumable=resumable)
            with suppress(OSError):  # it holds something
                self.path.rmdir()

    def finished(self, fingerprints: Sequence[str]) -> list[StageRecord]:
        """Records of the leading stages with these ``fingerprints`` that an earlier run left, if still whole."""
        done: list[StageRecord] = []
        for record, fingerprint in zip(read_state(self._state), fingerprints, strict=False):
            if record.fingerprint != fingerprint or not self._whole(record):
                break
            done.append(record)
        return done

    @contextmanager
    def scratch(self) -> Iterator[Path]:
        """An empty folder for one stage's files, on the same disk as the job."""
        path = self.path / SCRATCH
        shutil.rmtree(path, ignore_errors=True)
        path.mkdir()  # not its parents: a folder that was deleted meanwhile shall be missed
        try:
            yield path
        finally:
            shutil.rmtree(path, ignore_errors=True)

    def keep_preview(self, stage: str, made: Path) -> tuple[Path, list[str]]:
        """Copy a file or folder out of the scratch folder to where it may stay until the job runs again.

        Returns its place, and its files by path relative to the job folder.  Each file is replaced in one step.
        """
        kept = self.path / WORK / "previews" / f"{stage}-{made.name}"
        files = {kept / file.name: file for file in sorted(made.iterdir())} if made.is_dir() else {kept: made}
        for target, file in files.items():
            target.parent.mkdir(parents=True, exist_ok=True)
            copy_whole(file, target)
        return kept, [target.relative_to(self.path).as_posix() for target in files]

    def check_whole(self, records: Sequence[StageRecord]) -> None:
        """Raise UserError if files of finished stages were deleted or changed meanwhile."""
        if lost := [record.name for record in records if not self._whole(record)]:
            raise UserError(
                f"Files of this job were deleted or changed in {self.path} while it ran.",
                "Resume the job: what is missing is made again.",
                f"stages: {', '.join(lost)}",
            )

    def commit(self, scratch: Path, request: dict[str, Any], records: Sequence[StageRecord]) -> None:
        """Move the files of the last of ``records`` into place; what earlier runs left beyond these goes first."""
        if self._opened not in (None, identity(self.path)):
            raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), str(self.path))  # another has its name
        write_json(self._request, request)  # first: from here on the folder is known as a job's
        self.path.joinpath(REPORT).unlink(missing_ok=True)
        for name in _all_files(read_state(self._state)) - _all_files(records):
            if path := inside(self.path, name):
                path.unlink(missing_ok=True)
        self._state.parent.mkdir(exist_ok=True)
        moved = {scratch / name: self.path / name for name in records[-1].files}
        # Without flushing, a power cut can leave the note without what it tells of.
        for made in moved:
            flush(made)
        for made, target in moved.items():
            target.parent.mkdir(parents=True, exist_ok=True)
            made.replace(target)
        outermost = self.path.parent  # has the job folder's own entry
        for changed in {f for target in moved.values() for f in target.parents if f.is_relative_to(outermost)}:
            flush(changed)
        write_state(self._state, records)

    def _remove_unfinished(self, *, resumable: bool = False) -> None:
        shutil.rmtree(self.path / SCRATCH, ignore_errors=True)
        if not self._state.exists():
            shutil.rmtree(self.path / WORK, ignore_errors=True)
        for partial in self.path.joinpath(WORK).rglob("*" + PARTIAL):
            partial.unlink(missing_ok=True)
        if not resumable and not any(self.path.joinpath(name).exists() for name in _MINE):
            self._request.unlink(missing_ok=True)

    def _whole(self, record: StageRecord) -> bool:
        for name, size in record.files.items():
            path = inside(self.path, name)
            try:
                if path is None or not path.is_file() or path.stat().st_size != size:
                    return False
            except OSError:  # a name that no file can have, a disk that is gone
                return False
        return True

    def _check_room(self, bytes_needed: int) -> None:
        existing = next((p for p in (self.path, *self.path.parents) if p.exists()), None)
        if existing is None:  # Windows: no drive of that letter
            raise UserError(f"The disk of {self.path} is not there.", f"Connect it, or {ANOTHER_FOLDER}.")
        try:
            free = shutil.disk_usage(existing).free
        except OSError as error:
            raise cannot_write(self.path, error) from error
        if free < bytes_needed:
            raise UserError(
                f"The disk of {self.path} has {free / 1e9:.1f} GB left; this job needs {bytes_needed / 1e9:.1f} GB.",
                f"Free some space and resume the job, or {ANOTHER_FOLDER} on another disk.",
            )

    def _check_rights(self) -> None:
        try:
            self.path.mkdir(parents=True, exist_ok=True)
            with tempfile.TemporaryFile(dir=self.path):
                pass
        except OSError as error:
            raise cannot_write(self.path, error) from error

    def _check_owner(self) -> None:
        """Refuse to write over files that no earlier job made."""
        if self._state.exists() or self._request.exists():
            return
        if foreign := [name for name in _MINE if self.path.joinpath(name).exists()]:
            raise UserError(
                f"The folder {self.path} already holds {foreign[0]}, which was not made by SV3D.",
                f"Empty it, or {ANOTHER_FOLDER}.",
                f"{self.path}: {', '.join(foreign)}",
            )


def _all_files(records: Sequence[StageRecord]) -> set[str]:
    return {name for record in records for name in (*record.files, *record.previews)}


def in_the_way(path: Path, folder: Path) -> bool:
    """Whether a job in ``folder`` would write over ``path``; both are absolute."""
    return path.is_relative_to(folder) and path.relative_to(folder).parts[:1] in {(name,) for name in _MINE}


def cannot_write(folder: Path, error: OSError) -> UserError:
    """What to tell when a folder cannot be used for output."""
    if error.errno is not None and is_plain(error.errno) and error.errno not in (errno.EACCES, errno.EPERM):
        return explain(error)  # a full disk, a name that is too long
    return UserError(
        f"The folder {folder} cannot be written.",
        f"Give yourself the right to write there, or {ANOTHER_FOLDER}.",
        str(error),
    )
