"""What the system says of files and disks, in words for an artist."""

import errno
import os
import re
import sys

Told = tuple[str, str]  # cause and remedy

_RESUMED = "then resume the job; what was finished is kept."
_ABSENT = "ENOENT ENOTDIR EISDIR"
_KINDS: tuple[tuple[str, str, str], ...] = (  # names of errno, cause, remedy
    ("ENOSPC EDQUOT", "The disk is full, or your share of it: {file} could not be written.", "Free some space, {then}"),
    (
        "EACCES EPERM",
        "The engine may not write or read {file}.",
        "Give yourself the right to it, or close the program that holds it open; {then}",
    ),
    ("EROFS", "The disk is read-only: {file} could not be written.", "Make it writable; {then}"),
    (
        _ABSENT,
        "{file} is no longer there.",
        "Put it back if it was yours; what the job itself had made is made again. Resume the job.",
    ),
    (
        "EIO ENXIO ENODEV ESTALE ETIMEDOUT EHOSTDOWN EHOSTUNREACH ENETDOWN ENETUNREACH ENOTCONN EREMOTEIO",
        "The disk or network drive of {file} failed.",
        "See that it is connected and sound, {then}",
    ),
    ("EMFILE ENFILE", "Too many files are open on this machine.", "Close other programs, {then}"),
    (
        "ENAMETOOLONG",
        "The path of {file} is too long for this disk.",
        "Choose a results folder with a shorter path in the SV3D preferences (on the command line: --out) and generate "
        "again.",
    ),
    (
        "EFBIG",
        "{file} is larger than this disk takes in one file.",
        "Choose a results folder on another disk in the SV3D preferences (on the command line: --out) and generate "
        "again.",
    ),
    ("EBUSY ETXTBSY", "Another program holds {file}.", "Close it, {then}"),
)
_SYSTEM: dict[int, Told] = {
    getattr(errno, name): (cause, remedy)
    for names, cause, remedy in _KINDS
    for name in names.split()
    if hasattr(errno, name)  # not every system knows all of them
}
_OF_WINDOWS = {
    **dict.fromkeys((2, 3), errno.ENOENT),
    **dict.fromkeys((5, 32, 33), errno.EACCES),
    **dict.fromkeys((39, 112), errno.ENOSPC),
    206: errno.ENAMETOOLONG,
    1117: errno.EIO,
}


def system_number(error: BaseException) -> int | None:
    """The system's number, as in ``errno``; None where it said nothing.  Rust's libraries tell it in their text."""
    if isinstance(error, OSError):
        return error.errno
    if type(error).__name__ != "SafetensorError":
        return None
    found = re.search(r"\(os error (\d+)\)|\bcode: (\d+)", str(error))
    number = int(found[1] or found[2]) if found else None
    return _OF_WINDOWS.get(number, number) if number is not None and sys.platform == "win32" else number


def is_plain(number: int) -> bool:
    """Whether the number alone tells the cause: what is absent may also be a part of a package."""
    return number in _SYSTEM and errno.errorcode[number] not in _ABSENT.split()


def told_by_the_system(error: BaseException, number: int) -> Told:
    """Cause and remedy for a number of ``system_number``."""
    name = getattr(error, "filename", None)
    file = os.fsdecode(name) if isinstance(name, str | bytes) else "a file of the job"
    other = (
        f"The system could not read or write {{file}} ({os.strerror(number)}).",
        "See that its disk is sound, {then}",
    )
    cause, remedy = (text.replace("{file}", file) for text in _SYSTEM.get(number, other))
    return cause[0].upper() + cause[1:] if name is None else cause, remedy.replace("{then}", _RESUMED)
