"""What the tab's fields hold; kept with the scene."""

from math import radians
from pathlib import Path

import bpy
from bpy.props import BoolProperty, EnumProperty, FloatProperty, IntProperty, PointerProperty, StringProperty

from ...sv3d_engine.shared import protocol
from ...sv3d_engine.shared.errors import UserError
from ...sv3d_engine.shared.model_facts import STEPS, Usage
from .. import tab
from ..light.choices import LIGHTS
from ..light.world import is_picture_light
from ..orbit.property_group import SV3DSceneCameras
from . import choices
from .picture import can_be_source
from .source import Orbit, orbit_in_folder, orbit_of_sequence, pictures_in_folder
from .wording import EXPECTED_MINUTES


def _look_at_source(settings: "SV3DSettings", _context: bpy.types.Context) -> None:
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


def _source_of_orbit_changed(settings: "SV3DSettings", _context: bpy.types.Context) -> None:
    if settings.orbit_source == "PRESET" and settings.orbit_kind == "file":
        settings.orbit_kind = "auto"


def _kind_of_orbit_changed(settings: "SV3DSettings", _context: bpy.types.Context) -> None:
    """Files and scripts of before there were other sources say "file" here."""
    source = "FILE" if settings.orbit_kind == "file" else "PRESET"
    if settings.orbit_source != source:
        settings.orbit_source = source


def _is_sequence(_settings: "SV3DSettings", image: bpy.types.Image) -> bool:
    return image.source in {"SEQUENCE", "MOVIE"}


def _is_picture(_settings: "SV3DSettings", image: bpy.types.Image) -> bool:
    return can_be_source(image)


class SV3DSettings(bpy.types.PropertyGroup):
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
    make: EnumProperty(  # type: ignore[valid-type]
        name="Make",
        description="What to make from the picture",
        items=(
            ("MESH", "Mesh", "An orbit, and a textured mesh from it"),
            ("ORBIT", "Orbit Only", "The 21 frames of the orbit. A mesh can be made from them later"),
        ),
    )
    orbit_source: EnumProperty(  # type: ignore[valid-type]
        name="Orbit From",
        description="What tells how the camera goes round the object",
        items=(
            ("PRESET", "Preset", "A way that SV3D knows well"),
            ("CAMERAS", "Cameras", "Cameras of the scene: selected ones, an animated one, or a collection"),
            ("FILE", "File", "A file like cameras.json with 21 views"),
        ),
        update=_source_of_orbit_changed,
    )
    show_orbit: BoolProperty(  # type: ignore[valid-type]
        name="Show Orbit",
        description="Draw the orbit in the 3D View while its sidebar shows this tab: the way, the 21 views with their "
        "numbers, the picture's in green, and in orange what SV3D was not trained on",
        default=True,
        update=lambda _settings, _context: tab.redraw_views(),
    )
    scene_cameras: PointerProperty(  # type: ignore[valid-type]
        description="The cameras of the scene that tell the orbit", type=SV3DSceneCameras
    )
    orbit_kind: EnumProperty(  # type: ignore[valid-type]
        name="Orbit",
        description="How the camera goes round the object",
        items=choices.ORBITS,
        update=_kind_of_orbit_changed,
    )
    orbit_file: StringProperty(  # type: ignore[valid-type]
        name="Cameras",
        description="File like cameras.json with the 21 views to make, the last one as the picture shows the object",
        subtype="FILE_PATH",
    )
    amplitude: FloatProperty(  # type: ignore[valid-type]
        name="Rise",
        description="How far the camera rises and falls on its way, with the orbit Rise and Fall",
        subtype="ANGLE",
        default=radians(30.0),
        min=0.0,
        max=radians(89.0),
    )
    sampler: EnumProperty(  # type: ignore[valid-type]
        name="Sampler",
        description="How the frames emerge from noise",
        items=choices.SAMPLERS,
    )
    own_steps: BoolProperty(  # type: ignore[valid-type]
        name="Own Steps",
        description="Choose the number of steps. Automatic takes what the sampler's name says, "
        "or what suits the weights",
        get=lambda self: self.steps > 0,
        set=lambda self, own: setattr(self, "steps", STEPS["euler"] if own else 0),
    )
    steps: IntProperty(  # type: ignore[valid-type]
        name="Steps",
        description="More steps take longer and show finer detail. 0 is automatic",
        min=0,
        max=1000,
        soft_max=100,
    )
    guidance: EnumProperty(  # type: ignore[valid-type]
        name="Guidance",
        description="How the frames are held to the picture",
        items=choices.GUIDANCES,
    )
    own_strength: BoolProperty(  # type: ignore[valid-type]
        name="Own Strength",
        description="Choose the strength. Automatic takes what suits the weights: 2.5 for the official ones",
        get=lambda self: self.guidance_scale >= 1,
        set=lambda self, own: setattr(self, "guidance_scale", Usage.guidance_scale if own else 0.0),
    )
    guidance_scale: FloatProperty(  # type: ignore[valid-type]
        name="Strength",
        description="How strongly, at most, the frames are held to the picture. Too much makes them hard and garish. "
        "Less than 1 is automatic",
        min=0.0,
        max=20.0,
        soft_max=6.0,
    )
    memory: EnumProperty(  # type: ignore[valid-type]
        name="Memory",
        description="How much of the graphics card's memory may be used",
        items=choices.MEMORY_MODES,
    )
    background_model: BoolProperty(  # type: ignore[valid-type]
        name="Cut Out Object",
        description="Cut the object out with the background model, where the engine has it: see the preferences. "
        "A picture with a clear background of its own does not need it",
        default=True,
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
    preset: EnumProperty(  # type: ignore[valid-type]
        name="Quality",
        description="How much work goes into the mesh. Times are for the mesh alone, "
        "on two processor cores; a graphics card is faster",
        items=tuple((word, f"{name} · {EXPECTED_MINUTES[word]} min", tip) for word, name, tip in choices.QUALITIES),
        default="standard",
    )
    own_faces: BoolProperty(  # type: ignore[valid-type]
        name="Own Number of Faces",
        description="Choose how many triangles the mesh may have. "
        "Automatic goes by the quality: 10000 for draft, 30000 for standard, 50000 for high",
        get=lambda self: self.faces > 0,
        set=lambda self, own: setattr(self, "faces", 20_000 if own else 0),
    )
    faces: IntProperty(  # type: ignore[valid-type]
        name="Faces",
        description="The most triangles that the mesh may have, from 500 to 200000. 0 is automatic",
        min=0,
        max=protocol.MOST_FACES,
        step=1000,
    )
    texture: EnumProperty(  # type: ignore[valid-type]
        name="Texture",
        description="How many pixels the mesh's textures have along each side",
        items=choices.TEXTURE_SIZES,
    )
    material: EnumProperty(  # type: ignore[valid-type]
        name="Material",
        description="What the mesh's surface is like",
        items=choices.MATERIALS,
    )
    frame_light: EnumProperty(  # type: ignore[valid-type]
        name="Frames' Light",
        description="How the light of the frames stands, which is taken out of the mesh's colours",
        items=choices.FRAME_LIGHTS,
    )
    sds: EnumProperty(  # type: ignore[valid-type]
        name="Unseen Parts",
        description="What becomes of places that no frame looks at",
        items=choices.UNSEEN,
    )
    normals: StringProperty(  # type: ignore[valid-type]
        name="Normals",
        description="Folder with a normal map for each frame, called as the frames are, or a network's file (.onnx) "
        "that tells normals from pictures, like MoGe-2's. It makes fine shapes truer. May stay empty",
        subtype="FILE_PATH",
    )
    quads: BoolProperty(  # type: ignore[valid-type]
        name="Quads",
        description="Join triangles in pairs as the mesh comes into the scene, where that leaves good four-sided faces "
        "and no seam of the UV map is crossed; some triangles stay. With Import Again, for a mesh that is made already",
    )
    playback: BoolProperty(  # type: ignore[valid-type]
        name="Set Up Playback",
        description="As the result comes, make the preview range its orbit, and the scene's camera the orbit's "
        "if there is none. Otherwise both stay as they are",
    )
    light: EnumProperty(  # type: ignore[valid-type]
        name="Light",
        description="Which light the scene has now; the buttons below Compare with Orbit switch it",
        items=LIGHTS,
        get=lambda self: 0 if is_picture_light(self.id_data) else 1,
    )
    seed: IntProperty(  # type: ignore[valid-type]
        name="Seed",
        description="The same seed gives the same mesh again",
        min=0,
    )
    frame_count: IntProperty(  # type: ignore[valid-type]
        description="How many pictures or frames the source has", options={"HIDDEN"}
    )
    chosen: StringProperty(  # type: ignore[valid-type]
        description="Which files of the folder are taken, and which are left out", options={"HIDDEN"}
    )

    @property
    def orbit_word(self) -> str:
        """The orbit that is chosen, whatever tells it: one of the protocol's words, or "cameras" for the scene's."""
        return {"PRESET": self.orbit_kind, "CAMERAS": "cameras", "FILE": "file"}[self.orbit_source]

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
