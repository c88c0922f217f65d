"""What the tab says of the jobs that wait, of batches, and of results that are not in their scene yet."""

import bpy

from ..engine.job_queue import Batch, Failed
from ..engine.session import session
from ..phrase import phrase
from ..result import destination
from ..result.delivery import folder_of
from ..translations import said
from .cards import draw_import, draw_text
from .wording import resume_word

_MOST = 6  # waiting jobs that are named one by one


def draw_queue(layout: bpy.types.UILayout, context: bpy.types.Context) -> None:
    """Batches with one card each, then what waits by itself, then what has failed meanwhile."""
    queue = session.queue
    for batch in queue.batches:
        _draw_batch(layout.box(), context, batch)
    single = [entry for entry in queue.waiting if not entry.batch]
    if single:
        box = layout.box()
        box.label(
            text=said("{count} waiting · held" if queue.held else "{count} waiting", count=len(single)), icon="SORTTIME"
        )
        column = box.column(align=True)
        for entry in single[:_MOST]:
            row = column.row()
            row.label(text=entry.title)
            row.operator("sv3d.remove_waiting", text="", icon="X", emboss=False).job = entry.request.job
        if len(single) > _MOST:
            column.label(text=said("and {count} more", count=len(single) - _MOST))
    if queue.held:
        draw_text(layout, context, "The others wait, as the engine did not start.", "INFO")
        layout.operator("sv3d.go_on", icon="PLAY")
    if queue.failed:
        box = layout.box()
        row = box.row()
        row.label(text=said("{count} failed", count=len(queue.failed)), icon="ERROR")
        row.operator("sv3d.dismiss", text="", icon="X", emboss=False)
        for failed in queue.failed:
            _draw_failed(box, context, failed)


def draw_undelivered(layout: bpy.types.UILayout, context: bpy.types.Context) -> None:
    """Results that wait for their file, or for Object Mode."""
    for job in session.undelivered:
        box = layout.box()
        if destination.find(destination.of(folder_of(job))):
            if context.mode != "OBJECT":
                draw_text(box, context, phrase("{job} waits for Object Mode", job=job.title), "SORTTIME")
            continue
        text = "{job} was made for another file. It comes when that is opened."
        draw_text(box, context, said(text, job=job.title), "SORTTIME")
        draw_import(box, job, "Import Here")


def _draw_batch(box: bpy.types.UILayout, context: bpy.types.Context, batch: Batch) -> None:
    row = box.row()
    text = said("{batch}: {done} of {total} done", batch=batch.title, done=batch.done, total=batch.total)
    row.label(text=text, icon="CHECKMARK" if batch.over else "SORTTIME")
    if batch.over:
        row.operator("sv3d.dismiss", text="", icon="X", emboss=False)
    else:
        row.operator("sv3d.remove_waiting", text="", icon="X", emboss=False).batch = batch.name
        box.progress(factor=batch.ended / batch.total, text=f"{batch.ended}/{batch.total}")
    for failed in batch.failed:
        _draw_failed(box, context, failed)


def _draw_failed(box: bpy.types.UILayout, context: bpy.types.Context, failed: Failed) -> None:
    row = box.row()
    draw_text(row, context, f"{failed.entry.title}: {failed.failure.cause}", "ERROR")
    if failed.failure.is_doubt:
        button = box.operator("sv3d.resume", text=resume_word(is_doubt=True), icon="PLAY")
    else:
        button = row.operator("sv3d.resume", text="", icon="PLAY", emboss=False)
    button.job = failed.entry.request.job
