"""What the tab says of a job: what it lacks, how far it is, what became of it."""

import bpy

from ...sv3d_engine.shared import protocol
from ...sv3d_engine.shared.frame_choice import FEWEST_FRAMES
from ..engine.job import Failure, Job, Phase, Preview
from ..engine.session import session
from ..orbit import panel as orbit_panel
from ..orbit.gathering import missing
from ..preferences.panel import WEIGHTS_PAGE
from ..preferences.property_group import preferences
from ..result.delivery import import_options
from ..translations import said
from . import looking, preview, wording
from .player import player
from .preflight import OFFICIAL, orbit_advice, orbit_time, typed_degrees
from .request import orbit_problem

_PREVIEW_SCALE = 8.0  # in rows


def draw_preflight(layout: bpy.types.UILayout, context: bpy.types.Context) -> None:
    """Before a picture's job: what it lacks, and what cannot work."""
    settings, chosen = context.scene.sv3d, preferences(context)
    if chosen.model is None:
        _draw_weights_wanted(layout, context, "To work from a picture, SV3D needs the file of its weights.")
        return
    if chosen.weights_problem:
        _draw_weights_wanted(layout, context, chosen.weights_problem, alert=True)
        return
    if not chosen.weights:
        _draw_weights_wanted(layout, context, "Demonstration model. Set SV3D weights for production.")
    if problem := orbit_problem(settings, chosen):
        draw_text(layout, context, problem, "ERROR", alert=True)
    elif settings.orbit_source == "CAMERAS" and not missing(context.scene):
        for text, icon in orbit_panel.findings(context.scene):
            draw_text(layout, context, text, icon, alert=icon == "ERROR")


def draw_chosen(layout: bpy.types.UILayout, context: bpy.types.Context) -> None:
    """Which frames of a folder or sequence are meant, and what is left out."""
    settings = context.scene.sv3d
    if settings.from_picture or not settings.has_source:
        return
    few = 0 <= settings.frame_count < FEWEST_FRAMES
    chosen, *notes = (settings.chosen or f"{settings.frame_count} frames").split("\n")
    draw_text(layout, context, chosen, "ERROR" if few else "RENDERLAYERS")
    for note in notes:
        draw_text(layout, context, note, "INFO")


def draw_look(layout: bpy.types.UILayout, context: bpy.types.Context) -> None:
    """What a look at the frames has found, or the button for one."""
    settings = context.scene.sv3d
    if not settings.has_source:
        return
    look = looking.last_look(settings)
    if look is None or look.failure:
        layout.operator("sv3d.look_at_frames", icon="VIEWZOOM")
    elif look.answer is None:
        row = layout.row(align=True)
        row.label(text="Looking at the frames…", icon="VIEWZOOM")
        row.operator("sv3d.stop_looking", text="", icon="X")
    if look and look.failure:
        draw_text(layout, context, look.failure.cause, "ERROR", alert=True)
        draw_text(layout, context, look.failure.remedy, "INFO")
    if look and look.answer:
        row = layout.row(align=True)
        row.label(text=said(wording.cameras_line(look.answer)), icon="CAMERA_DATA")
        row.prop(settings, "show_orbit", text="", icon="OVERLAY")
        for doubt in look.answer.doubts:
            draw_text(layout, context, doubt, "ERROR")
        for note in look.answer.notes:
            if note not in settings.chosen.split("\n"):  # the tab has them already
                draw_text(layout, context, note, "INFO")


def draw_expectation(layout: bpy.types.UILayout, context: bpy.types.Context) -> None:
    """What a picture's orbit takes and may lack; below Generate, so that no Cancel takes that button's place."""
    settings, chosen = context.scene.sv3d, preferences(context)
    time = orbit_time(settings.sampler, settings.steps, _device(chosen.device), chosen.model or OFFICIAL)
    alone = settings.make == "ORBIT"
    text = "The orbit takes {time}." if alone else "Before the mesh, the orbit takes {time}."
    draw_text(layout, context, said(text, time=time), "TIME")
    advice = orbit_advice(typed_degrees(settings.elevation)) if settings.orbit_source == "PRESET" else ""
    if advice:
        draw_text(layout, context, advice, "INFO")


def _device(wanted: str) -> str:
    """What the engine computes on, if that is known."""
    if wanted == "auto" and isinstance(session.report, protocol.DoctorReport) and session.report.devices:
        return session.report.devices[0]
    return wanted


def _draw_weights_wanted(
    layout: bpy.types.UILayout, context: bpy.types.Context, text: str, *, alert: bool = False
) -> None:
    box = layout.box()
    draw_text(box, context, text, "ERROR" if alert else "INFO", alert=alert)
    column = box.column(align=True)
    column.operator("sv3d.preferences", text="Choose Weights", icon="PREFERENCES")
    column.operator("wm.url_open", text="Get Weights", icon="URL").url = WEIGHTS_PAGE


def draw_progress(layout: bpy.types.UILayout, context: bpy.types.Context, job: Job) -> None:
    """How far the job is, and how it is stopped."""
    width = _width(context)
    starting = job.phase is not Phase.CANCELLING and not job.stage
    share = session.start_fraction if starting else job.fraction
    bar, stage = wording.progress_lines(job, share, width, said)
    layout.progress(factor=share, text=bar)
    time = wording.time_line(job, session.seconds_left, is_late=session.is_late)
    for line, icon in ((stage, "BLANK1"), (time, "TIME")):
        if line:
            draw_text(layout, context, line, icon)
    for doubt in job.doubts:
        draw_text(layout, context, doubt, "ERROR")
    row = layout.row(align=True)
    if job.has_shape:
        row.operator("sv3d.finish", text="Finishing…" if job.finishing else "Stop Here", icon="CHECKMARK")
    row.operator("sv3d.cancel", icon="CANCEL")
    if job.preview:
        _draw_preview(layout, job.preview)


def draw_end(layout: bpy.types.UILayout, context: bpy.types.Context, job: Job) -> None:
    """A job that was cancelled or is done."""
    box = layout.box()
    if job.phase is Phase.CANCELLED:
        box.label(text="Cancelled. Finished stages are kept.", icon="INFO")
        row = box.row()
        row.operator("sv3d.resume", icon="PLAY")
        row.operator("sv3d.dismiss", icon="X")
    elif job.result:
        row = box.row()
        row.label(
            text=said("{job}: made in {time}", job=job.title, time=wording.duration(job.result.seconds)),
            icon="CHECKMARK",
        )
        row.operator("sv3d.dismiss", text="", icon="X", emboss=False)
        if isinstance(job.result, protocol.Result) and job.result.card:
            draw_text(box, context, job.result.card, "MESH_DATA")
        for note in job.result.notes:
            draw_text(box, context, note, "INFO")
        if isinstance(job.result, protocol.OrbitResult) and context.scene.sv3d.folder != job.result.frames:
            box.operator("sv3d.use_orbit", icon="MESH_MONKEY")
        if job not in session.undelivered:
            draw_import(box, job, "Import Again")


def draw_failure(layout: bpy.types.UILayout, context: bpy.types.Context, failure: Failure) -> None:
    """The error card: cause, remedy, and what helps in one click."""
    box = layout.box()
    draw_text(box, context, failure.cause, "ERROR", alert=True)
    draw_text(box, context, failure.remedy, "INFO")
    if session.job and session.job.phase in (Phase.FAILED, Phase.CANCELLED):
        box.operator("sv3d.resume", text=wording.resume_word(is_doubt=failure.is_doubt), icon="PLAY")
    if session.job and session.job.result:
        draw_import(box, session.job, "Import Again")
    row = box.row(align=True)
    row.operator("sv3d.preferences", text="Preferences", icon="PREFERENCES")
    row.operator("sv3d.copy_report", icon="COPYDOWN")
    row.operator("sv3d.dismiss", text="", icon="X")


def _draw_preview(layout: bpy.types.UILayout, shown: Preview) -> None:
    if not shown.is_orbit:
        layout.template_icon(preview.icon(shown.path, shown.edition), scale=_PREVIEW_SCALE)
        return
    if icon := player.icon():
        layout.template_icon(icon, scale=_PREVIEW_SCALE)
    layout.operator("sv3d.show_preview", icon="IMAGE_DATA")


def draw_import(layout: bpy.types.UILayout, job: Job, text: str) -> None:
    """The button that brings a job's result into the scene that is seen."""
    button = layout.operator("sv3d.import_result", text=text, icon="IMPORT")
    for name, value in import_options(job).items():
        setattr(button, name, value)


def draw_text(
    layout: bpy.types.UILayout, context: bpy.types.Context, text: str, icon: str, *, alert: bool = False
) -> None:
    """Sentences in as many lines as they need, as labels do not wrap."""
    column = layout.column(align=True)
    column.alert = alert
    column.scale_y = 0.8
    for i, line in enumerate(wording.lines(said(text), _width(context))):
        column.label(text=line, icon="BLANK1" if i else icon)


def _width(context: bpy.types.Context) -> float:
    """What the region has for text, in pixels at interface scale 1."""
    return float(context.region.width / context.preferences.system.ui_scale - 60)
