"""Problems in words for an artist: the exception for what a user can put right, and every other one explained."""

import errno
import traceback


class UserError(Exception):
    """A problem with a named cause and a remedy, both plain sentences an artist can act on.

    ``details`` is for a report (file names, numbers), never needed to understand the message.
    """

    def __init__(self, cause: str, remedy: str, details: str = "") -> None:
        super().__init__(f"{cause} {remedy}")
        self.cause = cause
        self.remedy = remedy
        self.details = details


_FULL = {errno.ENOSPC, getattr(errno, "EDQUOT", errno.ENOSPC)}
_FORBIDDEN = {errno.EACCES, errno.EPERM, errno.EROFS}


def explain(error: BaseException) -> UserError:
    """Cause and remedy for whatever ended a job; the traceback goes into the details."""
    if isinstance(error, UserError):
        return error
    details = "".join(traceback.format_exception(error))
    if out_of_memory(error):
        return UserError(
            "There is not enough memory for this job.",
            "Close other programs, choose the preset “draft” (mesh) or the memory mode “blocks” (orbit), or use the "
            "device “cpu”.",
            details,
        )
    if isinstance(error, OSError) and error.errno in _FULL:
        return UserError(
            "The disk became full.", "Free some space and resume the job; what was finished is kept.", details
        )
    if isinstance(error, OSError) and error.errno in _FORBIDDEN:
        return UserError(
            f"A file could not be written or read: {error.filename}.",
            "Check that you may write to the output folder and that no other program holds the file open.",
            details,
        )
    if isinstance(error, ImportError) and not (error.name or "").startswith("sv3d_engine"):
        return UserError(
            f"The engine's Python lacks the package {error.name or 'that a stage needs'}, or it does not load.",
            "Run the engine's doctor; it says which packages to install.",
            details,
        )
    return UserError(
        "The engine met a problem that it does not know.",
        "Resume the job, or run it with another preset; if that fails too, report it with these details.",
        details,
    )


# Of PyTorch on every device, on Linux' processors, of NVIDIA's libraries, and of warp.
_NO_MEMORY = ("out of memory", "can't allocate memory", "_status_alloc_failed", "failed to allocate")


def out_of_memory(error: BaseException) -> bool:
    """Whether memory ran out, the processor's or a graphics card's; PyTorch's errors are known without importing it."""
    text = str(error).lower()
    return isinstance(error, MemoryError) or (
        isinstance(error, RuntimeError)
        and (type(error).__name__ == "OutOfMemoryError" or any(words in text for words in _NO_MEMORY))
    )
