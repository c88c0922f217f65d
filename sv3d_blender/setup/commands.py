"""Commands of the set-up: run so that they can be stopped, and what their failures mean."""

import contextlib
import os
import re
import subprocess
import threading
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from ...sv3d_engine.shared import kept_command
from ...sv3d_engine.shared.errors import UserError
from ..engine.launch import clean_environment

_TURN = 0.2  # seconds between looks at a running command
_NO_WINDOW: int = getattr(subprocess, "CREATE_NO_WINDOW", 0)  # Windows only
_GRACE = 2 * kept_command.GRACE + 2.0  # seconds in which whoever keeps a command ends it
_ELSEWHERE = ("PIP_TARGET", "PIP_PREFIX", "PIP_ROOT", "PIP_PYTHON", "PIP_DRY_RUN", "VIRTUAL_ENV", "UV_PYTHON")
_TAIL = 4000  # characters of a failed command's words in a report


def setup_environment() -> dict[str, str]:
    """The user's environment, in which pip and uv find their index, proxy and certificate, without what leads astray.

    That is Blender's settings for its own Python, and pip's for installing anywhere else than where it is told to.
    """
    kept = {name: value for name, value in clean_environment().items() if name not in _ELSEWHERE}
    return {**kept, "PIP_USER": "0", "PYTHONUTF8": "1", "PYTHONUNBUFFERED": "1"}


class Stopped(Exception):
    """The user's cancel."""


class CommandFailed(Exception):
    """A command that did not end well; ``output`` is what it said."""

    def __init__(self, output: str) -> None:
        super().__init__(output[-_TAIL:])
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


# What pip, venv and uv say, and what it means: the first that is found counts.
_MEANINGS: tuple[tuple[str, str, str], ...] = (
    (
        r"No space left on device|Errno 28|WinError 112|not enough space on the disk|Disk quota exceeded",
        "The disk became full during the set-up.",
        "Free some space, or choose another SV3D folder, and press the button again; what was downloaded is kept.",
    ),
    (
        r"CERTIFICATE_VERIFY_FAILED|SSLError|invalid peer certificate",
        "The package index could not be trusted: its certificate is not known here.",
        "Ask whoever runs this network for its certificate and name its file in the variable PIP_CERT, or use "
        "another network; then press the button again.",
    ),
    (
        r"ProxyError|407 Proxy|Tunnel connection failed",
        "The network's proxy did not let the download pass.",
        "Set the variable HTTPS_PROXY, or pip's own setting, to a proxy that does, restart Blender and press the "
        "button again.",
    ),
    (
        r"DO NOT MATCH THE HASHES|Hash mismatch|bad checksum",
        "A downloaded package is not the one that SV3D asked for.",
        "Press the button again; if it happens again, another package index may be set for pip on this computer.",
    ),
    (
        r"NewConnectionError|Failed to establish|name resolution|getaddrinfo|NameResolutionError|ConnectTimeout|"
        r"ReadTimeout|Read timed out|Connection reset|Connection aborted|ConnectionError|Network is unreachable|"
        r"IncompleteRead|ProtocolError|error sending request|dns error|Connection broken|Max retries exceeded",
        "The package index could not be reached.",
        "Check the connection to the internet and press the button again; what was downloaded is kept.",
    ),
    (
        r"No matching distribution found|Could not find a version|is not a supported wheel|No download found",
        "The package index has no fitting version of a package that the engine needs: {what}.",
        "Choose another build of PyTorch or another Python, or check which package index is set for pip.",
    ),
    (
        r"ensurepip is not|No module named '?(ensurepip|venv|pip)|returned non-zero exit status|"
        r"virtual environment was not created",
        "This Python cannot make environments.",
        "Choose another Python under “Python to Build On”; on Debian and Ubuntu the package python3-venv is missing.",
    ),
    (
        r"Permission denied|PermissionError|Access is denied|WinError 5\b|WinError 32|Errno 13|being used by another",
        "A file of the engine's environment could not be written.",
        "End other Blenders, let the antivirus program trust the SV3D folder, or choose another folder; then press "
        "the button again.",
    ),
)


def meaning(error: CommandFailed | OSError) -> UserError:
    """A failure of the set-up for the artist."""
    text = error.output if isinstance(error, CommandFailed) else f"{type(error).__name__}: {error}"
    what = re.search(r"No matching distribution found for ([^\s;]+)|requirement ([^\s;]+==[^\s;]+)", text)
    for pattern, cause, remedy in _MEANINGS:
        if re.search(pattern, text):
            name = next((group for group in what.groups() if group), "") if what else ""
            return UserError(cause.format(what=name or "see the report"), remedy, text[-_TAIL:])
    return UserError(
        "The set-up met a problem that it does not know.",
        "Press the button again; if that fails too, press Copy Report and send it to somebody who can help.",
        text[-_TAIL:],
    )
