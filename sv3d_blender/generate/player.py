"""The orbit while it is made: it turns in the tab, and is an image sequence for the Image Editor."""

import contextlib
from pathlib import Path

import bpy

from .. import tab
from ..engine.job import Job, Preview
from ..engine.session import session
from ..result import destination
from ..result.delivery import folder_of
from ..result.frames import drop_live, update_live
from . import preview

_INTERVAL = 1 / 8  # seconds a frame is shown: once round in less than three


class Player:
    """Shows one frame after the other of the orbit that a job announced last; for the main thread only."""

    def __init__(self) -> None:
        self.frames: tuple[Path, ...] = ()
        self._shown: Preview | None = None
        self._index, self._job = 0, ""
        self.timer = self._on_timer  # kept, as Blender tells timers apart by identity and a method's changes

    def follow(self, job: Job) -> None:
        """Take in what a job has announced last; called for each of its changes."""
        if job.request.job != self._job:  # another job's files may have the same names
            self.stop()
            preview.clear()
            self._job = job.request.job
        if not job.active:
            drop_live()
            return
        if job.preview == self._shown:
            return
        self._shown = job.preview
        if job.preview is None or not job.preview.is_orbit:
            self.frames = ()
            return
        self.frames = tuple(sorted(job.preview.path.glob("[0-9]*.png")))
        if not self.frames:
            return
        if destination.find(destination.of(folder_of(job))):
            with contextlib.suppress(RuntimeError):  # Blender's word for a file it cannot open: the next one may do
                update_live(self.frames[0], len(self.frames))
        if not bpy.app.timers.is_registered(self.timer):
            bpy.app.timers.register(self.timer, persistent=True)

    def icon(self) -> int:
        """The frame to be shown now, for ``template_icon``; 0 without one."""
        return preview.icon(self.frames[self._index % len(self.frames)]) if self.frames else 0

    def stop(self) -> None:
        """Put everything away, before another job and as the add-on ends."""
        self.frames, self._shown = (), None
        if bpy.app.timers.is_registered(self.timer):
            bpy.app.timers.unregister(self.timer)

    def _on_timer(self) -> float | None:
        if not (session.busy and self.frames and self._shown):
            return None
        self._index = (self._index + 1) % len(self.frames)
        # Loaded here, one frame at a time, because what is loaded while it is drawn shows as a gap first.
        preview.load(self.frames[self._index], self._shown.edition)
        tab.redraw()
        return _INTERVAL


player = Player()
