"""Files for 3D printers, which want a closed mesh in millimetres."""

from pathlib import Path

import bmesh
import bpy
from bpy.props import BoolProperty, FloatProperty, StringProperty
from bpy_extras.io_utils import ExportHelper

from ..phrase import joined, phrase
from ..translations import reported
from .baked import Piece, baked
from .chosen import chosen_result, poll_result
from .game_export import beside_file, file_name, not_written


class SV3D_OT_export_print(bpy.types.Operator, ExportHelper):
    bl_idname = "sv3d.export_print"
    bl_label = "Export for 3D Print"
    bl_description = "Check that the mesh is watertight and write it as STL, in millimetres"
    bl_options = {"PRESET"}

    filename_ext = ".stl"
    size: FloatProperty(  # type: ignore[valid-type]
        name="Longest Side", description="Of the print, in millimetres", default=100.0, min=1.0, soft_max=500.0
    )
    even_if_open: BoolProperty(  # type: ignore[valid-type]
        name="Even If Not Watertight", description="Write it all the same, and leave the mending to the slicer"
    )
    filter_glob: StringProperty(  # type: ignore[valid-type]
        description="Which files the file browser shows", default="*.stl", options={"HIDDEN"}
    )

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        return poll_result(cls, context)

    def invoke(self, context: bpy.types.Context, event: bpy.types.Event) -> set[str]:
        self.filepath = beside_file(chosen_result(context).name, self.filename_ext)
        return ExportHelper.invoke(self, context, event)

    def execute(self, context: bpy.types.Context) -> set[str]:
        result = chosen_result(context)
        path = Path(bpy.path.abspath(self.filepath)).with_suffix(self.filename_ext)
        try:
            with baked(context, [Piece(result, file_name(result.name))]) as collection:
                (copy,) = collection.objects
                longest = max(copy.dimensions)
                if longest <= 0:
                    self.report({"ERROR"}, reported("The mesh has no size. Remove modifiers that leave nothing of it"))
                    return {"CANCELLED"}
                problem = not_watertight(copy.data)
                if problem and not self.even_if_open:
                    self.report(
                        {"ERROR"}, reported(joined(" ", (problem, phrase("Mend it, or tick Even If Not Watertight"))))
                    )
                    return {"CANCELLED"}
                bpy.ops.wm.stl_export(filepath=str(path), collection=collection.name, global_scale=self.size / longest)
        except (RuntimeError, OSError) as error:
            self.report({"ERROR"}, not_written(path, error))
            return {"CANCELLED"}
        if problem:
            self.report({"WARNING"}, reported("Written: {file}. {problem}", file=path.name, problem=problem))
        else:
            self.report({"INFO"}, reported("Watertight. Written: {file}", file=path.name))
        return {"FINISHED"}


def not_watertight(mesh: bpy.types.Mesh) -> str:
    """Why a printer could not tell the mesh's inside from its outside; empty if it can."""
    work = bmesh.new()
    try:
        work.from_mesh(mesh)
        open_edges = sum(len(edge.link_faces) < 2 for edge in work.edges)
        crowded = sum(len(edge.link_faces) > 2 for edge in work.edges)
        flipped = sum(len(edge.link_faces) == 2 and not edge.is_contiguous for edge in work.edges)
        volume = work.calc_volume(signed=True)
    finally:
        work.free()
    found = (
        (open_edges, "{count} open edges"),
        (crowded, "{count} edges with more than two faces"),
        (flipped, "{count} edges between turned faces"),
    )
    if told := joined(", ", (phrase(what, count=count) for count, what in found if count)):
        return phrase("The mesh is not watertight: {told}.", told=told)
    return "" if volume > 0 else phrase("The mesh is inside out.")


CLASSES = (SV3D_OT_export_print,)
