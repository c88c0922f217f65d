"""Files for game engines: GLB, FBX and USD."""

import re
from pathlib import Path

import bpy
from bpy.props import BoolProperty, EnumProperty, StringProperty
from bpy_extras.io_utils import ExportHelper
from mathutils import Matrix

from .. import compat
from ..translations import reported
from .baked import Piece, baked
from .chosen import chosen_result, poll_result
from .lighter import lods_of

_SUFFIXES = {"GLB": ".glb", "FBX": ".fbx", "USD": ".usdc"}


class SV3D_OT_export_game(bpy.types.Operator, ExportHelper):
    bl_idname = "sv3d.export_game"
    bl_label = "Export for Games"
    bl_description = "Write the mesh with its textures for a game engine. The scene stays as it is"
    bl_options = {"PRESET"}

    format: EnumProperty(  # type: ignore[valid-type]
        name="Format",
        description="What kind of file is written",
        items=(
            ("GLB", "glTF (.glb)", "For Godot, Unity, the web. Always in metres"),
            ("FBX", "FBX (.fbx)", "For Unreal and Unity. The textures are in the file"),
            ("USD", "USD (.usdc)", "For Unreal, Omniverse, film. The textures come in a folder beside it"),
        ),
    )
    unit: EnumProperty(  # type: ignore[valid-type]
        name="Unit",
        description="What a length of one means in the file",
        items=(
            ("METRES", "Metres", "A Blender unit is a metre"),
            ("CENTIMETRES", "Centimetres (Unreal)", "The same size, counted as Unreal does"),
        ),
    )
    collision: BoolProperty(  # type: ignore[valid-type]
        name="Collision Hull",
        description="Add a simple convex hull named UCX_, which Unreal takes for collisions",
    )
    lods: BoolProperty(  # type: ignore[valid-type]
        name="LOD Set", description="Write LOD0, LOD1 and LOD2 where Make LOD Set has made them", default=True
    )
    filter_glob: StringProperty(  # type: ignore[valid-type]
        description="Which files the file browser shows", default="*.glb;*.fbx;*.usdc", options={"HIDDEN"}
    )

    @property
    def filename_ext(self) -> str:
        return _SUFFIXES[self.format]

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        return poll_result(cls, context)

    def invoke(self, context: bpy.types.Context, event: bpy.types.Event) -> set[str]:
        self.filepath = beside_file(chosen_result(context).name, self.filename_ext)
        return ExportHelper.invoke(self, context, event)

    def draw(self, _context: bpy.types.Context) -> None:
        column = self.layout.column()
        column.use_property_split = True
        column.prop(self, "format")
        unit = column.column()
        unit.enabled = self.format != "GLB"
        unit.prop(self, "unit")
        column.prop(self, "collision")
        column.prop(self, "lods")

    def execute(self, context: bpy.types.Context) -> set[str]:
        result = chosen_result(context)
        levels = lods_of(result) if self.lods else {}
        pieces = _pieces(result, levels, collision=self.collision)
        centimetres = self.unit == "CENTIMETRES" and self.format != "GLB"
        group = file_name(result.name) if levels and self.format == "FBX" else ""
        if self.format == "USD" and not bpy.app.build_options.usd:
            self.report({"ERROR"}, reported("This Blender was built without USD. Choose another format"))
            return {"CANCELLED"}
        path = Path(bpy.path.abspath(self.filepath)).with_suffix(self.filename_ext)
        try:
            with baked(context, pieces, group) as collection:
                _WRITERS[self.format](path, collection, 0.01 if centimetres else 1.0)
        except (RuntimeError, OSError) as error:
            self.report({"ERROR"}, not_written(path, error))
            return {"CANCELLED"}
        self.report({"INFO"}, reported("Written: {file}", file=path.name))
        return {"FINISHED"}


def file_name(name: str) -> str:
    """An object's name as all formats and engines keep it."""
    return re.sub(r"\W", "_", name, flags=re.ASCII) or "SV3D"


def beside_file(name: str, suffix: str) -> str:
    """Where a file dialog begins: beside the .blend file, under the object's name."""
    return str(Path(bpy.path.abspath("//") if bpy.data.filepath else Path.home(), file_name(name) + suffix))


def not_written(path: Path, error: Exception) -> str:
    """An exporter's failure for the artist: the last line, as it may be a whole traceback."""
    last = (str(error).strip().splitlines() or [""])[-1]
    return reported("The file cannot be written: {path}. {last}", path=path, last=last).rstrip()


def _pieces(result: bpy.types.Object, levels: dict[int, bpy.types.Object], *, collision: bool) -> list[Piece]:
    name = file_name(result.name)
    pieces = [Piece(levels[level], f"{name}_LOD{level}") for level in sorted(levels)] or [Piece(result, name)]
    if collision:
        pieces.append(Piece(result, f"UCX_{pieces[0].name}_00", hull=True))
    return pieces


def _write_glb(path: Path, collection: bpy.types.Collection, _metres: float) -> None:
    bpy.ops.export_scene.gltf(
        filepath=str(path),
        export_format="GLB",
        collection=collection.name,
        export_animations=False,
        export_tangents=True,
    )


def _write_fbx(path: Path, collection: bpy.types.Collection, metres: float) -> None:
    """The unit is told by the file's own factor, so that no object in it has a size of its own."""
    for thing in collection.objects:
        if thing.type == "MESH":
            thing.data.transform(Matrix.Scale(1 / metres, 4))
    bpy.ops.export_scene.fbx(
        filepath=str(path),
        collection=collection.name,
        object_types={"MESH", "EMPTY"},
        global_scale=metres,
        apply_unit_scale=False,
        apply_scale_options="FBX_SCALE_ALL",
        mesh_smooth_type="FACE",
        use_tspace=True,
        bake_anim=False,
        path_mode="COPY",
        embed_textures=True,
    )


def _write_usd(path: Path, collection: bpy.types.Collection, metres: float) -> None:
    compat.export_usd(path, collection, metres)


_WRITERS = {"GLB": _write_glb, "FBX": _write_fbx, "USD": _write_usd}

CLASSES = (SV3D_OT_export_game,)
