"""The button that adds a rig of orbit cameras."""

from math import radians

import bpy
from bpy.props import EnumProperty, FloatProperty, IntProperty
from mathutils import Vector

from ...sv3d_engine.shared.trajectory import SV3D_FRAME_COUNT
from ..generate.preflight import typed_degrees
from ..translations import said
from .gathering import MOST_CAMERAS, place_of
from .rig import add_rig, add_root
from .rig_plan import fitting_radius, rig_poses
from .scene_orbit import FEWEST

_NO_SIZE = {"CAMERA", "LIGHT", "LIGHT_PROBE", "SPEAKER", "ARMATURE"}  # nothing that a picture shows


class SV3D_OT_add_orbit_cameras(bpy.types.Operator):
    bl_idname = "sv3d.add_orbit_cameras"
    bl_label = "Add Orbit Cameras"
    bl_description = (
        "Add cameras that go round an object, and take them for the orbit. "
        "They can be moved, keyed and edited; the last one sees what the picture shows"
    )
    bl_options = {"REGISTER", "UNDO"}

    preset: EnumProperty(  # type: ignore[valid-type]
        name="Way",
        description="How the cameras stand round the object",
        items=(
            ("static", "Level", "All at one height"),
            ("sine", "Rise and Fall", "Once up and down on the way round"),
            ("dynamic", "Random", "Up and down at random, and unevenly round"),
        ),
        default="sine",
    )
    kind: EnumProperty(  # type: ignore[valid-type]
        name="Rig",
        description="Whether a curve leads the cameras",
        items=(
            ("CURVE", "On a Curve", "The cameras keep to a curve, which can be edited, and look at the target"),
            ("FREE", "Free", "Each camera can be moved and turned by itself"),
        ),
    )
    around: EnumProperty(  # type: ignore[valid-type]
        name="Around",
        description="What the cameras go round",
        items=(
            ("ACTIVE", "Active Object", "The middle of the active object, with which the rig then goes"),
            ("CURSOR", "3D Cursor", "The place of the 3D cursor"),
            ("EMPTY", "Active Empty", "The active object, an empty, is what the cameras look at"),
        ),
        options={"SKIP_SAVE"},
    )
    count: IntProperty(  # type: ignore[valid-type]
        name="Cameras",
        description="How many cameras there are. SV3D makes 21 views of any number",
        default=SV3D_FRAME_COUNT,
        min=FEWEST,
        max=MOST_CAMERAS,
        soft_max=84,
    )
    radius: FloatProperty(  # type: ignore[valid-type]
        name="Radius", description="0 fits the object", subtype="DISTANCE", min=0.0, options={"SKIP_SAVE"}
    )
    elevation: FloatProperty(  # type: ignore[valid-type]
        name="Elevation",
        description="How far above the object's middle the camera of the picture's view stands",
        subtype="ANGLE",
        default=radians(10.0),
        min=radians(-89.0),
        max=radians(89.0),
    )
    rise: FloatProperty(  # type: ignore[valid-type]
        name="Rise",
        description="How far the cameras rise and fall, with Rise and Fall",
        subtype="ANGLE",
        default=radians(30.0),
        min=0.0,
        max=radians(89.0),
    )
    seed: IntProperty(name="Seed", description="Of a random way", min=0)  # type: ignore[valid-type]

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        if context.mode != "OBJECT":
            cls.poll_message_set(said("Works in Object Mode"))
            return False
        return True

    def execute(self, context: bpy.types.Context) -> set[str]:
        active = context.active_object
        if not self.properties.is_property_set("around"):
            self.around = _fitting(active)
        wanted = {"ACTIVE": "an object", "EMPTY": "an empty"}.get(self.around, "")
        if wanted and (active is None or (self.around == "EMPTY" and active.type != "EMPTY")):
            self.report({"ERROR"}, f"Select {wanted} first, or choose the 3D Cursor")
            return {"CANCELLED"}
        radius = self.radius or fitting_radius(_size(active) if self.around == "ACTIVE" else 0.0)
        root = self._root(context, active, radius)
        poses = rig_poses(self.preset, typed_degrees(self.elevation), typed_degrees(self.rise), self.seed, self.count)
        rig = add_rig(context.scene, root, poses, radius, on_curve=self.kind == "CURVE")
        settings = context.scene.sv3d
        settings.orbit_source = "CAMERAS"
        cameras = settings.scene_cameras
        cameras.which, cameras.rig, cameras.target, cameras.front = "RIG", rig.collection, root, rig.front
        for selected in context.selected_objects:
            selected.select_set(False)
        context.view_layer.objects.active = root
        root.select_set(True)
        return {"FINISHED"}

    def _root(self, context: bpy.types.Context, active: bpy.types.Object | None, radius: float) -> bpy.types.Object:
        if self.around == "EMPTY" and active:
            return active
        if self.around == "ACTIVE" and active:
            return add_root(Vector(place_of(active)), active, radius)
        return add_root(context.scene.cursor.location, None, radius)


def _fitting(active: bpy.types.Object | None) -> str:
    if active is None or active.type in _NO_SIZE or not active.select_get():
        return "CURSOR"
    return "EMPTY" if active.type == "EMPTY" else "ACTIVE"


def _size(thing: bpy.types.Object | None) -> float:
    """Half the diagonal of an object's bounds, in the world."""
    if thing is None:
        return 0.0
    middle = Vector(place_of(thing))
    return max(
        (float((thing.matrix_world @ Vector(corner) - middle).length) for corner in thing.bound_box), default=0.0
    )


CLASSES = (SV3D_OT_add_orbit_cameras,)
