"""How the models look: a row for each with its size, memory, licence, source and state."""

from typing import TYPE_CHECKING

import bpy

from ...sv3d_engine.shared.model_catalogue import CATALOGUE, Model
from ..phrase import phrase
from ..translations import said
from .panel import draw_lines, size
from .session import engine_setup

if TYPE_CHECKING:
    from ..preferences.property_group import SV3DPreferences

_STATES = {"ready": "ready", "missing": "not here", "damaged": "damaged", "partial": "begun; Get goes on with it"}
_ICONS = {"ready": "CHECKMARK", "missing": "BLANK1", "damaged": "ERROR", "partial": "TIME"}


def draw_models(layout: bpy.types.UILayout, chosen: "SV3DPreferences") -> None:
    """The models' part of the preferences."""
    facts = engine_setup.facts(chosen)
    box = layout.box()
    box.label(text="Models")
    for model in CATALOGUE:
        state = facts.models.get(model.name, "missing") if facts else "missing"
        column = box.column(align=True)
        row = column.row()
        row.label(text=f"{said(model.title)} · {said(_STATES[state])}", icon=_ICONS[state])
        buttons = row.row(align=True)
        if state != "ready":
            buttons.operator("sv3d.get_model", text="Get", icon="IMPORT").model = model.name
        else:
            buttons.operator("sv3d.verify_models", text="Verify").model = model.name
        if state != "missing":
            buttons.operator("sv3d.remove_model", text="Remove", icon="TRASH").model = model.name
        row = column.row()
        row.active = False
        row.label(text=f"{size(model.bytes)}; {said(memory(model))}; {model.source.title}", icon="BLANK1")
        row.operator("wm.url_open", text=model.licence, icon="URL", emboss=False).url = model.licence_url
        if checksum := facts.hashes.get(model.name) if facts else "":
            row = column.row()
            row.active = False
            row.label(text=f"SHA-256 {checksum}", icon="BLANK1")
    if not bpy.app.online_access:
        draw_lines(box, "Blender is set to stay offline, so nothing can be downloaded.", "INFO")
        box.operator("sv3d.allow_online", icon="INTERNET")


def draw_offer(layout: bpy.types.UILayout, model: Model) -> None:
    """The dialog before a model is fetched."""
    column = layout.column(align=True)
    told = {
        "What": model.title,
        "Download": phrase("about {size}, from {source}", size=size(model.bytes), source=model.source.title),
        "Memory": memory(model),
        "Where": str(model.path),
        "SHA-256": model.sha256 or "not known beforehand; it is shown and kept when the file has come",
        "Licence": model.licence,
    }
    for name, text in told.items():
        row = column.split(factor=0.18)
        row.label(text=name)
        row.label(text=said(text))
    layout.operator("wm.url_open", text="Licence", icon="URL").url = model.licence_url
    if not bpy.app.online_access:
        draw_lines(layout, "Blender is set to stay offline, so nothing can be downloaded.", "ERROR", alert=True)
        layout.operator("sv3d.allow_online", icon="INTERNET")


def memory(model: Model) -> str:
    """What a model needs to work."""
    if model.memory == model.memory_at_best:
        return phrase("{size} of memory", size=size(model.memory))
    return phrase(
        "{size} of graphics memory, better {better}", size=size(model.memory), better=size(model.memory_at_best)
    )
