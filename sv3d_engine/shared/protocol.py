"""What the Blender add-on and the engine say to each other: one JSON object a line, UTF-8, each way.

The add-on starts ``python -m sv3d_engine serve`` and writes requests to its stdin; the engine writes replies to its
stdout and ends when stdin closes.  The first reply is always ``Hello``.  Every job ends with exactly one of ``Result``
(``OrbitResult`` for an ``OrbitJob``), ``Error`` or ``Cancelled`` that carries the same ``job`` name; jobs sent
meanwhile wait their turn.  A ``Look`` is no job: it is answered beside them.

Only the standard library is used here, because Blender's Python imports this file too.
"""

import json
from dataclasses import MISSING, asdict, dataclass, fields
from types import NoneType, UnionType
from typing import Any, get_args, get_origin, get_type_hints

VERSION = 7

PRESETS = ("draft", "standard", "high")
MATERIALS = ("pbr", "lambert")  # with gloss and metal, or matt all over as in SV3D's paper
LIGHTS = ("auto", "turns", "fixed")  # with the frames, as on a turntable, or with the object; "auto": as frames tell
FEWEST_FACES, MOST_FACES = 500, 200_000
TEXTURE_SIZES = (512, 1024, 2048, 4096, 8192)  # pixels along one side
SDS = ("auto", "on", "off")  # masked SDS at the end of the fine stage; "auto": as the preset and the weights have it
DEVICES = ("auto", "cpu", "cuda", "mps")
DOUBTS = ("tell", "stop")
PREVIEW_KINDS = ("frame", "image", "mesh", "orbit")  # "orbit" is a folder of frames 000.png …, the others are files
STAGE_NAMES = ("picture", "orbit", "frames", "field", "mesh", "material", "asset", "turntable")

VARIANTS = ("auto", "u", "c", "p")  # of SV3D; "auto" is what the weights are
ORBITS = ("auto", "static", "sine", "dynamic", "file")  # "auto": static for SV3D_u, sine for the others
SAMPLERS = ("auto", "euler", "ays", "dpm++2m")  # "auto": what suits the weights
MOST_STEPS = 1000
MOST_GUIDANCE = 20.0
GUIDANCES = ("triangle", "linear", "constant")
MEMORY_MODES = ("auto", "together", "apart", "offload", "blocks")  # from the most memory to the least
PRECISIONS = ("auto", "float32", "float16", "bfloat16")

_HUGE = 1e300


class ProtocolError(ValueError):
    """A line that is not a message; the text says what is wrong with it."""


# ---- requests: add-on → engine ----------------------------------------------------------------------------------


@dataclass(frozen=True)
class MeshJob:
    """Turn a folder of orbit frames into a textured mesh; paths are absolute."""

    job: str  # any text that names this job in the replies
    frames: str
    out: str
    cameras: str | None = None  # cameras.json; None = a static orbit at `elevation`
    elevation: float = 10.0  # degrees, used without a cameras file
    preset: str = "standard"
    device: str = "auto"
    seed: int = 0
    resume: bool = False  # go on from what an earlier run left in `out`
    faces: int | None = None  # at most; None = the preset's own, here and below
    texture: int | None = None  # one of TEXTURE_SIZES
    material: str | None = None  # one of MATERIALS
    cameras_as_given: bool = False  # cameras that the frames agree with better are told, not used
    doubts: str = "tell"  # of DOUBTS: frames that are doubtful end the job once, before minutes are spent
    light: str = "auto"  # one of LIGHTS
    normals: str | None = None  # what tells the frames' normals: a folder of maps, one a frame, or a network (ONNX)
    sds: str = "auto"  # one of SDS
    weights: str | None = None  # that SDS asks; None = SV3D-mini, if SDS is asked for and it is there

    def __post_init__(self) -> None:
        _one_of("preset", self.preset, PRESETS)
        _one_of("material", self.material, (None, *MATERIALS))
        _one_of("device", self.device, DEVICES)
        _one_of("doubts", self.doubts, DOUBTS)
        _one_of("light", self.light, LIGHTS)
        _one_of("sds", self.sds, SDS)


@dataclass(frozen=True)
class OrbitJob:
    """Turn one picture into an orbit of 21 frames with SV3D; paths are absolute."""

    job: str
    picture: str
    out: str
    weights: str | None = None  # safetensors file or diffusers-format folder; None = SV3D-mini, if it is there
    variant: str = "auto"  # what the weights have to be
    orbit: str = "auto"
    cameras: str | None = None  # cameras.json of 21 frames, for orbit "file"
    elevation: float = 10.0  # degrees, of the picture's own view
    amplitude: float = 30.0  # degrees by which a sine orbit rises and falls
    sampler: str = "auto"
    steps: int | None = None  # None = what suits the sampler, or the weights
    guidance: str = "triangle"
    guidance_scale: float | None = None  # the strongest over the frames; None = what suits the weights
    camera_guidance: float | None = None  # likewise, of guidance by the camera; 1 is none
    background_model: bool = True  # cut the object out with the background model where it is there
    download: bool = False  # the user's word that the background model may be fetched
    memory: str = "auto"
    precision: str = "auto"
    device: str = "auto"
    seed: int = 0
    resume: bool = False

    def __post_init__(self) -> None:
        _one_of("variant", self.variant, VARIANTS)
        _one_of("orbit", self.orbit, ORBITS)
        _one_of("sampler", self.sampler, SAMPLERS)
        _one_of("guidance", self.guidance, GUIDANCES)
        _one_of("memory", self.memory, MEMORY_MODES)
        _one_of("precision", self.precision, PRECISIONS)
        _one_of("device", self.device, DEVICES)


@dataclass(frozen=True)
class GenerateJob(OrbitJob):
    """Turn one picture into a textured mesh: an orbit, then a mesh from it."""

    preset: str = "standard"
    faces: int | None = None
    texture: int | None = None
    material: str | None = None
    normals: str | None = None  # a network (ONNX) that tells the frames' normals
    sds: str = "auto"  # one of SDS; it asks the orbit's weights

    def __post_init__(self) -> None:
        super().__post_init__()
        _one_of("preset", self.preset, PRESETS)
        _one_of("material", self.material, (None, *MATERIALS))
        _one_of("sds", self.sds, SDS)


@dataclass(frozen=True)
class Cancel:
    """Stop a running or waiting job; answered with ``Cancelled`` within two seconds."""

    job: str


@dataclass(frozen=True)
class Finish:
    """End a running job soon with what there is: what only makes the mesh better is left out, which a note tells."""

    job: str


@dataclass(frozen=True)
class Look:
    """Ask which frames a mesh job would take and from where it would see them, before it is begun.

    Answered with ``Looked`` or ``Error`` of its name, also while a job runs, within some twenty seconds; not at all if
    another ``Look`` or a ``Cancel`` of that name comes meanwhile.
    """

    of: MeshJob


@dataclass(frozen=True)
class Doctor:
    """Ask what this machine can do; answered with ``DoctorReport``, also while a job runs."""


@dataclass(frozen=True)
class Shutdown:
    """End the engine now; a running job can be resumed later.  Closing stdin does the same."""


# ---- replies: engine → add-on -----------------------------------------------------------------------------------


@dataclass(frozen=True)
class Hello:
    """First line of a new engine; talk on only if ``protocol`` equals this module's VERSION."""

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
        _one_of("kind", self.kind, PREVIEW_KINDS)


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


Job = MeshJob | OrbitJob | GenerateJob
Request = Job | Cancel | Finish | Look | Doctor | Shutdown
End = Result | OrbitResult | Error | Cancelled
Reply = Hello | Stage | Preview | End | Looked | DoctorReport

_NAMES: dict[type, str] = {
    MeshJob: "mesh",
    OrbitJob: "orbit",
    GenerateJob: "generate",
    Cancel: "cancel",
    Finish: "finish",
    Look: "look",
    Doctor: "doctor",
    Shutdown: "shutdown",
    Hello: "hello",
    Stage: "stage",
    Preview: "preview",
    Result: "result",
    OrbitResult: "orbit_result",
    Error: "error",
    Cancelled: "cancelled",
    Looked: "looked",
    DoctorReport: "doctor_report",
}


def encode(message: Request | Reply) -> str:
    """One line without its newline, ASCII only, so that no pipe's encoding can harm it."""
    return json.dumps({"type": _NAMES[type(message)], **asdict(message)}, allow_nan=False)


def decode_request(line: str) -> Request:
    """The request in a line; raises ProtocolError."""
    return _decode(line, get_args(Request))


def decode_reply(line: str) -> Reply:
    """The reply in a line; raises ProtocolError."""
    return _decode(line, get_args(Reply))


def decode_job(fields: Any) -> Job:
    """The job whose fields a job folder's job.json holds; raises ProtocolError."""
    if not isinstance(fields, dict):
        raise ProtocolError(f"A job is a JSON object, not {fields!r:.80}")
    kind: type[Job] = MeshJob if "frames" in fields else GenerateJob if "preset" in fields else OrbitJob
    job: Job = _build(kind, fields, _NAMES[kind])
    return job


# ---- reading ----------------------------------------------------------------------------------------------------


def _decode(line: str, expected: tuple[type, ...]) -> Any:
    try:
        data = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise ProtocolError(f"This line is not JSON ({error}): {line[:80]!r}") from error
    if not isinstance(data, dict):
        raise ProtocolError(f"A message is a JSON object, not {line[:80]!r}")
    kind = data.pop("type", None)
    for message_class in expected:
        if _NAMES[message_class] == kind:
            return _build(message_class, data, kind)
    raise ProtocolError(f"Unknown message type {kind!r}; known here: {', '.join(_NAMES[c] for c in expected)}")


def _build(message_class: type, data: Any, where: str) -> Any:
    """A dataclass from a JSON object, every value checked against its annotation."""
    if not isinstance(data, dict):
        raise ProtocolError(f"{where} must be an object, not {data!r:.80}")
    if unknown := data.keys() - {field.name for field in fields(message_class)}:
        raise ProtocolError(f"{where} has no field {', '.join(sorted(unknown))}")
    if missing := {field.name for field in fields(message_class) if field.default is MISSING} - data.keys():
        raise ProtocolError(f"{where} lacks {', '.join(sorted(missing))}")
    hints = get_type_hints(message_class)
    values = {name: _value(hints[name], value, f"{where}.{name}") for name, value in data.items()}
    try:
        return message_class(**values)
    except ProtocolError as error:
        raise ProtocolError(f"{where}: {error}") from error


def _value(hint: Any, value: Any, where: str) -> Any:
    """`value` as the annotation `hint` wants it; the annotations above use only what is handled here."""
    if isinstance(hint, UnionType):  # X | None
        inner = next(part for part in get_args(hint) if part is not NoneType)
        return None if value is None else _value(inner, value, where)
    if get_origin(hint) is tuple:  # tuple[X, ...]
        if not isinstance(value, list):
            raise ProtocolError(f"{where} must be a list, not {value!r:.80}")
        return tuple(_value(get_args(hint)[0], item, f"{where}[{i}]") for i, item in enumerate(value))
    if hint is float:
        if isinstance(value, bool) or not isinstance(value, int | float) or not -_HUGE < value < _HUGE:  # or NaN
            raise ProtocolError(f"{where} must be a finite number, not {value!r:.80}")
        return float(value)
    if hint in (str, int, bool):
        if type(value) is not hint:  # bool is an int, but not here
            raise ProtocolError(f"{where} must be {hint.__name__}, not {value!r:.80}")
        return value
    return _build(hint, value, where)


def _one_of(name: str, value: str | None, allowed: tuple[str | None, ...]) -> None:
    if value not in allowed:
        raise ProtocolError(f"{name} must be one of {', '.join(filter(None, allowed))}, not {value!r}")
