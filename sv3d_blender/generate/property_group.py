"""What the tab's fields hold; kept with the scene."""

from math import radians
from pathlib import Path

import bpy
from bpy.props import EnumProperty, FloatProperty, IntProperty, PointerProperty, StringProperty

from ...sv3d_engine.errors import UserError
from .source import Orbit, orbit_in_folder, orbit_of_sequence
from .wording import EXPECTED_MINUTES


def _look_at_source(settings: "SV3DSettings", _context: bpy.types.Context) -> None:
    """Count the frames and find their cameras file once, when the source changes: drawing must not touch the disk."""
    try:
        orbit = settings.orbit()
    except UserError:
        settings.frame_count, settings.cameras = 0, ""
        return
    settings.frame_count = len(orbit.files)
    settings.cameras = str(orbit.cameras or "")


def _is_sequence(_settings: "SV3DSettings", image: bpy.types.Image) -> bool:
    return image.source == "SEQUENCE"


class SV3DSettings(bpy.types.PropertyGroup):
    source: EnumProperty(  # type: ignore[valid-type]
        name="Source",
        description="Where the frames of the orbit come from",
        items=(
            ("FOLDER", "Folder", "A folder with the pictures of an orbit", "FILE_FOLDER", 0),
            ("SEQUENCE", "Image Sequence", "An image sequence that is open in this file", "RENDER_ANIMATION", 1),
        ),
        update=_look_at_source,
    )
    folder: StringProperty(  # type: ignore[valid-type]
        name="Frames",
        description="Folder with the orbit's frames: 8 or more square pictures, in order, the last one from the front",
        subtype="DIR_PATH",
        update=_look_at_source,
    )
    sequence: PointerProperty(  # type: ignore[valid-type]
        name="Sequence",
        description="Image sequence that shows the orbit, the last frame from the front",
        type=bpy.types.Image,
        poll=_is_sequence,
        update=_look_at_source,
    )
    cameras: StringProperty(  # type: ignore[valid-type]
        name="Cameras",
        description="File that tells each frame's camera; found by itself when it is cameras.json beside the frames. "
        "Without one, the camera circles at one height",
        subtype="FILE_PATH",
    )
    elevation: FloatProperty(  # type: ignore[valid-type]
        name="Elevation",
        description="How far above the object's middle the camera circles",
        subtype="ANGLE",
        default=radians(10.0),
        min=radians(-89.0),
        max=radians(89.0),
    )
    preset: EnumProperty(  # type: ignore[valid-type]
        name="Quality",
        description="How much work goes into the mesh. Times are for two processor cores; a graphics card is faster",
        items=tuple(
            (name, f"{name.title()} · {minutes} min", tip)
            for (name, minutes), tip in zip(
                EXPECTED_MINUTES.items(),
                (
                    "A quick look: rough shape, small texture",
                    "For work: full frame resolution, 2048² texture",
                    "Finest shape and a 4096² texture",
                ),
                strict=True,
            )
        ),
        default="standard",
    )
    seed: IntProperty(  # type: ignore[valid-type]
        name="Seed",
        description="The same seed gives the same mesh again",
        min=0,
    )
    frame_count: IntProperty(options={"HIDDEN"})  # type: ignore[valid-type]

    @property
    def has_source(self) -> bool:
        return bool(self.folder) if self.source == "FOLDER" else self.sequence is not None

    def orbit(self) -> Orbit:
        """The frames chosen now.  Raises UserError."""
        if not self.has_source:
            raise UserError("No orbit has been chosen.", "Choose a folder of frames or an image sequence first.")
        if self.source == "FOLDER":
            return orbit_in_folder(Path(bpy.path.abspath(self.folder)))
        return orbit_of_sequence(Path(bpy.path.abspath(self.sequence.filepath, library=self.sequence.library)))
