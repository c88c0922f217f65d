"""From the tab's fields to a job for the engine."""

from contextlib import ExitStack, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, NamedTuple
from uuid import uuid4

import bpy

from ...sv3d_engine.shared import protocol
from ...sv3d_engine.shared.errors import UserError
from ...sv3d_engine.shared.job_files import REQUEST
from .. import storage
from ..orbit.gathering import orbit_now
from ..preferences.property_group import SV3DPreferences
from ..results_folder import SOURCE
from . import picture, picture_copy, preflight
from .choices import BY_QUALITY
from .preflight import typed_degrees
from .property_group import SV3DSettings
from .source import (
    SUFFIXES,
    Orbit,
    cameras_text,
    check_cameras,
    check_source,
    is_elsewhere,
    orbit_in_folder,
    static_cameras,
)


class Order(NamedTuple):
    """A job, and what the artist calls it."""

    request: protocol.Job
    title: str


NETWORK = ".onnx"  # a file that tells normals from pictures


@dataclass(frozen=True)
class Asked:
    """What is asked for instead of what the tab says; an empty text, and a seed below 0, leave it to the tab."""

    picture: str = ""  # a file
    folder: str = ""  # of an orbit's frames
    cameras: str = ""  # a cameras file: of the frames, or that the picture's orbit is to follow
    preset: str = ""
    orbit: str = ""
    seed: int = -1
    out: str = ""  # the job's folder


def order(
    settings: SV3DSettings, chosen: SV3DPreferences, asked: Asked = Asked(), *, stops_at_doubts: bool = False
) -> Order:
    """The job that the tab, the preferences and a script describe.

    With ``stops_at_doubts``, what is doubtful about frames ends the job before minutes are spent, until it is resumed.
    Raises UserError; OSError where nothing can be written.
    """
    if asked.picture and asked.folder:
        raise UserError("A picture and a folder of frames were given.", "Give one of them.")
    from_picture = bool(asked.picture) or (not asked.folder and settings.source == "PICTURE")
    with ExitStack() as refused:
        make = _from_picture if from_picture else _from_orbit
        request, title = make(settings, chosen, asked, refused)
        now: dict[str, Any] = {}
        if asked.preset and type(request) is not protocol.OrbitJob:
            now["preset"] = asked.preset
        if asked.seed >= 0:
            now["seed"] = asked.seed
        if stops_at_doubts and isinstance(request, protocol.MeshJob):
            now["doubts"] = "stop"
        try:
            request = replace(request, **now)
        except protocol.ProtocolError as error:
            raise UserError("This is not a job that SV3D knows.", f"{error}.") from error
        refused.pop_all()
    return Order(request, title)


def repeated(request: protocol.Job, title: str, settings: SV3DSettings, chosen: SV3DPreferences) -> protocol.Job:
    """A job once more from the start, into a folder of its own, on what is chosen now.

    The request may come from a stranger's file: weights, and the word that something may be fetched, are taken from
    the preferences alone, a network that tells normals from the tab.  Raises UserError.
    """
    now: dict[str, Any] = {"job": uuid4().hex, "resume": False, "device": chosen.device}
    if isinstance(request, protocol.OrbitJob):
        check_source(Path(request.picture), SUFFIXES)
    else:
        check_source(Path(request.frames), is_folder=True)
    check_cameras(request)
    if isinstance(request, protocol.MeshJob | protocol.GenerateJob):
        now["normals"] = told_normals(request.normals, settings)
    if isinstance(request, protocol.MeshJob):
        now["weights"] = weights_to_imagine(request.sds, chosen)
        now["doubts"] = "tell"  # there is a result: the artist went on, whatever the doubts were
    if isinstance(request, protocol.OrbitJob):
        weights = _weights(chosen)
        now |= {
            "weights": str(weights) if weights else None,
            "variant": chosen.variant if weights else "auto",
            "download": chosen.download and bpy.app.online_access,
        }
    return replace(request, **now, out=str(storage.new_job_folder(title)))


def resumed(request: protocol.Job, settings: SV3DSettings, chosen: SV3DPreferences) -> protocol.Job:
    """A stopped job once more: what it makes is as it was asked for, what it runs on is as it is chosen now.

    So a job that lacked memory, or whose weights have moved, goes on where it stopped.
    """
    now: dict[str, Any] = {"job": uuid4().hex, "resume": True, "device": chosen.device}
    if isinstance(request, protocol.OrbitJob):
        now["memory"] = settings.memory
        if chosen.weights:
            now |= {"weights": str(chosen.weights_path), "variant": chosen.variant}
    else:
        now["weights"] = weights_to_imagine(request.sds, chosen)
    return replace(request, **now)


def orbit_problem(settings: SV3DSettings, chosen: SV3DPreferences, orbit: str = "") -> str:
    """Why the weights could not follow ``orbit``, or the one that is chosen; empty if they can.  Touches no disk."""
    elevation, amplitude = typed_degrees(settings.elevation), typed_degrees(settings.amplitude)
    variant = chosen.model.variant if chosen.model else ""
    return preflight.orbit_problem(orbit or settings.orbit_word, variant, elevation, amplitude)


def give_back(folder: Path) -> None:
    """Remove the new folder of a job that is refused; what lies in it already goes with other remains."""
    picture_copy.drop(folder)
    with suppress(OSError):
        folder.rmdir()


def _from_picture(settings: SV3DSettings, chosen: SV3DPreferences, asked: Asked, refused: ExitStack) -> Order:
    if settings.picture is None and not asked.picture:
        raise UserError("No picture has been chosen.", "Choose a picture first.")
    weights = _weights(chosen)
    orbit = asked.orbit or ("file" if asked.cameras else settings.orbit_word)
    if problem := orbit_problem(settings, chosen, orbit):
        raise UserError("SV3D cannot take this orbit.", problem)
    given = _absolute(asked.picture) if asked.picture else None
    title = given.stem if given else picture.title(settings.picture)
    out = _folder(asked, title, refused)
    elevation = typed_degrees(settings.elevation)
    cameras = _absolute(asked.cameras or settings.orbit_file) if orbit == "file" else None
    if orbit == "cameras":
        poses = orbit_now(settings.id_data).poses
        orbit, elevation = "file", poses[-1].elevation
        names = [f"{i:03d}.png" for i in range(len(poses))]
        cameras = _written(out / f"{SOURCE}.cameras.json", cameras_text(names, poses))
    fields: dict[str, Any] = {
        "job": uuid4().hex,
        "weights": str(weights) if weights else None,
        "picture": str(given or picture.picture_file(settings.picture, out / SOURCE)),
        "out": str(out),
        "variant": chosen.variant if weights else "auto",
        "orbit": orbit,
        "cameras": str(cameras) if cameras else None,
        "elevation": elevation,
        "amplitude": typed_degrees(settings.amplitude),
        "sampler": settings.sampler,
        "steps": settings.steps or None,
        "guidance": settings.guidance,
        "guidance_scale": round(settings.guidance_scale, 4) if settings.guidance_scale >= 1 else None,
        "background_model": settings.background_model,
        "download": chosen.download and bpy.app.online_access,
        "memory": settings.memory,
        "device": chosen.device,
        "seed": settings.seed,
    }
    try:
        if settings.make == "ORBIT":
            return Order(protocol.OrbitJob(**fields), title)
        return Order(protocol.GenerateJob(**fields, **mesh_choices(settings)), title)
    except protocol.ProtocolError as error:
        raise UserError("This is not an orbit that SV3D knows.", f"{error}.") from error


def _from_orbit(settings: SV3DSettings, chosen: SV3DPreferences, asked: Asked, refused: ExitStack) -> Order:
    orbit = orbit_in_folder(_absolute(asked.folder)) if asked.folder else settings.orbit()
    out = _folder(asked, orbit.title, refused)
    return Order(_mesh_job(settings, chosen, asked, orbit, out, out), orbit.title)


def looked_at(settings: SV3DSettings, chosen: SV3DPreferences, room: Path) -> protocol.MeshJob:
    """The job that the tab describes, to be looked at only; what has to be written for it goes into ``room``.

    Raises UserError; OSError where nothing can be written.
    """
    return _mesh_job(settings, chosen, Asked(), settings.orbit(), room / "nowhere", room)


def _mesh_job(
    settings: SV3DSettings, chosen: SV3DPreferences, asked: Asked, orbit: Orbit, out: Path, room: Path
) -> protocol.MeshJob:
    """A mesh from an orbit's frames, made in ``out``; files for the engine go to ``room``."""
    elevation = typed_degrees(settings.elevation)
    told = asked.cameras or (str(orbit.cameras or "") if asked.folder else settings.cameras)
    cameras = _absolute(told) if told else None
    if cameras is None and settings.source == "SEQUENCE" and not asked.folder and not orbit.is_film:
        # Other pictures may lie beside the sequence's own: name the ones that are meant.
        cameras = _written(room / f"{SOURCE}.cameras.json", static_cameras(orbit, elevation))
    return protocol.MeshJob(
        job=uuid4().hex,
        frames=str(orbit.folder),
        out=str(out),
        cameras=str(cameras) if cameras else None,
        elevation=elevation,
        cameras_as_given=settings.cameras_as_given,
        light=settings.frame_light,
        weights=weights_to_imagine(settings.sds, chosen),
        device=chosen.device,
        seed=settings.seed,
        **mesh_choices(settings),
    )


def _written(file: Path, text: str) -> Path:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text, encoding="utf-8")
    return file


def _folder(asked: Asked, title: str, refused: ExitStack) -> Path:
    """The job's folder; a new one goes again if the order comes to nothing."""
    if asked.out:
        return _given_folder(asked.out)
    folder = storage.new_job_folder(title)
    refused.callback(give_back, folder)
    return folder


def _given_folder(text: str) -> Path:
    """The folder that a script names.  Raises UserError where a file of the user's own would be written over."""
    out = _absolute(text)
    if out.is_dir() and not (out / REQUEST).exists():
        stem = Path(SOURCE).stem
        if own := [path.name for path in out.iterdir() if path.name.partition(".")[0] == stem]:
            raise UserError(f"The output folder already holds {own[0]}.", "Choose an empty or new folder.", str(out))
    return out


def mesh_choices(settings: SV3DSettings) -> dict[str, Any]:
    """What is asked of the mesh, by the names that both jobs have for it."""
    return {
        "preset": settings.preset,
        "faces": settings.faces or None,
        "texture": None if settings.texture == BY_QUALITY else int(settings.texture),
        "material": None if settings.material == BY_QUALITY else settings.material,
        "sds": settings.sds,
        "normals": str(_absolute(settings.normals)) if settings.normals else None,
    }


def weights_to_imagine(sds: str, chosen: SV3DPreferences) -> str | None:
    """The weights that a mesh from frames may ask for what no frame shows; None for the engine's own, or without."""
    if sds == "on":
        weights = _weights(chosen)
        return str(weights) if weights else None
    return str(chosen.weights_path) if sds == "auto" and chosen.weights and chosen.weights_path.exists() else None


def told_normals(told: str | None, settings: SV3DSettings) -> str | None:
    """What tells normals to a job that is done once more: a folder as its request has it, a network as the tab has it.

    The request may come from a stranger's file.  Raises UserError.
    """
    if told is None:
        return None
    if Path(told).suffix.lower() != NETWORK:
        if is_elsewhere(Path(told)) or not Path(told).is_dir():
            raise UserError("The folder of this job's normal maps is not there.", "Put it back, then try again.", told)
        return told
    if Path(settings.normals).suffix.lower() != NETWORK:
        raise UserError(
            "This job was told normals by a network, and none is chosen now.",
            "Choose its file under Advanced, at Normals, then try again.",
            told,
        )
    return str(_absolute(settings.normals))


def _weights(chosen: SV3DPreferences) -> Path | None:
    """The chosen weights; None for the engine's demonstration model."""
    remedy = "Open the SV3D preferences and choose the weights file, for instance sv3d_p.safetensors."
    if not chosen.weights:
        if chosen.model is None:
            raise UserError("SV3D's weights have not been chosen yet.", remedy)
        return None
    path = chosen.weights_path
    if not path.exists():
        raise UserError("SV3D's weights are not where the preferences say.", remedy, f"Looked for {path}")
    chosen.recognise_weights()  # the file may be another one than when it was chosen
    return path


def _absolute(path: str) -> Path:
    return Path(bpy.path.abspath(path)).expanduser().absolute()
