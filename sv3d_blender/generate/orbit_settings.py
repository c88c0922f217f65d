"""How SV3D imagines an orbit, as the tab's fields hold it."""

from math import radians

import bpy
from bpy.props import BoolProperty, EnumProperty, FloatProperty, IntProperty, PointerProperty, StringProperty

from ...sv3d_engine.shared.model_facts import STEPS, Usage
from .. import tab
from ..orbit.property_group import SV3DSceneCameras
from . import choices


def _source_of_orbit_changed(settings: "OrbitSettings", _context: bpy.types.Context) -> None:
    if settings.orbit_source == "PRESET" and settings.orbit_kind == "file":
        settings.orbit_kind = "auto"


def _kind_of_orbit_changed(settings: "OrbitSettings", _context: bpy.types.Context) -> None:
    """Files and scripts of before there were other sources say "file" here."""
    source = "FILE" if settings.orbit_kind == "file" else "PRESET"
    if settings.orbit_source != source:
        settings.orbit_source = source


class OrbitSettings:
    """The way round the object, and how its frames emerge; a part of the scene's ``SV3DSettings``."""

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

    @property
    def orbit_word(self) -> str:
        """The orbit that is chosen, whatever tells it: one of the protocol's words, or "cameras" for the scene's."""
        return {"PRESET": self.orbit_kind, "CAMERAS": "cameras", "FILE": "file"}[self.orbit_source]
