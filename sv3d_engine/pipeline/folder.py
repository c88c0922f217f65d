"""The job folder: room for it, what finished stages left in it, and nothing half-written, whatever happens.

A stage writes into a scratch folder.  Only when it is done are its files moved to their places and noted in
``work/state.json``; a crash at any moment leaves either the note and the files or a stage that runs again.
"""

import json
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from ..errors import UserError
from .files import inside, write_json

_VERSION = 1
_SCRATCH = ".partial"
_MINE = ("frames", "cameras.json", "mesh.glb", "light.json", "light.hdr", "turntable", "report.json", "work")


@dataclass(frozen=True)
class StageRecord:
    """A finished stage: its files by path relative to the job folder, with sizes, and what it has to tell."""

    name: str
    files: dict[str, int]
    previews: tuple[str, ...]  # also its files, but nothing depends on them
    seconds: float
    peak_memory: int  # bytes
    facts: dict[str, Any]


@dataclass(frozen=True)
class JobState:
    """The finished stages, and the hash of everything they depend on."""

    fingerprint: str
    records: tuple[StageRecord, ...]

    def all_files(self) -> set[str]:
        return {name for record in self.records for name in (*record.files, *record.previews)}


class JobFolder:
    """One job's folder on disk."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._state = path / "work" / "state.json"

    @contextmanager
    def opened(self, bytes_needed: int) -> Iterator[None]:
        """Make sure of room and rights, and tidy up at the end: no scratch files, no folder made for nothing."""
        self._check_room(bytes_needed)
        made = [p for p in (self.path, *self.path.parents) if not p.exists()]
        try:
            self._check_rights()
            self._check_owner()
            yield
        finally:
            shutil.rmtree(self.path / _SCRATCH, ignore_errors=True)
            if not self._state.exists():
                shutil.rmtree(self.path / "work", ignore_errors=True)
            for folder in made:
                with suppress(OSError):  # it holds something now
                    folder.rmdir()

    def finished(self, stages: Sequence[str], fingerprint: str) -> list[StageRecord]:
        """Records of the leading ``stages`` that an earlier run of the same job finished and that are still whole."""
        state = self._read_state()
        done: list[StageRecord] = []
        if state is not None and state.fingerprint == fingerprint:
            for record, name in zip(state.records, stages, strict=False):
                if record.name != name or not self._whole(record):
                    break
                done.append(record)
        return done

    @contextmanager
    def scratch(self) -> Iterator[Path]:
        """An empty folder for one stage's files, on the same disk as the job."""
        path = self.path / _SCRATCH
        shutil.rmtree(path, ignore_errors=True)
        path.mkdir(parents=True)
        try:
            yield path
        finally:
            shutil.rmtree(path, ignore_errors=True)

    def keep_preview(self, stage: str, file: Path) -> Path:
        """Copy a file out of the scratch folder to where it may stay until the job runs again."""
        kept = self.path / "work" / "previews" / f"{stage}-{file.name}"
        kept.parent.mkdir(parents=True, exist_ok=True)
        partial = kept.with_name(kept.name + ".part")
        shutil.copyfile(file, partial)
        partial.replace(kept)
        return kept

    def commit(self, scratch: Path, request: dict[str, Any], state: JobState) -> None:
        """Move the files of ``state``'s last stage into place; what earlier runs left beyond ``state`` goes first."""
        write_json(self.path / "job.json", request)  # first: from here on the folder is known as a job's
        self.path.joinpath("report.json").unlink(missing_ok=True)
        if old := self._read_state():
            for name in old.all_files() - state.all_files():
                if path := inside(self.path, name):
                    path.unlink(missing_ok=True)
        for name in state.records[-1].files:
            target = self.path / name
            target.parent.mkdir(parents=True, exist_ok=True)
            (scratch / name).replace(target)
        self._state.parent.mkdir(exist_ok=True)
        write_json(self._state, {"version": _VERSION, **asdict(state)})

    def _whole(self, record: StageRecord) -> bool:
        for name, size in record.files.items():
            path = inside(self.path, name)
            if path is None or not path.is_file() or path.stat().st_size != size:
                return False
        return True

    def _read_state(self) -> JobState | None:
        """What state.json says; None if it is absent, of another version, or damaged."""
        try:
            data = json.loads(self._state.read_text(encoding="utf-8"))
            if data.pop("version") != _VERSION:
                return None
            records = tuple(StageRecord(**record) for record in data.pop("records"))
            state = JobState(records=records, **data)
            sound = all(isinstance(n, str) and isinstance(s, int) for r in records for n, s in r.files.items())
            return state if sound and all(isinstance(n, str) for r in records for n in r.previews) else None
        except (OSError, ValueError, TypeError, KeyError, AttributeError):
            return None

    def _check_room(self, bytes_needed: int) -> None:
        existing = next(p for p in (self.path, *self.path.parents) if p.exists())
        try:
            free = shutil.disk_usage(existing).free
        except OSError as error:
            raise cannot_write(self.path, error) from error
        if free < bytes_needed:
            raise UserError(
                f"The disk of {self.path} has {free / 1e9:.1f} GB left; this job needs {bytes_needed / 1e9:.1f} GB.",
                "Free some space, or choose an output folder on another disk.",
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
        if self._state.exists() or self.path.joinpath("job.json").exists():
            return
        if foreign := [name for name in _MINE if self.path.joinpath(name).exists()]:
            raise UserError(
                f"The output folder already holds {foreign[0]}, which was not made by SV3D.",
                "Choose an empty or new output folder.",
                f"{self.path}: {', '.join(foreign)}",
            )


def cannot_write(folder: Path, error: OSError) -> UserError:
    """What to tell when a folder cannot be used for output."""
    return UserError(
        f"The output folder {folder} cannot be written.", "Choose a folder that you may write to.", str(error)
    )
