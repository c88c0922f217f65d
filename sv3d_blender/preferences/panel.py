"""How the preferences look."""

import bpy

from ...sv3d_engine.shared.protocol import DoctorReport
from ..engine.job import Failure
from ..engine.session import session
from ..history.results_panel import draw_results
from ..setup.model_panel import draw_models
from ..setup.panel import draw_engine
from ..translations import said

WEIGHTS_PAGE = "https://huggingface.co/stabilityai/sv3d"

_RECOGNISED = {"u": "This is SV3D_u: one level orbit", "p": "This is SV3D_p or SV3D_c: any orbit"}


def draw(layout: bpy.types.UILayout, preferences: bpy.types.AddonPreferences) -> None:
    layout.use_property_split = True
    draw_engine(layout, preferences)
    layout.prop(preferences, "weights")
    if not preferences.weights:
        row = layout.row()
        row.alignment = "RIGHT"
        row.label(
            text="Until then pictures go through a demonstration model"
            if preferences.model
            else "Needed for pictures; frames of an orbit do without",
            icon="INFO",
        )
        row.operator("wm.url_open", text="Get Weights", icon="URL").url = WEIGHTS_PAGE
    elif preferences.weights_problem:
        row = layout.row()
        row.alert = True
        row.alignment = "RIGHT"
        row.label(text=preferences.weights_problem, icon="ERROR")
    elif preferences.weights_variant:
        row = layout.row()
        row.alignment = "RIGHT"
        row.label(text=_RECOGNISED[preferences.weights_variant], icon="CHECKMARK")
    draw_models(layout, preferences)
    layout.prop(preferences, "variant")
    layout.prop(preferences, "device")
    draw_results(layout, preferences.results)
    column = layout.column()
    column.active = bpy.app.online_access
    column.prop(preferences, "download")
    row = layout.row()
    row.alignment = "RIGHT"
    row.operator("sv3d.check_engine", icon="CHECKMARK")
    if session.checking:
        layout.label(text="Asking the engine…", icon="SORTTIME")
    elif isinstance(session.report, DoctorReport):
        _draw_report(layout.box(), session.report)
    elif isinstance(session.report, Failure):
        box = layout.box()
        box.label(text=session.report.cause, icon="ERROR")
        box.label(text=session.report.remedy, icon="BLANK1")
        for line in session.report.details.splitlines()[-4:]:
            box.label(text=line, icon="BLANK1")


def _draw_report(box: bpy.types.UILayout, report: DoctorReport) -> None:
    box.label(
        text=said(
            "The engine {version} is ready." if report.ready else "The engine {version} is not ready.",
            version=report.engine,
        ),
        icon="CHECKMARK" if report.ready else "ERROR",
    )
    column = box.column(align=True)
    for check in report.checks:
        row = column.split(factor=0.25)
        row.label(text=check.name, icon="CHECKMARK" if check.ok else "ERROR")
        row.label(text=check.finding)
        if check.remedy and not check.ok:
            row = column.split(factor=0.25)
            row.label(text="")
            row.label(text=check.remedy)
