"""Results in the asset library."""

from contextlib import suppress
from pathlib import Path

import bpy

from ..translations import reported
from .catalog_file import CATALOG, NAME, add_catalog
from .chosen import chosen_result, poll_result
from .thumbnail import render_thumbnail


class SV3D_OT_mark_asset(bpy.types.Operator):
    bl_idname = "sv3d.mark_asset"
    bl_label = "Mark as Asset"
    bl_description = "Put the mesh into the asset library, in the catalog SV3D, with a rendered thumbnail"
    bl_options = {"REGISTER", "UNDO"}

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        return poll_result(cls, context)

    def execute(self, context: bpy.types.Context) -> set[str]:
        result = chosen_result(context)
        result.asset_mark()
        result.asset_data.catalog_id = CATALOG
        result.asset_data.tags.new(NAME, skip_if_exists=True)
        licence = result.get("sv3d_licence")
        if isinstance(licence, str):
            result.asset_data.license = licence
        try:
            render_thumbnail(result)
        except RuntimeError as error:
            self.report(
                {"WARNING"},
                reported("SV3D: it has no thumbnail, as Blender could not render it. {error}", error=error).rstrip(),
            )
        if not bpy.data.filepath:
            self.report({"INFO"}, reported("It comes into the library's catalog SV3D when the file is saved"))
        elif problem := write_catalog():
            self.report({"WARNING"}, problem)
        return {"FINISHED"}


def write_catalog() -> str:
    """Let the saved file's library have the catalog SV3D; why that is not possible, if so."""
    libraries = [Path(library.path) for library in bpy.context.preferences.filepaths.asset_libraries]
    try:
        add_catalog(Path(bpy.data.filepath), libraries)
    except (OSError, ValueError) as error:
        return f"SV3D: the catalog cannot be written, so the asset stands under Unassigned. {error}"
    return ""


@bpy.app.handlers.persistent
def on_save(_path: str) -> None:
    """A file that had none before has a place for its catalogs now."""
    if any(thing.asset_data and thing.asset_data.catalog_id == CATALOG for thing in bpy.data.objects):
        with suppress(ReferenceError):
            write_catalog()


CLASSES = (SV3D_OT_mark_asset,)
