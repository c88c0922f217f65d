"""From the tab's fields to a job for the engine."""

from math import degrees
from pathlib import Path
from typing import Any, NamedTuple
from uuid import uuid4

import bpy

from ...sv3d_engine import protocol
from ...sv3d_engine.errors import UserError
from .. import storage
from ..preferences.property_group import SV3DPreferences
from . import picture
from .property_group import SV3DSettings
from .source import static_cameras


class Order(NamedTuple):
    """A job, and what the artist calls it."""

    request: protocol.Job
    title: str


def order(settings: SV3DSettings, chosen: SV3DPreferences) -> Order:
    """The job that the tab and the preferences describe.  Raises UserError; OSError where nothing can be written."""
    return _from_picture(settings, chosen) if settings.source == "PICTURE" else _from_orbit(settings, chosen)


def _from_picture(settings: SV3DSettings, chosen: SV3DPreferences) -> Order:
    if settings.picture is None:
        raise UserError("No picture has been chosen.", "Choose a picture first.")
    title = picture.title(settings.picture)
    out = storage.new_job_folder(title)
    fields: dict[str, Any] = {
        "job": uuid4().hex,
        "weights": str(_weights(chosen)),
        "picture": str(picture.picture_file(settings.picture, out)),
        "out": str(out),
        "variant": chosen.variant,
        "orbit": settings.orbit_kind,
        "cameras": str(_absolute(settings.orbit_file)) if settings.orbit_kind == "file" else None,
        "elevation": degrees(settings.elevation),
        "amplitude": degrees(settings.amplitude),
        "sampler": settings.sampler,
        "steps": settings.steps or None,
        "guidance": settings.guidance,
        "guidance_scale": settings.guidance_scale,
        "background_model": settings.background_model,
        "download": chosen.download and bpy.app.online_access,
        "memory": settings.memory,
        "device": chosen.device,
        "seed": settings.seed,
    }
    if settings.make == "ORBIT":
        return Order(protocol.OrbitJob(**fields), title)
    return Order(protocol.GenerateJob(**fields, preset=settings.preset), title)


def _from_orbit(settings: SV3DSettings, chosen: SV3DPreferences) -> Order:
    orbit = settings.orbit()
    out = storage.new_job_folder(orbit.title)
    elevation = degrees(settings.elevation)
    cameras = _absolute(settings.cameras) if settings.cameras else None
    if cameras is None and settings.source == "SEQUENCE":
        # Other pictures may lie beside the sequence's own: name the ones that are meant.
        cameras = out.with_suffix(".cameras.json")
        cameras.parent.mkdir(parents=True, exist_ok=True)
        cameras.write_text(static_cameras(orbit, elevation), encoding="utf-8")
    request = protocol.MeshJob(
        job=uuid4().hex,
        frames=str(orbit.folder),
        out=str(out),
        cameras=str(cameras) if cameras else None,
        elevation=elevation,
        preset=settings.preset,
        device=chosen.device,
        seed=settings.seed,
    )
    return Order(request, orbit.title)


def _weights(chosen: SV3DPreferences) -> Path:
    path = _absolute(chosen.weights)
    if not chosen.weights or not path.exists():
        raise UserError(
            "SV3D's weights are not where the preferences say."
            if chosen.weights
            else "SV3D's weights have not been chosen yet.",
            "Open the SV3D preferences and choose the weights file, for instance sv3d_p.safetensors.",
            f"Looked for {path}" if chosen.weights else "",
        )
    return path


def _absolute(path: str) -> Path:
    return Path(bpy.path.abspath(path)).expanduser().absolute()
