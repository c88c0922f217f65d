"""Begin jobs, from what the tab has to what waits for the engine."""

import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from uuid import uuid4

import bpy

from ...sv3d_engine.shared import protocol
from ...sv3d_engine.shared.errors import UserError
from ..engine.job import Failure
from ..engine.job_queue import Batch, Entry
from ..engine.session import session
from ..orbit import gathering
from ..preferences.property_group import preferences
from ..result import destination
from ..result.delivery import is_occupied
from ..result.provenance import Destination
from .preflight import OFFICIAL, expected_seconds
from .request import Order, give_back, orbit_problem

_LOOK = 0.02  # seconds between looks of a script that waits


def lacking(context: bpy.types.Context) -> str:
    """What has to be chosen before a job can begin; empty if nothing."""
    settings = context.scene.sv3d
    if not settings.has_source:
        return {
            "PICTURE": "Choose a picture first",
            "PICTURES": "Choose a folder of pictures first",
        }.get(settings.source, "Choose the orbit's frames first")
    if settings.source not in {"PICTURE", "PICTURES"}:
        return ""
    if preferences(context).model is None:
        return "Choose SV3D's weights in the preferences first"
    if settings.orbit_word == "file" and not settings.orbit_file:
        return "Choose the orbit's cameras file first"
    if settings.orbit_source == "CAMERAS" and (wanted := gathering.missing(context.scene)):
        return wanted
    return orbit_problem(settings, preferences(context)).rstrip(".")


def start(context: bpy.types.Context, *orders: Order) -> list[str]:
    """Begin jobs, or put them behind what is being made; their names.  More than one are a batch.

    Raises UserError if there is no Python to run them.
    """
    return _begin(orders, context, destination.here(context, orders[0].title))


def take_up(context: bpy.types.Context, request: protocol.Job, title: str, *, anywhere: bool = True) -> None:
    """Begin a job whose folder may tell whom it is for; without ``anywhere`` only if that is in the open file.

    Raises UserError if there is no Python to run it.
    """
    told = destination.of(Path(request.out))
    if told is None or not (anywhere or destination.find(told)):
        told = destination.here(context, title)
    _begin([Order(request, title)], context, told)


def wait_for(names: Sequence[str]) -> None:
    """Return when these jobs are over, and in their scenes where those are open and free."""
    while not all(name in session.over for name in names):
        session.tick()
        if session.queue.held:  # the engine did not come up: nobody is there to press Go On
            session.remove(names)
        time.sleep(_LOOK)
    while any(job.request.job in names for job in session.undelivered) and not is_occupied():
        session.tick()
        if not session.delivering and not bpy.app.background:
            break  # its file is no longer open
        time.sleep(_LOOK)


def _begin(orders: Sequence[Order], context: bpy.types.Context, told: Destination) -> list[str]:
    chosen = preferences(context)
    batch = Batch(uuid4().hex, batch_title(context), len(orders)) if len(orders) > 1 else None
    entries = [
        Entry(
            request,
            title,
            chosen.python,
            batch.name if batch else "",
            expected_seconds(request, chosen.device, chosen.model or OFFICIAL),
        )
        for request, title in orders
    ]
    for entry in entries:
        destination.remember(Path(entry.request.out), replace(told, title=entry.title))
    try:
        session.start(*entries, batch=batch)
    except UserError:
        for entry in entries:
            give_back(Path(entry.request.out))
        raise
    return [entry.request.job for entry in entries]


def batch_title(context: bpy.types.Context) -> str:
    """What the artist calls a batch: its folder."""
    return Path(bpy.path.abspath(context.scene.sv3d.pictures)).name or "Batch"


def failure_of(error: UserError | OSError) -> Failure:
    """An exception as the error card shows it."""
    if isinstance(error, UserError):
        return Failure(error.cause, error.remedy, error.details)
    return Failure(
        "A folder or file for the job cannot be written.", "Free some space or check the folder's rights.", str(error)
    )
