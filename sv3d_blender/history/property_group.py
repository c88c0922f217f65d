"""Where results go, as the user chooses it, and what the history's list shows."""

from pathlib import Path

import bpy
from bpy.props import BoolProperty, CollectionProperty, IntProperty, StringProperty

from .. import storage
from ..results_folder import BESIDE, default_folder, refusal
from .catalogue import catalogue


def _look_at_folder(chosen: "SV3DResultsFolder", _context: bpy.types.Context) -> None:
    """Refuse a folder that Blender deletes, once, when it is chosen: drawing must not touch the disk."""
    if chosen.folder == chosen.accepted:
        return
    if not chosen.folder:
        chosen.accepted = chosen.folder = str(default_folder())
        return
    folder = Path(bpy.path.abspath(chosen.folder)).expanduser()
    problem = refusal(folder, storage.deleted_by_blender())
    chosen.accepted = chosen.accepted if problem else str(folder)
    chosen.folder = chosen.accepted or str(default_folder())
    chosen.problem = problem


class SV3DResultsFolder(bpy.types.PropertyGroup):
    """In the preferences."""

    folder: StringProperty(  # type: ignore[valid-type]
        name="Results",
        description="Folder for all that SV3D makes. It stays when the add-on is updated, disabled or removed. "
        "Results that are there already stay where they are, and in the history",
        subtype="DIR_PATH",
        default=str(default_folder()),
        update=_look_at_folder,
    )
    accepted: StringProperty(  # type: ignore[valid-type]
        description="The last folder that could be taken, for when another is refused", options={"HIDDEN"}
    )
    problem: StringProperty(  # type: ignore[valid-type]
        description="Why the folder that was chosen last is refused", options={"HIDDEN", "SKIP_SAVE"}
    )


def _tell_other_scenes(chosen: "SV3DFileResults", _context: bpy.types.Context) -> None:
    for scene in bpy.data.scenes:
        if scene.sv3d_results.beside_file != chosen.beside_file:
            scene.sv3d_results.beside_file = chosen.beside_file


class SV3DFileResults(bpy.types.PropertyGroup):
    """In each scene, and in all of a file the same."""

    beside_file: BoolProperty(  # type: ignore[valid-type]
        name="Results beside This File",
        description=f"Keep what is made for this file in the folder {BESIDE} beside it. It has to be saved once",
        update=_tell_other_scenes,
    )


class SV3DHistoryRow(bpy.types.PropertyGroup):
    """A place in the list.  It holds nothing, as it would be saved with the file: see catalogue.py."""


def _select(history: "SV3DHistory", _context: bpy.types.Context) -> None:
    catalogue.select(history.active)


class SV3DHistory(bpy.types.PropertyGroup):
    """In the window manager."""

    rows: CollectionProperty(  # type: ignore[valid-type]
        description="A row for each job on disk; what they show is read from there", type=SV3DHistoryRow
    )
    active: IntProperty(name="Job", description="What the buttons below act on", update=_select)  # type: ignore[valid-type]


CLASSES = (SV3DResultsFolder, SV3DFileResults, SV3DHistoryRow, SV3DHistory)
