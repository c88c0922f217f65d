"""From a job's folder back to its request, and to the tab's fields; needs no Blender.

A job folder may come from anybody.  What it says is used to read pictures and cameras files of this machine, as what
they are, and for nothing else; it says nothing of where to write or which weights to open.
"""

from dataclasses import replace
from math import radians
from pathlib import Path
from typing import Any

from ...sv3d_engine.shared import protocol
from ...sv3d_engine.shared.errors import UserError
from ..generate.choices import BY_QUALITY
from ..generate.source import SUFFIXES, check_cameras, check_source, is_elsewhere
from ..results_folder import SOURCE
from .jobs import JobRecord


def request_of(record: JobRecord) -> protocol.Job:
    """What a job was asked, with its folder and what lies in it where they are now.

    Raises UserError if the folder does not tell, or its source is gone.
    """
    if record.request is None:
        raise UserError(
            "The note of what this job was asked is damaged, or of another version of SV3D.",
            "Generate it anew.",
            str(record.folder / "job.json"),
        )
    request = replace(record.request, out=str(record.folder))
    moved: dict[str, Any] = {
        name: str(_placed(path, Path(record.request.out), record.folder))
        for name in ("picture", "frames", "cameras")
        if (path := getattr(request, name, None)) is not None
    }
    request = replace(request, **moved)
    if isinstance(request, protocol.MeshJob):
        check_source(Path(request.frames), is_folder=True)
    else:
        check_source(Path(request.picture), SUFFIXES)
    check_cameras(request)
    return request


def settings_of(request: protocol.Job) -> dict[str, Any]:
    """The tab's fields, but the picture, in an order in which they may be set."""
    if isinstance(request, protocol.MeshJob):
        return {
            "source": "FOLDER",
            "folder": request.frames,
            "cameras": request.cameras or "",
            "elevation": radians(request.elevation),
            "cameras_as_given": request.cameras_as_given,
            "frame_light": request.light,
            "seed": request.seed,
            **_mesh_settings(request),
        }
    return {
        "source": "PICTURE",
        "make": "MESH" if isinstance(request, protocol.GenerateJob) else "ORBIT",
        "orbit_kind": request.orbit,
        "orbit_file": request.cameras or "",
        "elevation": radians(request.elevation),
        "amplitude": radians(request.amplitude),
        "sampler": request.sampler,
        "steps": request.steps or 0,
        "guidance": request.guidance,
        "guidance_scale": request.guidance_scale or 0.0,
        "background_model": request.background_model,
        "memory": request.memory,
        "seed": request.seed,
        **(_mesh_settings(request) if isinstance(request, protocol.GenerateJob) else {}),
    }


def _mesh_settings(request: protocol.MeshJob | protocol.GenerateJob) -> dict[str, Any]:
    return {
        "preset": request.preset,
        "faces": request.faces or 0,
        "texture": BY_QUALITY if request.texture is None else str(request.texture),
        "material": request.material or BY_QUALITY,
        "sds": request.sds,
        "normals": _own_folder(request.normals),
    }


def _own_folder(told: str | None) -> str:
    """A folder of normal maps on this machine; nothing else is taken from a job's folder."""
    return told if told and not is_elsewhere(Path(told)) and Path(told).is_dir() else ""


def _placed(path: str, old: Path, new: Path) -> Path:
    """Where a file lies now that the job's folder is ``new``; older versions kept copies beside that folder."""
    file = Path(path)
    if file.is_relative_to(old):
        return new / file.relative_to(old)
    if file.parent == old.parent and file.name.startswith(f"{old.name}."):
        return new / (SOURCE + file.name[len(old.name) :])
    return file
