"""What is known of engine, models and disk before a job, looked up beside Blender: drawing must not touch the disk."""

import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path

from ...sv3d_engine.shared.engine_use import is_engine_changing
from ...sv3d_engine.shared.errors import UserError
from ...sv3d_engine.shared.model_catalogue import CATALOGUE, expected_sha256
from ...sv3d_engine.shared.model_catalogue import state as model_state
from ...sv3d_engine.shared.torch_build import TorchBuild
from ..engine.launch import choose_python
from .lock import fingerprint, read_lock
from .plan import build_for, free_bytes
from .state import Places, Stamp, State, look, read_stamp

_STALE = 3.0  # seconds after which it is looked again


@dataclass(frozen=True)
class Question:
    """What the preferences say."""

    home: Path
    locks: Path  # the folder of requirements
    python: str  # the user's own for the engine, or ""
    weights: Path | None
    results: Path  # where jobs go


@dataclass(frozen=True)
class Facts:
    """The answers."""

    state: State | None  # of the set-up's environment; None where the user's own Python runs the engine
    own_problem: str  # of that Python
    stamp: Stamp | None
    free: int  # bytes, for jobs
    weights_here: bool  # true, too, where none are chosen
    models: dict[str, str] = field(default_factory=dict)  # name in the catalogue: its state
    hashes: dict[str, str] = field(default_factory=dict)  # name of a model that is here: its SHA-256
    changing: bool = False  # the set-up's environment, just now


def look_at(question: Question, *, files: bool = False) -> Facts:
    """The facts now; in milliseconds, or, with the environment's ``files``, in a second."""
    places, state, problem = Places(question.home), None, ""
    if question.python.strip():
        try:
            choose_python(question.python)
        except UserError as error:
            problem = error.cause
    else:
        state = look(places, current_lock(places, question.locks), files=files)
    models: dict[str, str] = {model.name: model_state(model) for model in CATALOGUE}
    hashes = {model.name: expected_sha256(model) or "" for model in CATALOGUE if models[model.name] == "ready"}
    return Facts(
        state,
        problem,
        read_stamp(places.environment) if state else None,
        free_bytes(question.results),
        question.weights is None or question.weights.exists(),
        models,
        hashes,
        state is not None and is_engine_changing(question.home),
    )


def current_lock(places: Places, locks: Path) -> str:
    """The fingerprint that a ready environment has to have; "" where the add-on is not whole."""
    try:
        build = build_for("auto", places) if read_stamp(places.environment) else TorchBuild()
        return fingerprint(read_lock(locks, build), build)
    except (OSError, ValueError, UserError):
        return ""


class Lookout:
    """Keeps the latest facts; asked from the main thread, looks in another."""

    def __init__(self, look: Callable[..., Facts] = look_at) -> None:
        self._look = look
        self._facts: Facts | None = None
        self._question: Question | None = None
        self._at = -_STALE
        self._files_seen = False
        self._changes = 0  # that have been told
        self._thread: threading.Thread | None = None

    @property
    def looking(self) -> bool:
        return self._thread is not None and self._thread.is_alive()

    @property
    def known(self) -> Facts | None:
        """The latest answer, to whatever question."""
        return self._facts

    def facts(self, question: Question) -> Facts | None:
        """What is known, at once; None before the first answer.  What is old is looked up anew for the next time."""
        if question != self._question:
            self._facts, self._files_seen, self._at = None, False, -_STALE
        if not self.looking and time.monotonic() - self._at > _STALE:
            self._question = question
            self._thread = threading.Thread(target=self._run, args=(question,), name="sv3d-lookout", daemon=True)
            self._thread.start()
        return self._facts if question == self._question else None

    def look_now(self, question: Question) -> Facts:
        """The facts now, waited for."""
        self._question, self._facts, self._at = question, self._look(question), time.monotonic()
        return self._facts

    def forget(self) -> None:
        """Look anew at the next question, with all files: something has changed."""
        self._at, self._files_seen = -_STALE, False
        self._changes += 1
        if self._facts:  # this Blender's own work, which would look like another's for a moment
            self._facts = replace(self._facts, changing=False)

    def _run(self, question: Question) -> None:
        before = -1
        while before != self._changes:  # else the answer would be of before the change
            before = self._changes
            try:
                facts = self._look(question, files=not self._files_seen)
            except Exception as error:  # the boundary of the thread: whatever it was, the tab tells it
                problem = f"The SV3D folder could not be looked at: {error}"
                facts = Facts(None, problem, None, sys.maxsize, True)
        if question == self._question:  # it may have changed meanwhile
            if self._facts and facts.state is State.READY and self._facts.state is State.DAMAGED and self._files_seen:
                facts = replace(facts, state=State.DAMAGED)  # seen in its files, which are looked at but once
            self._facts, self._at, self._files_seen = facts, time.monotonic(), True
