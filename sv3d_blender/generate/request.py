"""From the tab's fields to a job for the engine."""

from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple
from uuid import uuid4

import bpy

from ...sv3d_engine.shared import protocol
from ...sv3d_engine.shared.errors import UserError
from .. import storage
from ..preferences.property_group import SV3DPreferences
from . import picture, preflight
from .choices import BY_QUALITY
from .preflight import typed_degrees
from .property_group import SV3DSettings
from .source import static_cameras


class Order(NamedTuple):
    """A job, and what the artist calls it."""

    request: protocol.Job
    title: str


def order(settings: SV3DSettings, chosen: SV3DPreferences) -> Order:
    """The job that the tab and the preferences describe.  Raises UserError; OSError where nothing can be written."""
    return _from_picture(settings, chosen) if settings.source == "PICTURE" else _from_orbit(settings, chosen)


def resumed(request: protocol.Job, settings: SV3DSettings, chosen: SV3DPreferences) -> protocol.Job:
    """A stopped job once more: what it makes is as it was asked for, what it runs on is as it is chosen now.

    So a job that lacked memory, or whose weights have moved, goes on where it stopped.
    """
    now: dict[str, Any] = {"job": uuid4().hex, "resume": True, "device": chosen.device}
    if isinstance(request, protocol.OrbitJob):
        now["memory"] = settings.memory
        if chosen.weights:
            now |= {"weights": str(chosen.weights_path), "variant": chosen.variant}
    return replace(request, **now)


def orbit_problem(settings: SV3DSettings, chosen: SV3DPreferences) -> str:
    """Why the weights could not follow the orbit that is chosen; empty if they can.  Touches no disk."""
    elevation, amplitude = typed_degrees(settings.elevation), typed_degrees(settings.amplitude)
    variant = chosen.model.variant if chosen.model else ""
    return preflight.orbit_problem(settings.orbit_kind, variant, elevation, amplitude)


def _from_picture(settings: SV3DSettings, chosen: SV3DPreferences) -> Order:
    if settings.picture is None:
        raise UserError("No picture has been chosen.", "Choose a picture first.")
    weights = _weights(chosen)
    if problem := orbit_problem(settings, chosen):
        raise UserError("SV3D cannot take this orbit.", problem)
    title = picture.title(settings.picture)
    out = storage.new_job_folder(title)
    fields: dict[str, Any] = {
        "job": uuid4().hex,
        "weights": str(weights) if weights else None,
        "picture": str(picture.picture_file(settings.picture, out)),
        "out": str(out),
        "variant": chosen.variant if weights else "auto",
        "orbit": settings.orbit_kind,
        "cameras": str(_absolute(settings.orbit_file)) if settings.orbit_kind == "file" else None,
        "elevation": typed_degrees(settings.elevation),
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
    if settings.make == "ORBIT":
        return Order(protocol.OrbitJob(**fields), title)
    return Order(protocol.GenerateJob(**fields, **_mesh(settings)), title)


def _from_orbit(settings: SV3DSettings, chosen: SV3DPreferences) -> Order:
    orbit = settings.orbit()
    out = storage.new_job_folder(orbit.title)
    elevation = typed_degrees(settings.elevation)
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
        device=chosen.device,
        seed=settings.seed,
        **_mesh(settings),
    )
    return Order(request, orbit.title)


def _mesh(settings: SV3DSettings) -> dict[str, Any]:
    """What is asked of the mesh, by the names that both jobs have for it."""
    return {
        "preset": settings.preset,
        "faces": settings.faces or None,
        "texture": None if settings.texture == BY_QUALITY else int(settings.texture),
        "material": None if settings.material == BY_QUALITY else settings.material,
    }


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
