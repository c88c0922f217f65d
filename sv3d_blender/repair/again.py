"""A job that makes the mesh once more, from an orbit's frames as they are now."""

import json
import shutil
from pathlib import Path
from typing import Any
from uuid import uuid4

import bpy

from ...sv3d_engine.shared import protocol
from ...sv3d_engine.shared.errors import UserError
from ...sv3d_engine.shared.job_files import REPORT, REQUEST, json_object
from .. import storage
from ..generate.pixel_file import write_png
from ..generate.property_group import SV3DSettings
from ..generate.request import NETWORK, Order, mesh_choices, told_normals, weights_to_imagine
from ..preferences.property_group import SV3DPreferences
from ..result import destination
from ..result.frame_changes import SV3DFrame, frames_of
from ..result.provenance import write_origin
from ..results_folder import SOURCE
from .frame_image import edited_pixels, job_of, path_of

LEAST = 8  # frames that a mesh can be made from
FRAMES = f"{SOURCE}.frames"  # in the new job's folder


def too_few(frames: list[SV3DFrame]) -> bool:
    """Whether too many frames are rejected."""
    return sum(frame.weight > 0 for frame in frames) < LEAST


def order_again(orbit: bpy.types.Image, settings: SV3DSettings, chosen: SV3DPreferences) -> Order:
    """The job, in a folder of its own, with copies of all frames: the first job stays as it is.

    What is asked of the mesh is what was asked for the first time, or for an orbit alone what the tab says.  Cameras
    and light are the frames' own: nothing that was known or found of them is guessed once more.  Raises UserError;
    OSError where nothing can be written.
    """
    if too_few(frames_of(orbit)):
        raise UserError("Too many frames are rejected.", f"Keep at least {LEAST} of them, from all sides.")
    job = job_of(orbit)
    title = told.title if (told := destination.of(job)) else orbit.name.removesuffix(" frames")
    files = path_of(orbit).files
    asked = _asked(job, settings)
    weights = weights_to_imagine(asked["sds"], chosen)
    out = storage.new_job_folder(title)
    try:
        _write_frames(orbit, files, out / FRAMES)
        cameras = out / f"{SOURCE}.cameras.json"
        cameras.write_text(_cameras(orbit, job / "cameras.json"), encoding="utf-8")
        write_origin(out, job)
    except (UserError, OSError):
        drop(out)
        raise
    request = protocol.MeshJob(
        job=uuid4().hex,
        frames=str(out / FRAMES),
        out=str(out),
        cameras=str(cameras),
        device=chosen.device,
        weights=weights,
        **asked,
    )
    return Order(request, title)


def drop(out: Path) -> None:
    """Remove the folder of a job that comes to nothing."""
    shutil.rmtree(out, ignore_errors=True)


def _asked(job: Path, settings: SV3DSettings) -> dict[str, Any]:
    try:
        request = protocol.decode_job(json_object(job, REQUEST))
    except protocol.ProtocolError:  # damaged, or of another version
        request = None
    if isinstance(request, protocol.MeshJob | protocol.GenerateJob):  # its frames have the cameras that it used
        asked = {name: getattr(request, name) for name in ("preset", "faces", "texture", "material", "seed", "sds")}
        asked["normals"] = told_normals(request.normals, settings)
        return asked | {"light": _light(request), "cameras_as_given": True}
    asked = {**mesh_choices(settings), "seed": settings.seed, "cameras_as_given": settings.cameras_as_given}
    if isinstance(request, protocol.OrbitJob):
        told = json_object(job, REPORT).get("variant") in ("c", "p")  # SV3D_u's cameras have yet to be found
        asked |= {"light": _light(request), "cameras_as_given": told or settings.cameras_as_given}
    if Path(asked["normals"] or "").suffix.lower() != NETWORK:  # maps may be another orbit's
        asked["normals"] = None
    return asked


def _light(request: protocol.Job) -> str:
    """As the first job took it; SV3D imagines all views in one light."""
    return request.light if isinstance(request, protocol.MeshJob) else "fixed"


def _write_frames(orbit: bpy.types.Image, files: tuple[str, ...], folder: Path) -> None:
    folder.mkdir()
    for frame, name in zip(frames_of(orbit), files, strict=False):
        own = job_of(orbit) / "frames" / name
        if frame.image and all(frame.image.size):
            with (folder / name).open("wb") as file:
                write_png(file, edited_pixels(frame.image))
        elif own.is_file():
            shutil.copyfile(own, folder / name)
        elif frame.weight > 0:
            raise UserError(f"The frame {name} is gone.", "Reject it, or replace it from a file.", str(own))


def _cameras(orbit: bpy.types.Image, cameras: Path) -> str:
    """The job's cameras file, with the weights as they are now."""
    data = json.loads(cameras.read_text(encoding="utf-8"))
    for entry, frame in zip(data["frames"], frames_of(orbit), strict=False):
        entry["weight"] = round(frame.weight, 4)
    return json.dumps(data)
