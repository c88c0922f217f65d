"""Problems in words for an artist: the exception for what a user can put right, and every other one explained.

Whoever knows more of a failure raises a UserError; here alone all other exceptions become one.
"""

import errno
import signal
import traceback
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

from .readable import readable
from .system_errors import Told, is_plain, system_number, told_by_the_system


class UserError(Exception):
    """A problem with a named cause and a remedy, both plain sentences an artist can act on.

    ``details`` is for a report (file names, numbers), never needed to understand the message.
    """

    def __init__(self, cause: str, remedy: str, details: str = "") -> None:
        self.cause, self.remedy = readable(cause), readable(remedy)
        self.details = details.encode("utf-8", "backslashreplace").decode()
        super().__init__(f"{self.cause} {self.remedy}")


class DoubtError(UserError):
    """What is doubtful about a job's source, told before minutes are spent; to resume it is to go on all the same."""


REPAIR = "Press Set Up Engine or Repair in the SV3D preferences"
_PACKAGES = f"{REPAIR} (on the command line “python -m sv3d_engine doctor” tells what to install), then resume the job."
_MEMORY = (
    "Close other programs and resume the job; or choose the preset “draft” (mesh), the memory mode “blocks” (orbit) or "
    "the device “cpu”."
)
_CARD = "Resume the job. If it happens again, restart the machine, or choose the device “cpu” before you resume."


def explain(error: BaseException) -> UserError:
    """Cause and remedy for whatever ended a job; the traceback goes into the details."""
    if isinstance(error, UserError):
        return error
    cause, remedy = next(filter(None, map(_known, _chain(error))), None) or _unforeseen(error)
    return UserError(cause, remedy, "".join(traceback.format_exception(error)))


def ended_by_itself(code: int) -> UserError:
    """What to say of the engine's worker that ended in the middle of a job with this exit code; < 0 is a signal."""
    name = _signal_name(code)
    if code in _NO_MEMORY_CODES or name == "SIGKILL":
        told = "The engine was ended in the middle of the job; most often the memory is full.", _MEMORY
    elif name == "SIGBUS":
        told = (
            "A file that the engine was reading was cut short, or its disk was full or failed.",
            "See that the disk is connected, sound and not full and that the weights are whole; then resume the job.",
        )
    elif name in ("SIGTERM", "SIGINT", "SIGHUP"):
        told = "Something ended the engine in the middle of the job.", "Resume the job; what was finished is kept."
    else:
        told = (
            "The engine crashed in the middle of the job, in a driver or a package that it uses.",
            "Resume the job; what was finished is kept. If it crashes again, choose the device “cpu”, or press Repair "
            "in the SV3D preferences.",
        )
    return UserError(*told, f"the worker ended with code {code} ({name or 'no signal'})")


_NO_MEMORY_CODES = {0xC0000017, 0xC000012D}  # Windows: STATUS_NO_MEMORY, STATUS_COMMITMENT_LIMIT


def _signal_name(code: int) -> str:
    try:
        return signal.Signals(-code).name
    except ValueError:
        return ""


def _chain(error: BaseException) -> Iterator[BaseException]:
    """The error, and those that it was raised from or while handling; packages wrap what the system told them."""
    following: BaseException | None = error
    seen: set[int] = set()
    while following is not None and id(following) not in seen:
        seen.add(id(following))
        yield following
        following = following.__cause__ or (None if following.__suppress_context__ else following.__context__)


def _known(error: BaseException) -> Told | None:
    if out_of_memory(error):
        return "There is not enough memory for this job.", _MEMORY
    if card_lost(error):
        return "The graphics card stopped working in the middle of the job.", _CARD
    number = system_number(error)
    if number is not None and is_plain(number):
        return told_by_the_system(error, number)
    if name := _package_that_fails(error):
        return _damaged_package(error, name)
    return None if number is None else told_by_the_system(error, number)


def _unforeseen(error: BaseException) -> Told:
    line = str(error).strip().partition("\n")[0]
    told = f"{type(error).__name__}: {line}" if line else type(error).__name__
    return (
        f"An error inside the engine ended the job ({told[:200]}).",
        "Resume the job; what was finished is kept. If it fails again, generate with another preset or seed, and send "
        "a report: Copy Report holds all that is needed (on the command line: --details).",
    )


# ---- memory and graphics cards ----------------------------------------------------------------------------------

# Of PyTorch on every device, on Linux' and Windows' processors, of NVIDIA's libraries, and of warp.
_NO_MEMORY = ("out of memory", "can't allocate memory", "not enough memory", "bad_alloc", "bad allocation")
_NO_CARD_MEMORY = ("_status_alloc_failed", "failed to allocate")
_WINDOWS_COMMIT_LIMIT = 1455  # the paging file is too small: while libraries are loaded, this is what is said


def out_of_memory(error: BaseException) -> bool:
    """Whether memory ran out, the processor's or a graphics card's; PyTorch's errors are known without importing it."""
    text = str(error).lower()
    if isinstance(error, OSError):
        return error.errno == errno.ENOMEM or getattr(error, "winerror", None) == _WINDOWS_COMMIT_LIMIT
    return isinstance(error, MemoryError) or (
        isinstance(error, RuntimeError)
        and (
            type(error).__name__ == "OutOfMemoryError"
            or any(words in text for words in (*_NO_MEMORY, *_NO_CARD_MEMORY))
        )
    )


# Of CUDA and its libraries, ROCm, and Metal.
_CARD_FAILS = ("cuda error", "cudnn", "cublas", "cusolver", "nvrtc", "cuda driver", "hip error", "command buffer")


def card_lost(error: BaseException) -> bool:
    """Whether a graphics card or its driver failed: nothing more can be asked of it in this process."""
    if not isinstance(error, RuntimeError) or out_of_memory(error):
        return False
    text = str(error).lower()
    return type(error).__name__ == "AcceleratorError" or any(words in text for words in _CARD_FAILS)


# ---- packages ---------------------------------------------------------------------------------------------------

_OURS = __name__.rpartition(".shared.")[0].rpartition(".")[2]
_SOME = "that a stage needs"


def _package_that_fails(error: BaseException) -> str:
    """The package that is missing or does not load; "" if that is not what is wrong."""
    match error:
        case ImportError(name=str(name), path=path):
            return _module_at(path) if path and "-packages" in path else name
        case AttributeError(obj=ModuleType(__name__=name)):
            return name  # it lacks what every whole one of its version has
        case SyntaxError(filename=str(file)) if file.endswith(".py"):
            return _module_at(file)
        case SyntaxError(msg=str(text)) if "null bytes" in text:  # what a power cut leaves of a file
            return _SOME
    return _module_being_loaded(error) or (_SOME if isinstance(error, ImportError) else "")


def _module_being_loaded(error: BaseException) -> str:
    """The innermost module in whose own code the error arose; "" if all of them had been loaded."""
    for frame, _ in reversed(list(traceback.walk_tb(error.__traceback__))):
        code = frame.f_code
        if code.co_filename.startswith("<frozen importlib"):
            return str(frame.f_locals.get("fullname") or frame.f_locals.get("name") or _SOME)
        if code.co_name == "<module>" and (name := str(frame.f_globals.get("__name__", ""))) != "__main__":
            return name
    return ""


def _module_at(file: str) -> str:
    """The name of the module that was read from a file, or at least its package's."""
    parts = Path(file).with_suffix("").parts
    start = next((i + 1 for i, part in enumerate(parts) if part.endswith("-packages")), None)
    if start is None:
        start = parts.index("sv3d_engine") if "sv3d_engine" in parts else len(parts) - 1
    return ".".join(parts[start:])


def _damaged_package(error: BaseException, name: str) -> Told:
    package = name.partition(".")[0]
    if package == _OURS:
        return (
            f"The engine's own files are damaged or incomplete ({name}).",
            "Install the SV3D add-on again (on the command line: the engine's files), then resume the job.",
        )
    if isinstance(error, ModuleNotFoundError):
        return f"The engine's Python lacks the package {package}.", _PACKAGES
    return f"The package {package} of the engine's Python is damaged: it does not load.", _PACKAGES
