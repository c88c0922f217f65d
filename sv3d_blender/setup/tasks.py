"""The pieces of work behind the buttons: the whole set-up, and what the engine does with its models."""

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from ...sv3d_engine.shared.engine_python import python_in
from ...sv3d_engine.shared.errors import UserError
from ...sv3d_engine.shared.model_catalogue import model_called, state
from ..engine.launch import engine_environment, engine_module
from .commands import CommandFailed, Commands, meaning
from .installer import Installer
from .plan import Plan
from .progress import Progress

CUT_OUT = "u2netp"  # the model that comes with the set-up, so that a photograph works at once

Report = Callable[[Progress], None]


def set_up(plan: Plan, engine: "Engine", commands: Commands, report: Report, *, thorough: bool = False) -> None:
    """Bring the environment to what the plan says, and fetch the small model that cuts objects out.

    Raises UserError, Stopped.
    """
    last = Progress()

    def keep(progress: Progress) -> None:
        nonlocal last
        last = progress
        report(progress)

    Installer(plan, commands, keep).run(thorough=thorough)
    model = model_called(CUT_OUT)
    if model is None or state(model) == "ready" or not plan.online:
        return
    report(Progress("Fetching the model that cuts objects out", last.done, last.total, 0.97))
    python = python_in(plan.places.environment)
    try:
        use_models(["get", CUT_OUT], Engine(python, engine.root, engine.caches), commands, lambda progress: None)
    except UserError as error:
        raise UserError(
            "The engine is set up, but the model that cuts objects out of photographs did not come.",
            f"Press Get beside it. {error.cause} {error.remedy}",
            error.details,
        ) from error


class Engine:
    """What is needed to run one of the engine's commands."""

    def __init__(self, python: Path, root: Path, caches: Path) -> None:
        """``root`` is the extension's folder, ``caches`` where compiled modules go."""
        self.python, self.root, self.caches = python, root, caches


def use_models(
    words: Sequence[str], engine: Engine, commands: Commands, report: Report, token: str = ""
) -> dict[str, Any]:
    """Run the engine's ``models`` command with these words; its last message.

    A ``token`` goes through its standard input alone.  Raises UserError, Stopped.
    """
    last: dict[str, Any] = {}

    def heard(line: str) -> None:
        message = _message(line)
        if message.get("type") in ("done", "error"):
            last.update(message)
        elif message.get("type") == "progress":
            report(_progress(message))

    command = [*engine_module(engine.python), "models", *words, "--json"]
    try:
        commands.run(
            [*command, "--token-stdin"] if token else command,
            line=heard,
            told=f"{token}\n" if token else "",
            environment=engine_environment(engine.root, engine.caches),
        )
    except CommandFailed as error:
        if not last:
            raise meaning(error) from error
    if last.get("type") == "error":
        told = {name: str(last.get(name, "")) for name in ("cause", "remedy", "details")}
        raise UserError(told["cause"], told["remedy"], told["details"])
    return last


def _message(line: str) -> dict[str, Any]:
    try:
        message = json.loads(line)
    except ValueError:  # a warning of some library
        return {}
    return message if isinstance(message, dict) else {}


def _progress(message: dict[str, Any]) -> Progress:
    left = message.get("seconds_left")
    return Progress(
        str(message.get("note", "")),
        int(message.get("done", 0)),
        int(message.get("total", 0)),
        float(message.get("fraction", 0.0)),
        float(left) if isinstance(left, int | float) else None,
    )
