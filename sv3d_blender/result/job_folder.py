"""From an object of a result to its mesh, its orbit's camera and frames, and the job folder that these are in."""

from pathlib import Path

import bpy

from .frames import is_orbit


def frames_behind(camera: bpy.types.Object) -> bpy.types.Image | None:
    """The orbit's image sequence behind an orbit camera."""
    images = (background.image for background in camera.data.background_images)
    return next((image for image in images if is_orbit(image)), None)


def orbit_camera_of(result: bpy.types.Object) -> bpy.types.Object | None:
    """The orbit camera that goes round a result."""
    return next((child for child in result.children if child.type == "CAMERA" and frames_behind(child)), None)


def mesh_of(active: bpy.types.Object | None) -> bpy.types.Object | None:
    """The result's mesh that an object is, or belongs to, told by its orbit camera."""
    for thing in (active, active.parent if active else None):
        if thing is not None and thing.type == "MESH" and orbit_camera_of(thing):
            return thing
    return None


def job_folder_of(result: bpy.types.Object) -> Path | None:
    """The folder of a result's job, by its frames: these are found again wherever it has moved."""
    camera = orbit_camera_of(result)
    frames = frames_behind(camera) if camera else None
    return Path(bpy.path.abspath(frames.filepath, library=frames.library)).parent.parent if frames else None
