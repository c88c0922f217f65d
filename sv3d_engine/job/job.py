"""What a job does, once its request is checked (``request.py``), and what a stage of it is."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..ground.progress import Progress
from ..ground.settings import Settings

if TYPE_CHECKING:
    from ..reconstruction.frames.found_cameras import CameraSearch
    from ..reconstruction.material.turning import LightMode
    from ..shared.trajectory import Pose
    from ..sv3d.generation.make_orbit import OrbitSettings


@dataclass(frozen=True)
class Job:
    """What every stage reads; ``folder`` is the job folder, where finished stages left their files."""

    name: str
    folder: Path
    device_name: str  # one of protocol.DEVICES; each stage takes its own for "auto" (``stage_device.py``)
    seed: int
    disk_bytes: int  # free space asked for before work starts


@dataclass(frozen=True)
class Guiding:
    """The network that the fine stage asks where no frame looks (masked SDS)."""

    weights: Path
    weight_files: tuple[Path, ...]  # ``weights`` itself, or the files of that folder
    model: str  # what the weights call themselves
    frame_size: int  # pixels along a side, which the weights were trained for
    step_share: float  # of the official model's work, see shared/model_facts.py
    guidance_scale: float  # by the picture, at the back view
    camera_guidance: float  # likewise by the camera
    memory: str = "auto"
    precision: str = "auto"


@dataclass(frozen=True)
class FramesToMesh(Job):
    """A textured mesh from the frames of an orbit."""

    source: Path  # folder of the frames
    cameras: Path | None
    elevation: float  # degrees, used without cameras
    search: "CameraSearch"  # what becomes of cameras that the frames agree with better
    light: "LightMode"  # whether the light stands still to the object, or turns with the frames
    settings: Settings
    guiding: Guiding | None  # None: without masked SDS …
    unguided: str  # … and why: a sentence
    normals: Path | None = field(default=None, kw_only=True)  # a folder of maps, or a network that tells them


@dataclass(frozen=True)
class PictureToOrbit(Job):
    """The frames of an orbit from one picture, with SV3D."""

    picture: Path
    background_model: bool
    download: bool  # the user's word that the background model may be fetched
    place: str  # where in the job folder the orbit goes; "" is the job folder itself
    weights: Path
    weight_files: tuple[Path, ...]  # ``weights`` itself, or the files of that folder
    variant: str  # "u" or "p", which the weights are
    model: str  # what the weights call themselves
    frame_size: int  # pixels along a side, which the weights were trained for
    step_share: float  # of the official model's work, see shared/model_facts.py
    poses: tuple["Pose", ...]
    notes: tuple[str, ...]  # what is unusual about weights and poses, for the artist
    sampling: "OrbitSettings"

    @property
    def orbit_folder(self) -> Path:
        """Where the finished orbit lies: picture.png, original.png, frames, cameras.json, contact_sheet.png."""
        return self.folder / self.place


@dataclass(frozen=True)
class PictureToMesh(PictureToOrbit, FramesToMesh):
    """Both, one after the other: ``source`` and ``cameras`` are where the orbit will lie."""


Facts = dict[str, Any]  # for report.json: numbers, texts, lists and dicts of these; "notes" is a list for the artist


@dataclass(frozen=True)
class Stage:
    """One step of a job.  Its functions take the kind of Job that it is a stage of.

    ``run(job, out, progress)`` reads what the stages before it left in the job folder and writes files into ``out`` as
    they shall lie in the job folder, so that a resumed job does exactly what an unbroken one does.  Heavy modules are
    imported when it runs.
    """

    name: str
    title: str  # for the artist
    seconds: Callable[[Any], float]  # expected on a common machine
    run: Callable[[Any, Path, Progress], Facts]
    inputs: Callable[[Any], Iterator[bytes]] = lambda job: iter(())  # what it reads beside the stages before it
