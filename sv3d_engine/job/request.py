"""From a request to a job, and from a finished job to its result.

Everything is checked before any work starts, and nothing is written.
"""

import math
from collections.abc import Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING

from ..ground.device import check_device, resolve_device
from ..ground.settings import PRESETS, Settings
from ..shared import protocol
from ..shared.errors import UserError
from ..shared.frame_folder import is_film
from ..shared.frame_names import FILM_KINDS, is_picture
from ..shared.model_facts import NAME, NOTE, bundled_weights, guided_seconds
from .folder import in_the_way
from .folder_guard import ANOTHER_FOLDER
from .job import FramesToMesh, Guiding, Job, PictureToMesh, PictureToOrbit
from .state_file import StageRecord

if TYPE_CHECKING:
    from ..shared.model_facts import Usage
    from ..sv3d.generation.make_orbit import OrbitSettings
    from ..sv3d.network.weights import WeightsInfo

ORBIT_PLACE = "orbit"  # where in its folder a job keeps the orbit from which it then makes a mesh
_ORBIT_BYTES = 200_000_000  # on disk: frames, previews and a contact sheet, ten times over
_LONG = 2 * 3600  # seconds that nobody waits for who has not asked for it
_BYTES_A_TEXEL = 32  # on disk: all maps, in the file and its preview, twice over


def job_from_request(request: protocol.Job) -> Job:
    """Check a request against this machine's files and devices.  Raises UserError."""
    if not 0 <= request.seed < 2**63:
        raise UserError(f"The seed {request.seed} is not usable.", "Use a whole number from 0 upwards.")
    check_device(request.device)
    if isinstance(request, protocol.MeshJob):
        return _frames_to_mesh(request)
    if isinstance(request, protocol.GenerateJob):
        return _picture_to_mesh(request)
    return _picture_to_orbit(request, "")


def _frames_to_mesh(request: protocol.MeshJob) -> FramesToMesh:
    source, out = _absolute(request.frames, "frames"), _absolute(request.out, "output")
    _check_orbit(source)
    if source == out or in_the_way(source, out):
        raise UserError(
            "The frames lie inside the job's folder, where the job would write over them.",
            f"Move them, or {ANOTHER_FOLDER}.",
            f"frames: {source}, output: {out}",
        )
    if not math.isfinite(request.elevation):
        raise UserError("The elevation is not a number.", "Give the orbit's elevation in degrees, for example 10.")
    guiding, unguided = _guiding(request)
    settings = replace(_settings(request), sds=guiding is not None)
    from ..orbit.other_tools import beside  # needs PyTorch, which doctor goes without

    return FramesToMesh(
        name=request.job,
        folder=out,
        device_name=request.device,
        seed=request.seed,
        disk_bytes=settings.disk_bytes,
        source=source,
        cameras=_cameras(request.cameras) or beside(source),
        elevation=request.elevation,
        search="told" if request.cameras_as_given else "used",
        light=request.light,  # type: ignore[arg-type]  # one of them, as the protocol has checked
        settings=settings,
        normals=_normals(request.normals, source, out),
        guiding=guiding,
        unguided=unguided,
    )


def _check_orbit(source: Path) -> None:
    """Raises UserError unless the source is a folder or a file that may be a film."""
    if source.is_dir() or (source.is_file() and is_film(source)):
        return
    if not source.is_file():
        raise UserError(
            f"There is no folder {source}.",
            "Put it back and resume the job, or choose the folder that holds the orbit's frames and generate again.",
        )
    if source.suffix.lower() == ".json":
        remedy = "Give the folder of the frames, and this file as their cameras (--cameras on the command line)."
    elif is_picture(source.name):
        remedy = "Make a mesh from it as a picture (“generate” on the command line), or give the folder of all frames."
    elif source.suffix.lower() in (".zip", ".7z", ".rar", ".tar", ".gz"):
        remedy = "Unpack it, and give the folder of its frames."
    else:
        remedy = f"Give a folder of pictures, or a film: {FILM_KINDS} can be read."
    raise UserError(f"{source.name} is a single file, not an orbit.", remedy, str(source))


def _picture_to_mesh(request: protocol.GenerateJob) -> PictureToMesh:
    orbit = _picture_to_orbit(request, ORBIT_PLACE)
    guiding, unguided = _guiding(request)
    settings = replace(_settings(request), sds=guiding is not None)
    both = vars(orbit) | {"disk_bytes": orbit.disk_bytes + settings.disk_bytes}
    return PictureToMesh(
        **both,
        source=orbit.orbit_folder / "frames",
        cameras=orbit.orbit_folder / "cameras.json",
        elevation=request.elevation,
        search="used" if orbit.variant == "u" else "none",  # SV3D_u is not told the elevation, so it has to be found
        light="fixed",  # as SV3D was trained
        settings=settings,
        normals=_normals(request.normals, None, orbit.folder),
        guiding=guiding,
        unguided=unguided,
    )


def _picture_to_orbit(request: protocol.OrbitJob, place: str) -> PictureToOrbit:
    from ..orbit.validation import resolve_orbit
    from ..sv3d.network.weights import inspect  # these need PyTorch, which doctor goes without

    out = _absolute(request.out, "output")
    picture = _absolute(request.picture, "picture")
    if not picture.is_file():
        raise UserError(
            f"There is no picture {picture}.",
            "Put it back and resume the job, or choose another picture and generate again.",
        )
    if in_the_way(picture, out):
        raise UserError(
            "The picture lies in the job's folder, where the job would write over it.",
            f"Move it, or {ANOTHER_FOLDER}.",
            f"picture: {picture}, output: {out}",
        )
    weights = _weights(request.weights)
    found = inspect(weights, request.variant)
    sampling = _sampling(request, found.usage)
    cameras = _cameras(request.cameras) if request.orbit == "file" else None
    poses, unusual = resolve_orbit(
        request.orbit, request.elevation, request.amplitude, request.seed, cameras, found.variant
    )
    return PictureToOrbit(
        name=request.job,
        folder=out,
        device_name=request.device,
        seed=request.seed,
        disk_bytes=_ORBIT_BYTES,
        picture=picture,
        background_model=request.background_model,
        download=request.download,
        place=place,
        weights=weights,
        weight_files=found.files,
        variant=found.variant,
        model=found.name,
        frame_size=found.frame_size,
        step_share=found.step_share,
        poses=poses,
        notes=(*((NOTE,) if weights == bundled_weights() else ()), *unusual),
        sampling=sampling,
    )


def _guiding(request: protocol.MeshJob | protocol.GenerateJob) -> tuple[Guiding | None, str]:
    """The network that masked SDS asks; or None, and why there is none.  Raises UserError where it is asked for."""
    if request.sds == "off":
        return None, "It was switched off."
    if request.sds == "auto" and not PRESETS[request.preset].sds:
        return None, f"The preset “{request.preset}” goes without it."
    if request.sds == "auto" and request.weights is None:
        return None, "No SV3D weights were given."
    from ..sv3d.network.weights import inspect  # needs PyTorch, which doctor goes without

    try:
        weights = _weights(request.weights)
        found = inspect(weights)
    except UserError as error:
        if request.sds != "auto":
            raise
        return None, error.cause
    if request.sds == "auto" and (why := _not_by_itself(request, found)):
        return None, why
    usage = found.usage
    guiding = Guiding(
        weights=weights,
        weight_files=found.files,
        model=found.name,
        frame_size=found.frame_size,
        step_share=found.step_share,
        guidance_scale=usage.guidance_scale,
        camera_guidance=usage.camera_guidance,
    )
    if isinstance(request, protocol.GenerateJob):
        guiding = replace(guiding, memory=request.memory, precision=request.precision)
    return guiding, ""


def _not_by_itself(request: protocol.MeshJob | protocol.GenerateJob, found: "WeightsInfo") -> str:
    """Why a network is asked on the artist's word alone; empty if it need not be."""
    if found.name == NAME:
        return f"{NAME} knows too little of what no frame shows; --sds on asks it all the same."
    steps, device = PRESETS[request.preset].distillation.steps, resolve_device(request.device).type
    seconds = guided_seconds(steps, found.step_share, device)
    if seconds <= _LONG:
        return ""
    return f"{found.name} would take about {seconds / 3600:.0f} hours; --sds on asks it all the same."


def _settings(request: protocol.MeshJob | protocol.GenerateJob) -> Settings:
    """What the preset decides, but for what is asked for by itself."""
    own = PRESETS[request.preset]
    faces = own.face_budget if request.faces is None else request.faces
    texture = own.texture_size if request.texture is None else request.texture
    if not protocol.FEWEST_FACES <= faces <= protocol.MOST_FACES:
        raise UserError(
            f"A mesh of {faces:,} faces cannot be made.",
            f"Choose from {protocol.FEWEST_FACES:,} to {protocol.MOST_FACES:,}; {own.face_budget:,} is the preset's.",
        )
    if texture not in protocol.TEXTURE_SIZES:
        raise UserError(
            f"A texture of {texture} pixels cannot be made.",
            f"Choose {', '.join(map(str, protocol.TEXTURE_SIZES))}; {own.texture_size} is the preset's.",
        )
    larger = max(texture**2 - own.texture_size**2, 0)
    return replace(
        own,
        face_budget=faces,
        texture_size=texture,
        material=request.material or own.material,
        disk_bytes=own.disk_bytes + _BYTES_A_TEXEL * larger,
    )


def _weights(path: str | None) -> Path:
    """The chosen weights, or the demonstration model that comes with the engine."""
    if path is not None:
        return _absolute(path, "weights")
    if bundled := bundled_weights():
        return bundled
    raise UserError(
        "No SV3D weights are chosen.",
        "Accept Stability AI's licence at huggingface.co/stabilityai/sv3d, download sv3d_p.safetensors from there "
        "(9 GB), and choose that file in the SV3D preferences (on the command line: --weights FILE).",
    )


def _sampling(request: protocol.OrbitJob, best: "Usage") -> "OrbitSettings":
    """How the orbit is sampled: as it is asked for, the rest as is ``best`` for the weights."""
    from ..sv3d.generation.make_orbit import OrbitSettings

    usage = best.chosen(request.sampler, request.steps, request.guidance_scale, request.camera_guidance)
    if not 1 <= usage.steps <= protocol.MOST_STEPS:
        own = best.chosen(request.sampler, None, None)
        raise UserError(
            f"{usage.steps} steps cannot be done.",
            f"Choose from 1 to {protocol.MOST_STEPS}; without a number it is {own.steps}.",
        )
    strengths = (
        ("guidance scale", usage.guidance_scale, best.guidance_scale),
        ("camera guidance", usage.camera_guidance, best.camera_guidance),
    )
    for name, strength, suited in strengths:
        if not 0 <= strength <= protocol.MOST_GUIDANCE:  # or it is not a number
            raise UserError(
                f"The {name} {strength:g} is not usable.",
                f"Choose from 0 to {protocol.MOST_GUIDANCE:g}; {suited:g} suits these weights.",
            )
    return OrbitSettings(**asdict(usage), guidance=request.guidance, memory=request.memory, precision=request.precision)


def _normals(path: str | None, frames: Path | None, out: Path) -> Path | None:
    """A folder of normal maps, for ``frames`` that are there already, or a network.  Raises UserError."""
    if path is None:
        return None
    normals = _absolute(path, "normals")
    if not normals.exists():
        raise UserError(
            f"There is no folder or file of normals {normals}.",
            "Put it back and resume the job, or choose another and generate again.",
        )
    if in_the_way(normals, out):
        raise UserError(
            "The normals lie inside the job's folder, where the job would write over them.",
            f"Move them, or {ANOTHER_FOLDER}.",
            f"normals: {normals}, output: {out}",
        )
    if normals.is_file() and normals.suffix.lower() == ".onnx":
        return normals
    if frames is None or not normals.is_dir():
        kinds = "a network (.onnx)" if frames is None else "a folder of normal maps, or a network (.onnx)"
        raise UserError(f"The normals of this job cannot come from {normals.name}.", f"Choose {kinds}.", str(normals))
    if not frames.is_dir():
        raise UserError(
            "Normal maps belong to pictures; which frames of a film are taken is not known before.",
            "Give the film's frames as a folder of pictures, with a map for each, or a network (.onnx).",
            f"film: {frames}, normals: {normals}",
        )
    from ..reconstruction.frames.normal_files import map_files  # needs PyTorch, which doctor goes without

    map_files(normals)
    return normals


def _cameras(path: str | None) -> Path | None:
    cameras = _absolute(path, "cameras") if path is not None else None
    if cameras is not None and not (cameras.is_file() or cameras.is_dir()):
        raise UserError(
            f"There is no cameras file {cameras}.",
            "Put it back and resume the job, or choose another and generate again.",
        )
    return cameras


def _absolute(path: str, what: str) -> Path:
    if not path or "\0" in path:
        raise UserError(f"The {what} path is empty or not a path.", "Choose it again.", repr(path))
    try:
        absolute = Path(path).expanduser().resolve()
        absolute.exists()
        return absolute
    except (OSError, RuntimeError, ValueError) as error:
        # A loop of links, an unknown ~user, a name that is too long, characters that no name can have.
        raise UserError(f"The {what} path {path} cannot be opened.", "Choose another path.", str(error)) from error


def result_of(job: Job, records: Sequence[StageRecord], seconds: float) -> protocol.Result | protocol.OrbitResult:
    """Where everything lies, and what the stages have to tell the artist."""
    folder = job.folder
    notes = tuple(dict.fromkeys(note for record in records for note in record.facts.get("notes", ())))  # each once
    if isinstance(job, PictureToOrbit) and not isinstance(job, PictureToMesh):
        return protocol.OrbitResult(
            job=job.name,
            out=str(folder),
            picture=str(folder / "picture.png"),
            frames=str(folder / "frames"),
            cameras=str(folder / "cameras.json"),
            contact_sheet=str(folder / "contact_sheet.png"),
            report=str(folder / "report.json"),
            seconds=round(seconds, 3),
            notes=notes,
        )
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
        orbit=str(job.orbit_folder) if isinstance(job, PictureToMesh) else None,
        notes=notes,
        card=next((str(record.facts["card"]["verdict"]) for record in records if "card" in record.facts), ""),
    )
