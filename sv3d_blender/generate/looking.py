"""A look at the frames that are chosen: which the engine takes, and the cameras that it finds, before Generate."""

import shutil
import tempfile
from pathlib import Path
from typing import NamedTuple
from uuid import uuid4

import bpy

from ...sv3d_engine.shared import protocol
from ...sv3d_engine.shared.errors import UserError
from ...sv3d_engine.shared.frame_choice import FEWEST_FRAMES
from .. import tab
from ..engine.look import Look
from ..engine.session import session
from ..preferences.property_group import preferences
from ..setup.card import why_not
from ..translations import said
from . import choices
from .preflight import typed_degrees
from .property_group import SV3DSettings
from .request import looked_at
from .source import stamps
from .starting import failure_of

_PREFIX = "sv3d-look-"
_OFTEN = 2.0  # seconds between two glances at the files: drawing must not touch the disk


class _Asked(NamedTuple):
    job: str  # the look's name
    chosen: tuple[object, ...]  # in the tab, as it was begun
    room: Path  # for what the engine has to read of it
    files: tuple[Path, Path | None]  # the frames' folder or film, and their cameras
    stamps: frozenset[tuple[str, int, int]]  # of these, as it was begun


_asked: _Asked | None = None


def last_look(settings: SV3DSettings) -> Look | None:
    """The look at what the tab has chosen now; None if there was none, or something else is chosen meanwhile."""
    look = session.look
    if look is None or _asked is None or _asked[:2] != (look.request.job, _chosen(settings)):
        return None
    return look


def found(settings: SV3DSettings) -> protocol.Looked | None:
    """What a look has found at the frames that are chosen now."""
    look = last_look(settings)
    return look.answer if look else None


def forget_changed() -> None:
    """Let the last look go if a file that it was at has changed since."""
    if _asked and stamps(*_asked.files) != _asked.stamps:
        forget()
        tab.redraw()
        tab.redraw_views()


def glance() -> float | None:
    """The timer's, as long as there is a look."""
    forget_changed()
    return _OFTEN if _asked else None


def forget() -> None:
    """Let the last look go, with what was written for it."""
    global _asked  # noqa: PLW0603  (the one look of this Blender)
    if bpy.app.timers.is_registered(glance):
        bpy.app.timers.unregister(glance)
    session.forget_look()
    if _asked:
        shutil.rmtree(_asked.room, ignore_errors=True)
    _asked = None


def _chosen(settings: SV3DSettings) -> tuple[object, ...]:
    """All that a look goes by."""
    sequence = settings.sequence
    source = settings.folder if settings.source == "FOLDER" else sequence and (sequence.name, sequence.filepath)
    told = settings.cameras or typed_degrees(settings.elevation)
    return settings.source, source, told, settings.cameras_as_given, settings.preset


class SV3D_OT_look_at_frames(bpy.types.Operator):
    bl_idname = "sv3d.look_at_frames"
    bl_label = "Look at Frames"
    bl_description = (
        "See which frames are taken and from where they show the object, before a mesh is made of them. "
        "Takes up to half a minute; the orbit that is found is drawn in the 3D View"
    )

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        settings = context.scene.sv3d
        if settings.from_picture or not settings.has_source:
            cls.poll_message_set(said("Choose the orbit's frames first"))
            return False
        enough = settings.frame_count == choices.UNCOUNTED or settings.frame_count >= FEWEST_FRAMES
        return enough and not session.looking and not why_not(context)

    def execute(self, context: bpy.types.Context) -> set[str]:
        global _asked  # noqa: PLW0603
        settings, chosen = context.scene.sv3d, preferences(context)
        forget()
        room = Path(tempfile.gettempdir(), _PREFIX + uuid4().hex)
        try:
            request = looked_at(settings, chosen, room)
            files = Path(request.frames), Path(request.cameras) if request.cameras else None
            _asked = _Asked(request.job, _chosen(settings), room, files, stamps(*files))
            bpy.app.timers.register(glance, first_interval=_OFTEN)
            session.look_at(chosen.python, request)
        except (UserError, OSError) as error:
            session.refuse(failure_of(error))
            return {"CANCELLED"}
        return {"FINISHED"}


class SV3D_OT_stop_looking(bpy.types.Operator):
    bl_idname = "sv3d.stop_looking"
    bl_label = "Stop Looking"
    bl_description = "Let the look at the frames come to nothing"

    @classmethod
    def poll(cls, _context: bpy.types.Context) -> bool:
        return session.looking

    def execute(self, _context: bpy.types.Context) -> set[str]:
        forget()
        return {"FINISHED"}


CLASSES = (SV3D_OT_look_at_frames, SV3D_OT_stop_looking)
