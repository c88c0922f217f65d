"""What a mesh is made from, as the tab's fields hold it."""

from math import radians
from pathlib import Path

import bpy
from bpy.props import BoolProperty, EnumProperty, FloatProperty, IntProperty, PointerProperty, StringProperty

from ...sv3d_engine.shared.errors import UserError
from . import choices
from .picture import can_be_source
from .source import Orbit, orbit_in_folder, orbit_of_sequence, pictures_in_folder


def _look_at_source(settings: "SourceSettings", _context: bpy.types.Context) -> None:
    """Count the frames and find their cameras file once, when the source changes: drawing must not touch the disk."""
    settings.chosen = ""
    if settings.source == "PICTURE":
        return
    try:
        if settings.source == "PICTURES":
            settings.frame_count = len(pictures_in_folder(Path(bpy.path.abspath(settings.pictures))))
            return
        orbit = settings.orbit()
    except UserError:
        settings.frame_count, settings.cameras = 0, ""
        return
    settings.frame_count = choices.UNCOUNTED if orbit.is_film else len(orbit.files)
    settings.chosen = "\n".join(orbit.said)
    settings.cameras = str(orbit.cameras or "")


def _is_sequence(_settings: "SourceSettings", image: bpy.types.Image) -> bool:
    return image.source in {"SEQUENCE", "MOVIE"}


def _is_picture(_settings: "SourceSettings", image: bpy.types.Image) -> bool:
    return can_be_source(image)


class SourceSettings:
    """The source, and how its frames were taken where it is an orbit; a part of the scene's ``SV3DSettings``."""

    source: EnumProperty(  # type: ignore[valid-type]
        name="Source",
        description="What the mesh is made from",
        items=(
            ("PICTURE", "Picture", "One picture of an object: SV3D imagines the orbit round it", "IMAGE_DATA", 2),
            ("FOLDER", "Folder", "A folder with the pictures of an orbit", "FILE_FOLDER", 0),
            (
                "SEQUENCE",
                "Sequence",
                "An orbit that is open as an image sequence or a film",
                "RENDER_ANIMATION",
                1,
            ),
            ("PICTURES", "Batch", "A folder of pictures, each of which becomes a mesh", "RENDERLAYERS", 3),
        ),
        default="PICTURE",
        update=_look_at_source,
    )
    picture: PointerProperty(  # type: ignore[valid-type]
        name="Picture",
        description="Picture of one object, best cut out or before a plain background. It is never changed",
        type=bpy.types.Image,
        poll=_is_picture,
    )
    pictures: StringProperty(  # type: ignore[valid-type]
        name="Pictures",
        description="Folder with a picture for each mesh. The jobs wait for each other; one that fails stops no other",
        subtype="DIR_PATH",
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
        description="Image sequence that shows the orbit, the last frame from the front, or a film of one turn",
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
        description="How far above the object's middle the camera stands: 0° looks straight at it, 90° down on it",
        subtype="ANGLE",
        default=radians(10.0),
        min=radians(-89.0),
        max=radians(89.0),
    )
    cameras_as_given: BoolProperty(  # type: ignore[valid-type]
        name="Cameras as Given",
        description="Only tell of cameras that the frames agree with better. "
        "Otherwise the way round, the height, the lens and the turning axis are found from the frames' outlines. "
        "Single frames are moved and weighed either way",
    )
    frame_light: EnumProperty(  # type: ignore[valid-type]
        name="Frames' Light",
        description="How the light of the frames stands, which is taken out of the mesh's colours",
        items=choices.FRAME_LIGHTS,
    )
    frame_count: IntProperty(  # type: ignore[valid-type]
        description="How many pictures or frames the source has", options={"HIDDEN"}
    )
    chosen: StringProperty(  # type: ignore[valid-type]
        description="Which files of the folder are taken, and which are left out", options={"HIDDEN"}
    )

    @property
    def from_picture(self) -> bool:
        """Whether SV3D has to imagine the orbit."""
        return self.source in {"PICTURE", "PICTURES"}

    @property
    def has_source(self) -> bool:
        match self.source:
            case "PICTURE":
                return self.picture is not None
            case "FOLDER":
                return bool(self.folder)
            case "PICTURES":
                return bool(self.pictures)
        return self.sequence is not None

    def orbit(self) -> Orbit:
        """The frames chosen now, where the source is a folder or sequence.  Raises UserError."""
        if not self.has_source:
            raise UserError("No orbit has been chosen.", "Choose a folder of frames or an image sequence first.")
        if self.source == "FOLDER":
            return orbit_in_folder(Path(bpy.path.abspath(self.folder)))
        file = Path(bpy.path.abspath(self.sequence.filepath, library=self.sequence.library))
        return orbit_in_folder(file) if self.sequence.source == "MOVIE" else orbit_of_sequence(file)
