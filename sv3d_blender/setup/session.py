"""The set-up as this Blender has it: its work, what is known of the engine, and the timer that shows how far it is."""

import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import bpy
from bpy.app.handlers import persistent

from ...sv3d_engine.shared.errors import UserError
from ...sv3d_engine.shared.user_folders import home_folder
from .. import storage, tab
from ..engine.launch import choose_python
from ..engine.session import session
from .facts import Facts, Lookout, Question
from .plan import Plan
from .planner import Planner, Wish
from .tasks import Engine
from .work import Job, Work

if TYPE_CHECKING:
    from ..preferences.property_group import SV3DPreferences

_INTERVAL = 0.25  # seconds between looks while something goes on
_QUIT_GRACE = 3.0


class EngineSetup:
    """For the main thread only."""

    def __init__(self) -> None:
        self.work = Work()
        self.lookout = Lookout()
        self.planner = Planner()
        self.timer = self._on_timer  # kept, as Blender tells timers apart by identity and a method's changes
        self._then: Callable[[], None] | None = None
        self._shown: object = None
        self._dialog: bpy.types.Region | None = None  # that waits for the plan

    def facts(self, chosen: "SV3DPreferences") -> Facts | None:
        """What is known now, for drawing; None at first."""
        facts = self.lookout.facts(question(chosen))
        if self.lookout.looking:
            self._watch()
        return facts

    def facts_now(self, chosen: "SV3DPreferences") -> Facts:
        """What is so now, for a button that must not go by what was."""
        return self.lookout.look_now(question(chosen))

    def plan(self, chosen: "SV3DPreferences", dialog: bpy.types.Region | None = None) -> Plan | UserError | None:
        """What a set-up would do; None until that is known, when the ``dialog`` is drawn anew."""
        plan = self.planner.plan(_wish(chosen))
        self._dialog = dialog if plan is None else None
        if plan is None:
            self._watch()
        return plan

    def forget_plan(self) -> None:
        """Look anew at what is there for the next dialog; this one is closed."""
        self.planner.forget()
        self.forget_dialog()

    def forget_dialog(self) -> None:
        """Blender takes its region away, and tells nobody."""
        self._dialog = None

    def start(self, title: str, job: Job, then: Callable[[], None] | None = None) -> None:
        """Begin a piece of work; ``then`` is called if it succeeds.  Raises UserError."""
        # What the trial compiles is where the engine will look for it.
        self.work.start(title, home_folder(), job, PYTHONPYCACHEPREFIX=str(_caches()))
        self._then = then
        self._watch()
        tab.redraw()

    def shutdown(self) -> None:
        """End what goes on, as Blender or the add-on ends."""
        if bpy.app.timers.is_registered(self.timer):
            bpy.app.timers.unregister(self.timer)
        self.work.cancel()
        self.work.join(_QUIT_GRACE)
        self._then = None
        self.forget_dialog()

    def tick(self) -> None:
        """Take in what has come."""
        if not self.work.busy and self.work.title:
            then, self._then = self._then, None
            self.work.title = ""
            self.lookout.forget()
            if then and not self.work.failure and not self.work.stopped:
                then()
        if self._dialog and not self.planner.making:
            self._dialog.tag_refresh_ui()
            self.forget_dialog()
        shown = (self.work.progress, self.work.busy, self.work.failure, self.lookout.known)
        if shown != self._shown:
            self._shown = shown
            tab.redraw()

    def _watch(self) -> None:
        if not bpy.app.timers.is_registered(self.timer):
            bpy.app.timers.register(self.timer, first_interval=_INTERVAL, persistent=True)

    def _on_timer(self) -> float | None:
        self.tick()
        goes_on = self.work.busy or self.work.title or self.lookout.looking or self.planner.making or self._dialog
        return _INTERVAL if goes_on else None


engine_setup = EngineSetup()


def question(chosen: "SV3DPreferences") -> Question:
    """What the preferences say, in plain values."""
    weights = chosen.weights_path if chosen.weights else None
    results = storage.folder_beside_file() or storage.own_results_folder()
    return Question(home_folder(), storage.LOCKS, chosen.python, weights, results)


@persistent
def on_load_pre(*_: object) -> None:
    """Another file closes the dialog."""
    engine_setup.forget_dialog()


def _wish(chosen: "SV3DPreferences") -> Wish:
    return Wish(home_folder(), storage.LOCKS, chosen.torch, _absolute(chosen.base_python), blenders_python())


def blenders_python() -> list[str]:
    """The command that starts Blender's own Python."""
    return [sys.executable, *bpy.app.python_args]


def engine_here(chosen: "SV3DPreferences") -> Engine:
    """The engine for a command of its own.  Raises UserError where there is none."""
    return Engine(choose_python(chosen.python), storage.EXTENSION_ROOT, _caches())


def check_engine(chosen: "SV3DPreferences") -> None:
    """Ask the engine what there is to compute on, so that the tab can tell."""
    with suppress(UserError):  # the tab says what is lacking
        session.check(chosen.python)


def _absolute(path: str) -> str:
    return bpy.path.abspath(path) if path.strip() else ""


def _caches() -> Path:
    return storage.engine_log().parent / "cache"
