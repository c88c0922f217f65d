"""What the tab knows of a job: one immutable state, and how each word from the engine changes it."""

from dataclasses import dataclass, replace
from enum import Enum
from pathlib import Path

from ...sv3d_engine.shared import protocol
from .process import Ended, Event

CANCEL_GRACE = 1.5  # seconds the engine has to stop by itself; it promises two, the user is promised two in all


class Phase(Enum):
    """Where a job is.  Only DONE has a result, only FAILED a failure."""

    STARTING = "Starting the engine"
    RUNNING = "Working"
    CANCELLING = "Stopping"
    DONE = "Done"
    CANCELLED = "Cancelled"
    FAILED = "Failed"


_SHAPING = protocol.STAGE_NAMES[protocol.STAGE_NAMES.index("field") :]


@dataclass(frozen=True)
class Failure:
    """What an error card shows: two sentences, and the rest for a report."""

    cause: str
    remedy: str
    details: str = ""
    is_doubt: bool = False  # nothing has failed: the job waits for the artist's word


@dataclass(frozen=True)
class Preview:
    """What there is to see of a job: a picture, or a folder with the frames of an orbit."""

    path: Path
    is_orbit: bool = False
    edition: int = 1  # how many previews there were: the same path may show something new


@dataclass(frozen=True)
class Job:
    """A request and all that is known of its way so far."""

    request: protocol.Job
    title: str  # what the artist calls it
    phase: Phase = Phase.STARTING
    began: bool = False  # the engine is up
    stage: str = ""  # title for the artist
    note: str = ""
    doubts: tuple[str, ...] = ()  # why the result may be wrong
    fraction: float = 0.0  # of the whole job
    seconds_left: float | None = None
    preview: Preview | None = None  # the latest
    coarse: Path | None = None  # a GLB of the shape as far as it is known
    has_shape: bool = False  # one is being worked at, so that the job can end soon with what there is
    finishing: bool = False  # the artist has asked for what there is
    result: protocol.Result | protocol.OrbitResult | None = None
    failure: Failure | None = None

    @property
    def active(self) -> bool:
        """True while the engine owes an end."""
        return self.phase in (Phase.STARTING, Phase.RUNNING, Phase.CANCELLING)


def advance(job: Job, event: Event) -> Job:  # noqa: PLR0911  (one for each word of the engine)
    """The job after ``event``; what concerns another job, or comes after the end, changes nothing."""
    if not job.active or getattr(event, "job", job.request.job) not in (job.request.job, None):
        return job
    match event:
        case protocol.Hello() if event.protocol != protocol.VERSION:
            return _fail(job, other_version(event))
        case protocol.Hello() if job.phase is Phase.STARTING:
            return replace(job, phase=Phase.RUNNING, began=True)
        case protocol.Stage():
            phase = Phase.CANCELLING if job.phase is Phase.CANCELLING else Phase.RUNNING
            # The bar never runs backwards, whatever the estimates do.
            fraction = max(job.fraction, event.job_fraction)
            return replace(
                job,
                phase=phase,
                began=True,
                has_shape=job.has_shape or event.stage in _SHAPING,
                stage=event.title,
                note=event.note,
                doubts=(*job.doubts, event.doubt) if event.doubt else job.doubts,
                fraction=fraction,
                seconds_left=event.seconds_left,
            )
        case protocol.Preview(kind="mesh"):
            return replace(job, coarse=Path(event.path))
        case protocol.Preview():
            edition = job.preview.edition + 1 if job.preview else 1
            return replace(job, preview=Preview(Path(event.path), event.kind == "orbit", edition))
        case protocol.Result() | protocol.OrbitResult():
            return replace(job, phase=Phase.DONE, fraction=1.0, seconds_left=0.0, result=event)
        case protocol.Cancelled():
            return replace(job, phase=Phase.CANCELLED, seconds_left=None)
        case protocol.Error():
            return _fail(job, Failure(event.cause, event.remedy, event.details, event.is_doubt))
        case Ended():
            if job.phase is Phase.CANCELLING:
                return replace(job, phase=Phase.CANCELLED, seconds_left=None)
            return _fail(job, engine_gone(event))
    return job


def cancelling(job: Job) -> Job:
    """The job after the user's Cancel."""
    return replace(job, phase=Phase.CANCELLING, seconds_left=None) if job.active else job


def finishing(job: Job) -> Job:
    """The job after the user's Stop Here."""
    return replace(job, finishing=True) if job.phase is Phase.RUNNING else job


def other_version(hello: protocol.Hello) -> Failure:
    """Why an engine that speaks otherwise cannot be used."""
    return Failure(
        "The engine and the add-on are of different versions.",
        "Restart Blender. A Python of your own must have no SV3D of another version installed.",
        f"engine {hello.engine} speaks protocol {hello.protocol}, the add-on {protocol.VERSION}",
    )


def engine_gone(event: Ended, *, at_job: bool = True) -> Failure:
    """Why an engine that should still be there is not; ``at_job`` where there is a job that can be resumed."""
    if event.exit_status is None:
        return Failure(
            "The engine could not be started.",
            "Press Repair in the SV3D preferences; if you use a Python of your own, choose another there.",
            event.log_tail,
        )
    if "No module named" in event.log_tail:
        return Failure(
            "The engine's Python lacks a package that it needs.",
            "Press Repair in the SV3D preferences; if you use a Python of your own, choose one that has all packages.",
            event.log_tail,
        )
    if "nknown option" in event.log_tail:  # -P came with 3.11
        return Failure(
            "The chosen Python is too old for the engine.",
            "Choose Python 3.11 or newer in the SV3D preferences and press Check Engine.",
            event.log_tail,
        )
    # Linux ends what takes the last of the memory with signal 9.
    memory = event.exit_status in (-9, 137)
    again = "Press Resume to go on; finished stages are kept." if at_job else "Press Check Engine again."
    return Failure(
        "The engine was ended from outside, perhaps because memory ran out."
        if memory
        else "The engine ended unexpectedly.",
        f"Close other programs, then: {again}" + (" Or choose less quality and press Generate." if at_job else "")
        if memory
        else f"{again} If it happens again, {'send the copied report' if at_job else 'press Repair'}.",
        f"exit status {event.exit_status}\n{event.log_tail}",
    )


def _fail(job: Job, failure: Failure) -> Job:
    return replace(job, phase=Phase.FAILED, seconds_left=None, failure=failure)
