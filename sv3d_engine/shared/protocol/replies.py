"""Replies, from the engine to the add-on: how far a job is, how it ended, and answers to what was asked."""

from dataclasses import dataclass

from .choices import PREVIEW_KINDS, one_of


@dataclass(frozen=True)
class Hello:
    """First line of a new engine; talk on only if ``protocol`` equals this side's VERSION."""

    protocol: int
    engine: str  # version of sv3d_engine
    pid: int
    log: str  # where this engine writes its log


@dataclass(frozen=True)
class Stage:
    """How far a job is; sent several times a second at most, and at each stage's start and end."""

    job: str
    stage: str  # one of STAGE_NAMES
    title: str  # for the artist, e.g. "Finding the shape"
    fraction: float  # of this stage, in [0, 1]
    job_fraction: float  # of the whole job, in [0, 1]
    seconds_left: float | None  # of the whole job; None until it can be told
    note: str = ""  # a few words on what happens right now
    doubt: str = ""  # why the result may be wrong: a sentence that stays, told once


@dataclass(frozen=True)
class Preview:
    """Something whole and worth showing already; its path stays until the job is run again.

    A later preview may replace it in place (an orbit's frames, as they become clearer): read it anew each time.
    """

    job: str
    kind: str  # one of PREVIEW_KINDS
    path: str

    def __post_init__(self) -> None:
        one_of("kind", self.kind, PREVIEW_KINDS)


@dataclass(frozen=True)
class Result:
    """The job is done; all paths are absolute and exist."""

    job: str
    out: str
    mesh: str  # mesh.glb
    frames: str  # folder of the normalised frames
    cameras: str  # cameras.json that belongs to them
    light: str  # light.json
    panorama: str  # light.hdr
    turntable: str  # folder of renders
    report: str  # report.json
    seconds: float
    orbit: str | None = None  # folder of the generated orbit, laid out as OrbitResult says, if a picture was given
    notes: tuple[str, ...] = ()  # what the artist should know: sentences
    card: str = ""  # one line on how clean the mesh is; report.json has the whole card


@dataclass(frozen=True)
class OrbitResult:
    """The orbit is done; all paths are absolute and exist."""

    job: str
    out: str
    picture: str  # picture.png, as the network saw it
    frames: str  # folder of 000.png … 020.png on white; the last is the picture itself
    cameras: str  # cameras.json
    contact_sheet: str  # contact_sheet.png
    report: str  # report.json
    seconds: float
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Error:
    """A job (or, with ``job`` None, a line) that could not be done; an artist can act on cause and remedy."""

    job: str | None
    cause: str
    remedy: str
    details: str = ""  # for a report
    is_doubt: bool = False  # nothing has failed: the job goes on all the same if it is resumed


@dataclass(frozen=True)
class Cancelled:
    """The job has stopped; what its finished stages made is kept in ``out`` and can be resumed."""

    job: str


@dataclass(frozen=True)
class Looked:
    """What a mesh job would start from; angles in degrees, as in cameras.json, one a frame."""

    job: str
    chosen: str  # which frames they are: a sentence
    fov_deg: float
    distance: float  # in the units of the mesh
    elevations: tuple[float, ...]
    azimuths: tuple[float, ...]
    notes: tuple[str, ...] = ()  # what the artist should know: sentences
    doubts: tuple[str, ...] = ()  # why the mesh may come out wrong: sentences
    distances: tuple[float, ...] = ()  # one a frame, where they are not all the common one


@dataclass(frozen=True)
class Check:
    """One line of the doctor's answer."""

    name: str
    finding: str
    ok: bool
    remedy: str = ""  # what to do when not ok


@dataclass(frozen=True)
class DoctorReport:
    """What this machine can do; ``ready`` means that a mesh job can run."""

    ready: bool
    engine: str
    devices: tuple[str, ...]  # of DEVICES, what would work here; "auto" takes the first for an orbit
    checks: tuple[Check, ...]
    card_bytes: int = 0  # memory of NVIDIA's card, where that is known


End = Result | OrbitResult | Error | Cancelled
Reply = Hello | Stage | Preview | End | Looked | DoctorReport
