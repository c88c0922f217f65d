"""Commands of the set-up: run so that they can be stopped, and what their failures mean."""

import contextlib
import os
import subprocess
import threading
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from ...sv3d_engine.shared import kept_command
from ...sv3d_engine.shared.errors import UserError
from ...sv3d_engine.shared.pip import RESUMING, TAIL, known_failure, pip_failure
from ..engine.launch import clean_environment

_TURN = 0.2  # seconds between looks at a running command
_NO_WINDOW: int = getattr(subprocess, "CREATE_NO_WINDOW", 0)  # Windows only
_GRACE = 2 * kept_command.GRACE + 2.0  # seconds in which whoever keeps a command ends it
_ELSEWHERE = ("PIP_TARGET", "PIP_PREFIX", "PIP_ROOT", "PIP_PYTHON", "PIP_DRY_RUN", "VIRTUAL_ENV", "UV_PYTHON")
AGAIN = "press the button again (what was downloaded is kept)"


def setup_environment() -> dict[str, str]:
    """The user's environment, in which pip and uv find their index, proxy and certificate, without what leads astray.

    That is Blender's settings for its own Python, and pip's for installing anywhere else than where it is told to.
    """
    kept = {name: value for name, value in clean_environment().items() if name not in _ELSEWHERE}
    return {**RESUMING, **kept, "PIP_USER": "0", "PYTHONUTF8": "1", "PYTHONUNBUFFERED": "1"}


class Stopped(Exception):
    """The user's cancel."""


class CommandFailed(Exception):
    """A command that did not end well; ``output`` is what it said."""

    def __init__(self, output: str) -> None:
        super().__init__(output[-TAIL:])
        self.output = output


class Commands:
    """Runs commands one after another until it is cancelled; none outlives Blender, however that ends."""

    def __init__(self, cancelled: threading.Event, environment: Mapping[str, str], lock: Path | None = None) -> None:
        """``lock`` is a file that is held while a command lives."""
        self._cancelled, self._environment, self._lock = cancelled, dict(environment), lock

    def check(self) -> None:
        """Raises Stopped after a cancel."""
        if self._cancelled.is_set():
            raise Stopped

    def run(
        self,
        command: Sequence[str | Path],
        turn: Callable[[], None] = lambda: None,
        line: Callable[[str], None] = lambda text: None,
        told: str = "",
        environment: Mapping[str, str] | None = None,
    ) -> str:
        """Run a command; what it said.  ``turn`` is called while it runs, ``line`` with each of its lines.

        ``told`` is what it reads, ``environment`` goes on top of its variables.  Raises CommandFailed, Stopped.
        """
        self.check()
        words = [str(word) for word in command]
        try:
            process = subprocess.Popen(
                kept_command.kept(words, self._lock),
                env={**self._environment, **(environment or {})},
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                encoding="utf-8",
                errors="replace",
                creationflags=_NO_WINDOW,
                start_new_session=os.name == "posix",  # a Ctrl+C in Blender's terminal is for Blender
            )
        except OSError as error:
            raise CommandFailed(f"{words[0]}: {error}") from error
        said: list[str] = []
        reader = threading.Thread(target=_read, args=(process, said, line), name="sv3d-setup-reader", daemon=True)
        reader.start()
        try:
            _tell(process, told)
            while process.poll() is None:
                if self._cancelled.wait(_TURN):
                    raise Stopped
                turn()
        finally:
            _end(process)
            reader.join(5)
        output = "".join(said)
        if process.returncode:
            raise CommandFailed(output or f"{words[0]} ended with status {process.returncode}")
        return output


def _read(process: "subprocess.Popen[str]", said: list[str], line: Callable[[str], None]) -> None:
    for text in process.stdout or ():
        said.append(text)
        line(text)


def _tell(process: "subprocess.Popen[str]", text: str) -> None:
    if process.stdin:
        with contextlib.suppress(OSError):
            process.stdin.write(kept_command.told(text))
            process.stdin.flush()


def _end(process: "subprocess.Popen[str]") -> None:
    """Have a command ended that still runs, and what it has started: its stdin is closed."""
    if process.stdin:
        with contextlib.suppress(OSError):
            process.stdin.close()
    try:
        process.wait(_GRACE)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def meaning(error: CommandFailed | OSError) -> UserError:
    """A failure of the set-up for the artist."""
    if isinstance(error, CommandFailed):
        return pip_failure(error.output, AGAIN)
    said = f"{type(error).__name__}: {error}"
    if known := known_failure(said, AGAIN):
        return known
    file = os.fsdecode(error.filename) if isinstance(error.filename, str | bytes) else "a file in the SV3D folder"
    return UserError(
        f"The system could not read or write {file} ({error.strerror or said}).",
        f"See that its disk is connected and sound, or choose another SV3D folder, and {AGAIN}.",
        said,
    )
