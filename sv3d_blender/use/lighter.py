"""Lighter versions of a result: fewer faces, and a set for several distances.  The mesh itself stays as it is."""

import bpy
from bpy.props import FloatProperty, IntProperty
from mathutils import Matrix, Vector

from ..translations import reported
from .chosen import chosen_result, poll_result

MODIFIER = "SV3D Decimate"
LEVELS = 3
_SET = "sv3d_lod_set"  # on a result: its levels' collection
_LEVEL = "sv3d_lod"  # on a level: which
_GAP = 1.2  # of the object's width, from one level to the next


class SV3D_OT_decimate(bpy.types.Operator):
    bl_idname = "sv3d.decimate"
    bl_label = "Decimate"
    bl_description = "Show the mesh with fewer faces, by a Decimate modifier that can be changed or removed at any time"
    bl_options = {"REGISTER", "UNDO"}

    faces: IntProperty(  # type: ignore[valid-type]
        name="Faces", description="How many triangles are left, about", default=5000, min=50, soft_max=100_000
    )

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        return poll_result(cls, context)

    def execute(self, context: bpy.types.Context) -> set[str]:
        result = chosen_result(context)
        have = triangle_count(result.data)
        decimate_to(result, min(1.0, self.faces / have) if have else 1.0)
        if have <= self.faces:
            self.report({"INFO"}, reported("The mesh has no more than {count} triangles already", count=have))
        return {"FINISHED"}


class SV3D_OT_make_lods(bpy.types.Operator):
    bl_idname = "sv3d.make_lods"
    bl_label = "Make LOD Set"
    bl_description = (
        "Put LOD0, LOD1 and LOD2 beside the mesh, each with fewer faces. They share its mesh; "
        "their Decimate modifiers can be changed. Again, only their faces are set anew"
    )
    bl_options = {"REGISTER", "UNDO"}

    ratio: FloatProperty(  # type: ignore[valid-type]
        name="Ratio", description="Faces of each level, of the one before", default=0.4, min=0.05, max=0.95
    )

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        return poll_result(cls, context)

    def execute(self, context: bpy.types.Context) -> set[str]:
        result = chosen_result(context)
        if _LEVEL in result:
            self.report({"ERROR"}, reported("This is a level of a set. Select the mesh that it was made of"))
            return {"CANCELLED"}
        there = lods_of(result)
        home = result.get(_SET) if there else None
        if home is None:
            home = bpy.data.collections.new(f"{result.name} LODs")
            (result.users_collection or (context.scene.collection,))[0].children.link(home)
            result[_SET] = home
        first = _own_ratio(result)
        for level in range(LEVELS):
            copy = there.get(level) or _add_level(result, level, home)
            decimate_to(copy, first * self.ratio**level)
        return {"FINISHED"}


def lods_of(result: bpy.types.Object) -> dict[int, bpy.types.Object]:
    """The levels that a result has, by number; empty if none were made, or they were deleted."""
    home = result.get(_SET)
    if not isinstance(home, bpy.types.Collection):
        return {}
    return {copy[_LEVEL]: copy for copy in home.objects if copy.type == "MESH" and isinstance(copy.get(_LEVEL), int)}


def decimate_to(thing: bpy.types.Object, ratio: float) -> None:
    """Leave this share of an object's faces to be seen; it is drawn from its whole mesh whenever that changes."""
    modifier = thing.modifiers.get(MODIFIER) or thing.modifiers.new(MODIFIER, "DECIMATE")
    modifier.decimate_type = "COLLAPSE"
    modifier.ratio = ratio


def triangle_count(mesh: bpy.types.Mesh) -> int:
    """Of a mesh once its faces are cut into triangles."""
    return len(mesh.loops) - 2 * len(mesh.polygons)


def _own_ratio(result: bpy.types.Object) -> float:
    modifier = result.modifiers.get(MODIFIER)
    return float(modifier.ratio) if modifier else 1.0


def _add_level(result: bpy.types.Object, level: int, home: bpy.types.Collection) -> bpy.types.Object:
    copy = result.copy()
    copy.name = f"{result.name}_LOD{level}"
    if _SET in copy:
        del copy[_SET]
    copy[_LEVEL] = level
    if copy.asset_data:
        copy.asset_clear()
    home.objects.link(copy)
    aside = Vector(((level + 1) * _GAP * result.dimensions.x, 0.0, 0.0))
    copy.matrix_world = Matrix.Translation(aside) @ result.matrix_world
    return copy


CLASSES = (SV3D_OT_decimate, SV3D_OT_make_lods)
