"""Requests, from the add-on to the engine: jobs, and what is asked beside them."""

from dataclasses import dataclass

from .choices import (
    DEVICES,
    DOUBTS,
    GUIDANCES,
    LIGHTS,
    MATERIALS,
    MEMORY_MODES,
    ORBITS,
    PRECISIONS,
    PRESETS,
    SAMPLERS,
    SDS,
    VARIANTS,
    one_of,
)


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
        one_of("preset", self.preset, PRESETS)
        one_of("material", self.material, (None, *MATERIALS))
        one_of("device", self.device, DEVICES)
        one_of("doubts", self.doubts, DOUBTS)
        one_of("light", self.light, LIGHTS)
        one_of("sds", self.sds, SDS)


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
        one_of("variant", self.variant, VARIANTS)
        one_of("orbit", self.orbit, ORBITS)
        one_of("sampler", self.sampler, SAMPLERS)
        one_of("guidance", self.guidance, GUIDANCES)
        one_of("memory", self.memory, MEMORY_MODES)
        one_of("precision", self.precision, PRECISIONS)
        one_of("device", self.device, DEVICES)


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
        one_of("preset", self.preset, PRESETS)
        one_of("material", self.material, (None, *MATERIALS))
        one_of("sds", self.sds, SDS)


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


Job = MeshJob | OrbitJob | GenerateJob
Request = Job | Cancel | Finish | Look | Doctor | Shutdown
