"""Work in a process of its own, which something befalls at its nth change on disk."""

import os
import signal
import sys
from collections.abc import Callable

from sv3d_engine.shared.errors import explain

ADDS = frozenset({"os.mkdir", "os.rename"})  # what a full disk may refuse; it never refuses to remove
CHANGES = ADDS | {"os.remove", "os.rmdir"}  # as Python's audit hooks name them; files opened to write count always
KILLED = ""  # who is killed tells nothing


def killed(path: object) -> None:
    """The power goes, or the system ends the program."""
    os.kill(os.getpid(), signal.SIGKILL)


def refused(number: int) -> Callable[[object], None]:
    """The disk says no, with this number of errno."""

    def refuse(path: object) -> None:
        raise OSError(number, os.strerror(number), str(path))

    return refuse


def told_when(
    befalls: Callable[[object], None], operation: int, work: Callable[[], object], changes: frozenset[str] = CHANGES
) -> str | None:
    """What a user would be told, or KILLED; None if the work came to its end.

    ``befalls`` is called in the place of the work's nth change on disk (from 0) and of every one after it.
    """
    ours, theirs = os.pipe()
    if child := os.fork():
        os.close(theirs)
        with os.fdopen(ours) as stream:
            told = stream.read()
        ended = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        assert told or ended in (0, -signal.SIGKILL), f"the process ended with {ended} and said nothing"
        return told if ended else None
    left = operation

    def count(event: str, arguments: tuple[object, ...]) -> None:
        nonlocal left
        opens_to_write = event == "open" and isinstance(arguments[1], str) and arguments[1].strip("rbt")
        if event in changes or opens_to_write:
            left -= 1
            if left < 0:
                befalls(arguments[0])

    ended = 1
    try:
        sys.addaudithook(count)
        work()
        ended = 0
    except Exception as error:
        os.write(theirs, explain(error).cause.encode())
    finally:
        os._exit(ended)
