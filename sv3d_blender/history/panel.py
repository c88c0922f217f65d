"""How the history and the choice of the results folder look.  Drawing touches no disk."""

from datetime import datetime
from pathlib import Path

import bpy

from .. import tab
from ..engine.session import session
from ..generate.wording import lines, resume_word, size
from ..phrase import phrase
from ..results_folder import BESIDE
from ..translations import said
from .catalogue import catalogue
from .jobs import JobRecord, State

_ICONS = {State.DONE: "CHECKMARK", State.RUNNING: "SORTTIME", State.FAILED: "ERROR", State.STOPPED: "PAUSE"}
_PICTURE_SCALE = 5.0  # in rows
_NARROW = 260  # pixels at interface scale 1, below which dates go


class SV3D_UL_history(bpy.types.UIList):
    bl_idname = "SV3D_UL_history"

    def draw_item(
        self,
        context: bpy.types.Context,
        layout: bpy.types.UILayout,
        _data: object,
        _item: object,
        _icon: int,
        _active_data: object,
        _active: str,
        index: int = 0,
        _flag: int = 0,
    ) -> None:
        if index >= len(catalogue.records):
            return
        record = catalogue.records[index]
        picture = catalogue.icon(record)
        row = layout.row(align=True)
        row.label(text=record.title, **({"icon_value": picture} if picture else {"icon": "FILE_3D"}))
        side = row.row()
        side.alignment = "RIGHT"
        side.label(text=when(record.time, context), icon=_ICONS[record.state])

    def filter_items(
        self, _context: bpy.types.Context, data: bpy.types.AnyType, name: str
    ) -> tuple[list[int], list[int]]:
        """By title, as the rows themselves hold nothing."""
        wanted = self.filter_name.casefold()
        titles = [record.title.casefold() for record in catalogue.records]
        shown = [self.bitflag_filter_item if wanted in title else 0 for title in titles]
        return shown[: len(getattr(data, name))], []


def draw_history(layout: bpy.types.UILayout, context: bpy.types.Context) -> None:
    """All jobs on disk, and what can be done with the one that is selected."""
    catalogue.look()
    if catalogue.message:
        _draw_message(layout.box(), context)
    if catalogue.records:
        history = context.window_manager.sv3d_history
        layout.template_list(SV3D_UL_history.bl_idname, "", history, "rows", history, "active", rows=4)
        if record := catalogue.current:
            _draw_job(layout.box(), context, record)
        row = layout.row()
        row.label(text=f"{_count(len(catalogue.records))}, {size(catalogue.size)}", icon="DISK_DRIVE")
        row.operator("sv3d.history_clean_up", icon="BRUSH_DATA")
    else:
        layout.label(text="Nothing has been made yet" if catalogue.was_read else "Looking…", icon="INFO")
    draw_place(layout, context)


def draw_place(layout: bpy.types.UILayout, context: bpy.types.Context) -> None:
    """Where the next result goes."""
    choice = context.scene.sv3d_results
    layout.prop(choice, "beside_file")
    if choice.beside_file:
        name = BESIDE if bpy.data.filepath else "Save the file first; until then results go to your own folder"
        layout.label(text=name, icon="FILE_FOLDER" if bpy.data.filepath else "ERROR")


def when(time: float, context: bpy.types.Context) -> str:
    """A date as short as it can be, or none where there is no room for one."""
    if context.region and context.region.width / context.preferences.system.ui_scale < _NARROW:
        return ""
    made, now = datetime.fromtimestamp(time), datetime.now()
    if made.date() == now.date():
        return f"{made:%H:%M}"
    return f"{made.day} {made:%b}" if made.year == now.year else f"{made.day} {made:%b %Y}"


def _draw_job(box: bpy.types.UILayout, context: bpy.types.Context, record: JobRecord) -> None:
    made = datetime.fromtimestamp(record.time)
    if picture := catalogue.icon(record):
        box.template_icon(picture, scale=_PICTURE_SCALE)
    column = box.column(align=True)
    column.scale_y = 0.8
    kind = "Mesh" if record.makes_mesh else "Orbit"
    preset = getattr(record.request, "preset", "")
    column.label(text=" · ".join(filter(None, (record.title, said(kind), said(preset.title())))))
    column.label(text=f"{made.day} {made:%b %Y, %H:%M} · {size(record.size)}")
    _draw_text(column, context, _state_text(record), _ICONS[record.state])
    if record.state is State.DONE:
        again = box.operator("sv3d.import_result", text="Import Again", icon="IMPORT")
        again.folder, again.title, again.orbit_only = str(record.folder), record.title, not record.makes_mesh
    elif record.state is not State.RUNNING:
        box.operator("sv3d.history_resume", text=resume_word(is_doubt=record.is_doubt), icon="PLAY")
    box.operator("sv3d.history_settings", icon="LOOP_BACK")
    row = box.row(align=True)
    row.operator("sv3d.history_open_folder", icon="FILE_FOLDER")
    row.operator("sv3d.history_delete", icon="TRASH")


def _state_text(record: JobRecord) -> str:
    if record.state is State.RUNNING:
        here = session.busy and session.job is not None and Path(session.job.request.out) == record.folder
        return "At work" if here else "At work in another Blender"
    if record.state is State.DONE:
        return "Done"
    kept = phrase("in its first stage")
    if record.stages_done:
        kept = phrase("{done} of {all} stages are kept", done=record.stages_done, all=record.stages)
    if record.state is State.FAILED:
        return phrase("Failed: {cause} ({kept})", cause=record.cause, kept=kept)
    return phrase("Stopped: {kept}", kept=kept)


def _count(number: int) -> str:
    return said("{count} job" if number == 1 else "{count} jobs", count=number)


def _draw_message(box: bpy.types.UILayout, context: bpy.types.Context) -> None:
    row = box.row()
    column = row.column(align=True)
    column.scale_y = 0.8
    _draw_text(column, context, catalogue.message, "INFO")
    row.operator("sv3d.history_dismiss", text="", icon="X", emboss=False)


def _draw_text(column: bpy.types.UILayout, context: bpy.types.Context, text: str, icon: str) -> None:
    width = context.region.width / context.preferences.system.ui_scale - 80
    for i, line in enumerate(lines(said(text), width)):
        column.label(text=line, icon="BLANK1" if i else icon)


class _HistoryPanel:
    layout: bpy.types.UILayout
    bl_label = "History"
    bl_region_type = "UI"
    bl_category = tab.NAME
    bl_options = {"DEFAULT_CLOSED"}

    def draw(self, context: bpy.types.Context) -> None:
        draw_history(self.layout, context)


class SV3D_PT_view3d_history(_HistoryPanel, bpy.types.Panel):
    bl_space_type = "VIEW_3D"
    bl_parent_id = "SV3D_PT_view3d_generate"


class SV3D_PT_image_history(_HistoryPanel, bpy.types.Panel):
    bl_space_type = "IMAGE_EDITOR"
    bl_parent_id = "SV3D_PT_image_generate"


CLASSES = (SV3D_UL_history, SV3D_PT_view3d_history, SV3D_PT_image_history)
