"""Run a job's stages in order, keeping each one's output."""

import time
from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path

from .. import protocol
from ..progress import Cancelled, Progress
from . import memory
from .clock import Clock
from .files import write_json
from .folder import JobFolder, JobState, StageRecord
from .job import Job, fingerprint, job_from_request
from .report import job_report, plain
from .stages import STAGES, Stage

Listener = Callable[[protocol.Stage | protocol.Preview], None]
_REPORT_INTERVAL = 0.2  # seconds between two reports of one stage


def run_job(
    request: protocol.MeshJob,
    listen: Listener,
    is_cancelled: Callable[[], bool] = lambda: False,
    stages: Sequence[Stage] = STAGES,
) -> protocol.Result:
    """Do a job, from where an earlier run of it stopped if ``request.resume``.

    Raises UserError for what a user can put right, Cancelled soon after ``is_cancelled()``, or whatever a stage raises;
    in each case the folder holds whole stages only.
    """
    began = time.monotonic()

    def poll() -> None:
        if is_cancelled():
            raise Cancelled

    job = job_from_request(request)
    folder = JobFolder(job.folder)
    with folder.opened(job.settings.disk_bytes):
        inputs = fingerprint(job, poll)
        finished = folder.finished([stage.name for stage in stages], inputs) if request.resume else []
        state = JobState(inputs, ())
        clock = Clock([stage.seconds[job.settings.preset] for stage in stages], time.monotonic())
        for index, stage in enumerate(stages):
            clock.start(index, time.monotonic())
            progress = _StageProgress(job.name, stage, folder, clock, listen, poll)
            if index < len(finished):
                clock.skip(index)
                state = JobState(inputs, (*state.records, finished[index]))
                progress(1.0, "Kept from the earlier run")
            else:
                state = _run_stage(job, request, stage, folder, state, progress)
        write_json(job.folder / "report.json", job_report(job, state.records, time.monotonic() - began))
    return _result(job, time.monotonic() - began)


def _run_stage(
    job: Job, request: protocol.MeshJob, stage: Stage, folder: JobFolder, state: JobState, progress: "_StageProgress"
) -> JobState:
    """Run one stage and commit its files; returns ``state`` with its record added."""
    began = time.monotonic()
    memory.reset_peak()
    progress(0.0)
    with folder.scratch() as scratch:
        facts = plain(stage.run(job, scratch, progress))
        files = {p.relative_to(scratch).as_posix(): p.stat().st_size for p in scratch.rglob("*") if p.is_file()}
        seconds = time.monotonic() - began
        record = StageRecord(stage.name, files, tuple(progress.previews), seconds, memory.peak(), facts)
        state = JobState(state.fingerprint, (*state.records, record))
        folder.commit(scratch, asdict(request), state)
    progress(1.0)
    return state


def _result(job: Job, seconds: float) -> protocol.Result:
    folder = job.folder
    return protocol.Result(
        job=job.name,
        out=str(folder),
        mesh=str(folder / "mesh.glb"),
        frames=str(folder / "frames"),
        cameras=str(folder / "cameras.json"),
        light=str(folder / "light.json"),
        panorama=str(folder / "light.hdr"),
        turntable=str(folder / "turntable"),
        report=str(folder / "report.json"),
        seconds=round(seconds, 3),
    )


class _StageProgress(Progress):
    """A stage's calls as protocol messages, not too many; every call is a chance to cancel."""

    def __init__(
        self, job: str, stage: Stage, folder: JobFolder, clock: Clock, listen: Listener, poll: Callable[[], None]
    ) -> None:
        self.previews: dict[str, None] = {}  # an ordered set of paths relative to the job folder
        self._job, self._stage, self._folder = job, stage, folder
        self._clock, self._listen, self._poll = clock, listen, poll
        self._told, self._note = -_REPORT_INTERVAL, ""

    def __call__(self, fraction: float, note: str = "") -> None:
        self._poll()
        now = time.monotonic()
        if 0 < fraction < 1 and now - self._told < _REPORT_INTERVAL and note == self._note:
            return  # a new note always goes out: long work may follow it in silence
        self._told, self._note = now, note
        fraction = min(max(float(fraction), 0.0), 1.0)
        left = self._clock.seconds_left(fraction, now)
        share = self._clock.job_fraction(fraction)
        self._listen(protocol.Stage(self._job, self._stage.name, self._stage.title, fraction, share, left, note))

    def preview(self, kind: str, path: Path) -> None:
        self._poll()
        try:
            kept = self._folder.keep_preview(self._stage.name, path)
        except PermissionError:  # Windows, while somebody looks at the last one; there will be a next
            return
        self.previews[kept.relative_to(self._folder.path).as_posix()] = None
        self._listen(protocol.Preview(self._job, kind, str(kept)))
