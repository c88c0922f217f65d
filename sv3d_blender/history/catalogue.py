"""The jobs on disk as the history shows them: read by a thread, taken over by a timer, drawn from memory."""

import queue
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import bpy
import bpy.utils.previews

from ...sv3d_engine.shared.errors import UserError
from .. import results_folder, storage, tab
from .jobs import JobRecord, read_jobs

_INTERVAL = 0.1  # seconds between looks while something is awaited
_FRESH = 10.0  # seconds after which what is drawn is read again

Work = Callable[[], str]  # in a thread, without bpy; what it has to tell, if anything
Answer = tuple[str, list[JobRecord] | None]


class Catalogue:
    """All known jobs; for the main thread only."""

    def __init__(self) -> None:
        self.records: tuple[JobRecord, ...] = ()
        self.was_read = False
        self.message = ""  # what has been done, or could not be
        self.selected: Path | None = None
        self.timer = self._on_timer  # kept, as Blender tells timers apart by identity and a method's changes
        self._answers: queue.SimpleQueue[Answer] = queue.SimpleQueue()
        self._waiting: list[tuple[Work, Callable[[], None]]] = []
        self._then: Callable[[], None] = lambda: None
        self._at_work = self._wanted = False
        self._read_at = 0.0
        self._icons: bpy.utils.previews.ImagePreviewCollection | None = None

    @property
    def at_work(self) -> bool:
        """Something is being read, moved or deleted."""
        return self._at_work or bool(self._waiting)

    @property
    def current(self) -> JobRecord | None:
        """The job that is selected in the list."""
        return next((record for record in self.records if record.folder == self.selected), None)

    @property
    def size(self) -> int:
        """Bytes that all jobs take."""
        return sum(record.size for record in self.records)

    @property
    def spare(self) -> int:
        """Bytes that cleaning up all of them would free."""
        return sum(record.spare for record in self.records)

    def look(self) -> None:
        """The list is being drawn: read what has changed, unless that was done a moment ago.  Touches no disk."""
        if not self.at_work and time.monotonic() - self._read_at > _FRESH:
            self.refresh()

    def refresh(self) -> None:
        """Read what has changed, soon."""
        self._wanted = True
        self.do(lambda: "")

    def changed(self) -> None:
        """Something has changed on disk: read it, if anybody has looked at the list yet."""
        if self._wanted:
            self.refresh()

    def do(self, work: Work, then: Callable[[], None] = lambda: None) -> None:
        """Do something to the jobs in a thread, one after the other; ``then`` comes back in this one.

        The list is read anew if anybody has looked at it yet: a Blender in which nobody does is not held up.
        """
        self._waiting.append((work, then))
        if not bpy.app.timers.is_registered(self.timer):
            bpy.app.timers.register(self.timer, persistent=True)

    def select(self, row: int) -> None:
        self.selected = self.records[row].folder if 0 <= row < len(self.records) else None

    def icon(self, record: JobRecord) -> int:
        """A small picture of a job, for ``icon_value`` or ``template_icon``; 0 without one."""
        picture = self._icons.get(_key(record)) if self._icons is not None else None
        return int(picture.icon_id) if picture else 0

    def tick(self) -> None:
        """Take in what has been read, and set to work on what waits."""
        with suppress(queue.Empty):
            message, records = self._answers.get_nowait()
            self._at_work = False
            self._then()
            self.message = message or self.message
            if records is None:
                tab.redraw()
            else:
                self._take_in(records, told=bool(message))
        if self._waiting and not self._at_work:
            self._at_work = True
            known = {record.folder: record for record in self.records}
            work, self._then = self._waiting.pop(0)
            given = (work, _places() if self._wanted else None, known, self._answers)
            threading.Thread(target=_work, args=given, name="sv3d-history", daemon=True).start()

    def fill_rows(self) -> None:
        """Bring the list's rows in line with the jobs, as another file comes with rows of its own."""
        history = bpy.context.window_manager.sv3d_history
        while len(history.rows) > len(self.records):
            history.rows.remove(len(history.rows) - 1)
        while len(history.rows) < len(self.records):
            history.rows.add()
        rows = [row for row, record in enumerate(self.records) if record.folder == self.selected]
        history.active = rows[0] if rows else 0
        self.select(history.active)

    def shutdown(self) -> None:
        """Let go of everything, as the add-on ends."""
        if bpy.app.timers.is_registered(self.timer):
            bpy.app.timers.unregister(self.timer)
        self._drop_icons()
        self._answers = queue.SimpleQueue()  # what a thread has still to say is for nobody
        self._waiting, self._then, self._read_at = [], lambda: None, 0.0
        self._at_work = self._wanted = False
        self.records, self.was_read, self.message, self.selected = (), False, "", None

    # ---- inside -------------------------------------------------------------------------------------------------

    def _take_in(self, records: list[JobRecord], *, told: bool) -> None:
        self._read_at = time.monotonic()
        if not self.was_read or tuple(records) != self.records or told:
            self._show(records)
        self.was_read = True

    def _show(self, records: list[JobRecord]) -> None:
        self.records = tuple(records)
        wanted = {_key(record): str(record.picture) for record in records if record.picture}
        if self._icons is not None and not self._icons.keys() <= wanted.keys():
            self._drop_icons()
        if self._icons is None:
            self._icons = bpy.utils.previews.new()
        for key, picture in wanted.items():
            if key not in self._icons:
                self._icons.load(key, picture, "IMAGE")  # Blender reads it in a thread, once it is seen
        self.fill_rows()
        tab.redraw()

    def _drop_icons(self) -> None:
        if self._icons is not None:
            bpy.utils.previews.remove(self._icons)
            self._icons = None

    def _on_timer(self) -> float | None:
        self.tick()
        return _INTERVAL if self.at_work else None


def _key(record: JobRecord) -> str:
    """Changes when the picture does."""
    return f"{record.picture}\n{record.picture_time}"


def _places() -> tuple[Path, ...]:
    """Where jobs may be, but for what the index adds."""
    beside = Path(bpy.data.filepath).parent / results_folder.BESIDE if bpy.data.filepath else None
    return tuple(filter(None, (storage.own_results_folder(), beside, storage.former_results_folder())))


def _work(
    work: Work,
    places: tuple[Path, ...] | None,
    known: dict[Path, JobRecord],
    answers: "queue.SimpleQueue[Answer]",
) -> None:
    """In a thread: whatever happens there is an answer, else the list would wait for ever."""
    try:
        message = work()
    except UserError as error:
        message = f"{error.cause} {error.remedy}"
    except Exception as error:  # the boundary of the thread
        message = f"That could not be done: {error}"
    records = None if places is None else list(known.values())
    try:
        if places is not None:
            records = read_jobs((*places, *results_folder.read_index().folders), known)
    finally:
        answers.put((message, records))


catalogue = Catalogue()
