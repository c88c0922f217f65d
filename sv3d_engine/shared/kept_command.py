"""A command that ends with the process that wants it, however that ends.  Standard library only.

Between the two stands a small Python whose stdin is a pipe from the parent.  The first line on it, in JSON, is what the
command reads on its own; that the pipe closes, or the parent is gone, means that the command is to end.  A file is held
while the command lives, so that whoever comes next can tell that an earlier one has not ended yet.
"""

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Sequence
from contextlib import nullcontext, suppress
from pathlib import Path

from .file_lock import held

GRACE = 1.5  # seconds to end by itself, so that a download can keep what has come
_TURN = 0.25  # seconds between looks at the parent
_NO_WINDOW: int = getattr(subprocess, "CREATE_NO_WINDOW", 0)  # Windows only
_START = "import sys; sys.path.insert(0, sys.argv[1]); from sv3d_engine.shared.kept_command import main; main()"


def kept(words: Sequence[str], lock: Path | None = None) -> list[str]:
    """The command that runs ``words`` and holds ``lock`` meanwhile; it is started with ``told`` on its stdin."""
    root = str(Path(__file__).parents[2])
    # Without site packages, settings and compiled modules: it starts in a moment and leaves nothing in the extension.
    return [sys.executable, "-I", "-S", "-B", "-c", _START, root, str(lock or ""), *words]


def told(text: str) -> str:
    """What the parent first writes: the ``text`` that the command reads, or ""."""
    return json.dumps(text) + "\n"


def main() -> None:
    """The small Python between; it ends as the command ends."""
    _, _, lock, *words = sys.argv
    parent, line = os.getppid(), b""
    while not line.endswith(b"\n"):
        byte = os.read(0, 1)
        if not byte:  # the parent is gone already
            os._exit(1)
        line += byte
    with held(Path(lock)) if lock else nullcontext(True) as ours:
        status = _run(words, json.loads(line), parent) if ours else _failed("Another command is at work.")
    os._exit(status)  # which does not wait for the thread at stdin


def _run(words: Sequence[str], text: str, parent: int) -> int:
    try:
        child = subprocess.Popen(
            words,
            stdin=subprocess.PIPE if text else subprocess.DEVNULL,
            creationflags=_NO_WINDOW,
            start_new_session=os.name == "posix",  # so that its children can be ended with it
        )
    except OSError as error:
        return _failed(f"{words[0]}: {error}")
    closed = threading.Event()
    threading.Thread(target=_watch, args=(closed,), daemon=True).start()
    if child.stdin:
        with suppress(OSError), child.stdin:
            child.stdin.write(text.encode())
    while True:
        with suppress(subprocess.TimeoutExpired):
            status = child.wait(_TURN)
            return status if status >= 0 else 128 - status
        # On Windows a process keeps its parent's id for ever; there the end of stdin alone tells.
        if closed.is_set() or os.getppid() != parent:
            _end(child)


def _watch(closed: threading.Event) -> None:
    with suppress(OSError):
        while os.read(0, 1):
            pass
    closed.set()


def _end(child: "subprocess.Popen[bytes]") -> None:
    """End a command and what it has started."""
    if sys.platform == "win32":
        kill = ["taskkill", "/F", "/T", "/PID", str(child.pid)]
        subprocess.run(kill, check=False, capture_output=True, stdin=subprocess.DEVNULL, creationflags=_NO_WINDOW)
    else:
        for how in (signal.SIGTERM, signal.SIGKILL):
            with suppress(ProcessLookupError, subprocess.TimeoutExpired):
                os.killpg(child.pid, how)
                child.wait(GRACE)
    child.wait()


def _failed(why: str) -> int:
    with suppress(OSError):
        os.write(1, f"{why}\n".encode())
    return 127
