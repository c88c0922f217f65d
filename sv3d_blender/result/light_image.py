"""The picture's light as an image that is packed into the scene file and belongs to its result."""

from pathlib import Path

import bpy

from ...sv3d_engine.shared.job_files import inside
from .hdr_check import LARGEST, check_hdr
from .job_folder import job_folder_of, mesh_of

_LIGHT = "sv3d_light"  # a result's custom property: the image
_FILE = "light.hdr"


def read_light(job_folder: Path) -> bytes | None:
    """A job's light.hdr; None where there is none that can be used.  Any thread may do that."""
    path = inside(job_folder, _FILE)
    try:
        if path is None or not path.is_file() or path.stat().st_size > LARGEST:
            return None
        data = path.read_bytes()
        check_hdr(data)
    except (OSError, ValueError):
        return None
    return data


def add_light(result: bpy.types.Object, data: bytes, name: str) -> bpy.types.Image:
    """Keep the light with a result, whatever becomes of the job's folder."""
    image = bpy.data.images.new(f"{name} light", 8, 4, float_buffer=True)
    image.pack(data=data, data_len=len(data))
    image.source = "FILE"
    result[_LIGHT] = image
    return image


def lit_result(active: bpy.types.Object | None) -> bpy.types.Object | None:
    """The result with a light that an object is, or belongs to."""
    for thing in (active, active.parent if active else None):
        if thing is not None and thing.type == "MESH" and _kept(thing):
            return thing
    return mesh_of(active)  # of an earlier version, or an earlier engine


def light_of(result: bpy.types.Object) -> bpy.types.Image | None:
    """A result's light; of one from an earlier version it is read from the folder that its frames are in."""
    if image := _kept(result):
        return image
    folder = job_folder_of(result)
    data = read_light(folder) if folder else None
    return add_light(result, data, result.name) if data else None


def _kept(result: bpy.types.Object) -> bpy.types.Image | None:
    image = result.get(_LIGHT)
    return image if isinstance(image, bpy.types.Image) else None
