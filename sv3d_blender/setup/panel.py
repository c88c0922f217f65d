"""How the set-up looks: in the preferences, in its dialog, and as a bar while it is at work."""

import textwrap
from typing import TYPE_CHECKING

import bpy

from ...sv3d_engine.shared.errors import UserError
from ...sv3d_engine.shared.model_catalogue import model_called
from ...sv3d_engine.shared.user_folders import home_folder
from ..generate.wording import duration
from ..phrase import joined, phrase
from ..translations import said
from .facts import Facts
from .plan import build_title
from .session import engine_setup
from .state import State
from .tasks import CUT_OUT

if TYPE_CHECKING:
    from ..preferences.property_group import SV3DPreferences

_COLUMNS = 84  # characters of a line in the preferences and the dialog
_ON_DISK = "about {disk} while it works; {free} are free"
_BUTTONS = {State.MISSING: "SET_UP", State.UNFINISHED: "SET_UP", State.OUTDATED: "UPDATE", State.DAMAGED: "REPAIR"}
BUTTON_TITLES = {"SET_UP": "Set Up Engine", "UPDATE": "Update", "REPAIR": "Repair"}


def draw_engine(layout: bpy.types.UILayout, chosen: "SV3DPreferences") -> None:
    """The engine's part of the preferences."""
    box = layout.box()
    facts = engine_setup.facts(chosen)
    if engine_setup.work.busy:
        draw_work(box)
    elif facts and facts.changing:
        box.label(text="Another Blender is setting up or repairing the engine", icon="INFO")
    elif facts and facts.state:
        _draw_state(box, facts)
    elif facts:
        row = box.row()
        row.alert = bool(facts.own_problem)
        row.label(
            text=facts.own_problem or "Your own Python runs the engine", icon="ERROR" if facts.own_problem else "INFO"
        )
    else:
        box.label(text="Looking for the engine…", icon="SORTTIME")
    draw_failure(box)
    column = box.column()
    column.enabled = not engine_setup.work.busy
    row = column.row()
    row.prop(chosen, "home")
    row.operator("sv3d.move_folder", text="", icon="FILE_FOLDER")
    if chosen.home_problem:
        draw_lines(column, chosen.home_problem, "ERROR", alert=True)
    column.prop(chosen, "python")


def _draw_state(box: bpy.types.UILayout, facts: Facts) -> None:
    state = facts.state or State.MISSING
    row = box.row()
    ready = state is State.READY
    device = _device(facts) if ready else ""
    text = (
        said("{state} and computes on: {device}", state=phrase(state.value), device=device) if device else state.value
    )
    row.label(text=text, icon="CHECKMARK" if ready else "INFO" if state is not State.DAMAGED else "ERROR")
    row = box.row()
    row.scale_y = 1.0 if ready else 1.4
    if mode := _BUTTONS.get(state):
        text = "Go On with Set-Up" if state is State.UNFINISHED else BUTTON_TITLES[mode]
        row.operator("sv3d.set_up_engine", text=text, icon="IMPORT").mode = mode
    if ready or state is State.OUTDATED:
        row.operator("sv3d.set_up_engine", text="Repair", icon="TOOL_SETTINGS").mode = "REPAIR"
    if state is not State.MISSING:
        row.operator("sv3d.remove_engine", text="Remove", icon="TRASH")


def _device(facts: Facts) -> str:
    stamp = facts.stamp
    return device_text(stamp.device_name, stamp.device_bytes) if stamp and stamp.device else ""


def device_text(name: str, memory: int) -> str:
    """A device and its memory: "NVIDIA RTX 4090, 24 GB"."""
    return f"{name}, {memory / 1e9:.0f} GB" if memory else name


def draw_work(layout: bpy.types.UILayout, *, narrow: bool = False) -> None:
    """How far the work at hand is, and how it is stopped."""
    work = engine_setup.work
    now = work.progress
    layout.progress(factor=now.fraction, text=f"{said('Stopping' if work.cancelling else now.step)}…")
    bytes_text = (
        phrase("{done:.0f} of about {total:.0f} MB", done=now.done / 1e6, total=now.total / 1e6) if now.total else ""
    )
    left = phrase("{time} left", time=duration(now.seconds_left)) if now.seconds_left is not None else ""
    row = layout.column() if narrow else layout.row()
    if text := joined(" · ", (bytes_text, left)):
        row.label(text=said(text), icon="TIME")
    row.operator("sv3d.cancel_set_up", icon="CANCEL")


def draw_failure(layout: bpy.types.UILayout, columns: int = _COLUMNS) -> None:
    """How the last piece of work ended, if not well, in lines of so many characters."""
    failure = engine_setup.work.failure
    if engine_setup.work.busy or failure is None:
        return
    draw_lines(layout, failure.cause, "ERROR", columns, alert=True)
    draw_lines(layout, failure.remedy, "INFO", columns)
    row = layout.row(align=True)
    row.operator("sv3d.copy_set_up_report", icon="COPYDOWN")
    row.operator("sv3d.dismiss_set_up", text="", icon="X")


def draw_plan(
    layout: bpy.types.UILayout, chosen: "SV3DPreferences", dialog: bpy.types.Region | None = None, *, new: bool
) -> None:
    """The dialog before anything is fetched: what comes, how big, where."""
    layout.use_property_split = True
    layout.use_property_decorate = False
    layout.prop(chosen, "torch")
    if new:
        layout.prop(chosen, "base_python")
    plan = engine_setup.plan(chosen, dialog)
    if plan is None:
        layout.label(text="Looking at this computer…", icon="SORTTIME")
        return
    if isinstance(plan, UserError):
        draw_lines(layout, plan.cause, "ERROR", alert=True)
        draw_lines(layout, plan.remedy, "INFO")
        return
    column, cut_out = layout.column(align=True), model_called(CUT_OUT)
    packages = phrase("nothing, all is here already")
    if plan.coming:
        packages = phrase("{count} packages from the package index", count=len(plan.coming))
    told = [
        ("What", phrase("PyTorch for: {build}; {packages}", build=build_title(plan.build), packages=packages)),
        ("With", plan.base.title),
        *([("Then", f"{cut_out.title}: {size(cut_out.bytes)}")] if new and cut_out else []),
        ("Download", phrase("about {size}", size=size(plan.download)) if plan.download else "nothing"),
        ("On Disk", phrase(_ON_DISK, disk=size(plan.disk), free=size(plan.free))),
        ("Where", str(home_folder())),
    ]
    for name, text in told:
        row = column.split(factor=0.18)
        row.label(text=name)
        row.label(text=said(text))
    if not plan.has_room:
        draw_lines(layout, "There is too little room: choose another SV3D folder, or free some.", "ERROR", alert=True)
    if plan.coming and not bpy.app.online_access:
        draw_lines(layout, "Blender is set to stay offline, so nothing can be downloaded.", "ERROR", alert=True)
        layout.operator("sv3d.allow_online", icon="INTERNET")


def size(count: int) -> str:
    """Bytes for an artist."""
    return f"{count / 1e9:.1f} GB" if count >= 950e6 else f"{count / 1e6:.0f} MB"


def draw_lines(
    layout: bpy.types.UILayout, text: str, icon: str, columns: int = _COLUMNS, *, alert: bool = False
) -> None:
    """Sentences in lines of so many characters, as labels do not wrap."""
    column = layout.column(align=True)
    column.alert = alert
    column.scale_y = 0.8
    for i, line in enumerate(textwrap.wrap(said(text), columns, break_on_hyphens=False)):
        column.label(text=line, icon="BLANK1" if i else icon)
