"""Run a job's stages in order, keeping each one's output and telling how far it is."""

import time
from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path

from ..ground import memory
from ..ground.files import write_json
from ..ground.kernel_cache import explain_cache
from ..ground.progress import Cancelled, Progress
from ..shared import protocol
from ..shared.errors import DoubtError
from .clock import Clock
from .fingerprint import fingerprints
from .folder import JobFolder
from .job import Job, Stage
from .report import job_report, plain
from .request import job_from_request, result_of
from .stages import stages_for
from .state_file import StageRecord

Listener = Callable[[protocol.Stage | protocol.Preview], None]
_REPORT_INTERVAL = 0.2  # seconds between two reports of one stage


def run_job(
    request: protocol.Job,
    listen: Listener,
    is_cancelled: Callable[[], bool] = lambda: False,
    stages: Sequence[Stage] | None = None,
    is_finishing: Callable[[], bool] = lambda: False,
) -> protocol.Result | protocol.OrbitResult:
    """Do a job, from where an earlier run of it stopped if ``request.resume``.  ``stages`` None means its kind's own.

    Once ``is_finishing()``, stages leave out what only makes the result better.
    Raises UserError for what a user can put right, DoubtError where it shall stop at doubts, Cancelled soon after
    ``is_cancelled()``, or whatever a stage raises; in each case the folder holds whole stages only.
    """
    began = time.monotonic()

    def poll() -> None:
        if is_cancelled():
            raise Cancelled

    stages = stages_for(request) if stages is None else stages
    job = job_from_request(request)
    folder = JobFolder(job.folder)
    with folder.opened(job.disk_bytes, asdict(request)):
        inputs = fingerprints(job, stages, poll)
        records = folder.finished(inputs) if request.resume else []
        kept = len(records)
        clock = Clock([stage.seconds(job) for stage in stages], time.monotonic())
        for index, stage in enumerate(stages):
            clock.start(index, time.monotonic())
            progress = _StageProgress(job.name, stage, folder, clock, listen, poll, is_finishing)
            if index < kept:
                clock.skip(index)
                progress(1.0, "Kept from the earlier run")
            else:
                with folder.scratch() as scratch:
                    records.append(_run_stage(job, stage, inputs[index], scratch, progress))
                    folder.commit(scratch, asdict(request), records)
                _stop_at_doubts(request, records[-1])
                progress(1.0)
        folder.check_whole(records)
        write_json(job.folder / "report.json", job_report(job, records, time.monotonic() - began))
    return result_of(job, records, time.monotonic() - began)


def _stop_at_doubts(request: protocol.Job, done: StageRecord) -> None:
    """After a stage that has found something doubtful, and is kept: who resumes the job has been told."""
    doubts = done.facts.get("doubts", ())
    if doubts and isinstance(request, protocol.MeshJob) and request.doubts == "stop":
        raise DoubtError(" ".join(doubts), "Press Go On Anyway to make the mesh all the same, or use other frames.")


def _run_stage(job: Job, stage: Stage, fingerprint: str, scratch: Path, progress: "_StageProgress") -> StageRecord:
    """Run one stage; its files are in ``scratch`` then."""
    began = time.monotonic()
    memory.reset_peak()
    progress(0.0)
    try:
        facts = plain(stage.run(job, scratch, progress))
    except Exception as error:
        if told := explain_cache(error):
            raise told from error
        raise
    files = {p.relative_to(scratch).as_posix(): p.stat().st_size for p in scratch.rglob("*") if p.is_file()}
    seconds = time.monotonic() - began
    return StageRecord(stage.name, fingerprint, files, tuple(progress.previews), seconds, memory.peak(), facts)


class _StageProgress(Progress):
    """A stage's calls as protocol messages, not too many; every call is a chance to cancel."""

    def __init__(
        self,
        job: str,
        stage: Stage,
        folder: JobFolder,
        clock: Clock,
        listen: Listener,
        poll: Callable[[], None],
        is_finishing: Callable[[], bool],
    ) -> None:
        self.previews: dict[str, None] = {}  # an ordered set of paths relative to the job folder
        self._job, self._stage, self._folder = job, stage, folder
        self._clock, self._listen, self._poll, self._is_finishing = clock, listen, poll, is_finishing
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

    def doubt(self, sentence: str) -> None:
        self._poll()
        now = time.monotonic()
        share, left = self._clock.job_fraction(1.0), self._clock.seconds_left(1.0, now)
        self._listen(protocol.Stage(self._job, self._stage.name, self._stage.title, 1.0, share, left, "", sentence))

    @property
    def finishing(self) -> bool:
        return self._is_finishing()

    def restarted(self) -> None:
        self._clock.restart(time.monotonic())

    def preview(self, kind: str, path: Path) -> None:
        self._poll()
        try:
            kept, files = self._folder.keep_preview(self._stage.name, path)
        except PermissionError:  # Windows, while somebody looks at the last one; there will be a next
            return
        self.previews.update(dict.fromkeys(files))
        self._listen(protocol.Preview(self._job, kind, str(kept)))
