"""Processes that this one starts, and the one that started it."""

import ctypes
import logging
import os
import sys
import threading
import time
from collections.abc import Callable
from typing import Any

log = logging.getLogger(__name__)


def engine_command() -> list[str]:
    """How this Python starts the engine's command line in another process."""
    return [sys.executable, *interpreter_flags(), "-m", "sv3d_engine"]


def interpreter_flags() -> list[str]:
    """This Python's own isolation as options of the command line."""
    flags = {"-s": sys.flags.no_user_site, "-P": sys.flags.safe_path, "-E": sys.flags.ignore_environment}
    return [flag for flag, on in flags.items() if on]


def shared_threads(processes: int) -> dict[str, str]:
    """Environment variables by which each of so many processes takes its share of the threads that this one may."""
    threads = str(max(1, int(os.environ.get("OMP_NUM_THREADS") or os.cpu_count() or 1) // processes))
    return {"OMP_NUM_THREADS": threads, "NUMBA_NUM_THREADS": threads}


_INTERVAL = 0.5  # seconds


def watch_parent(gone: Callable[[], None]) -> None:
    """Call ``gone`` when the parent process has ended, even if another process still holds our stdin open.

    On Windows a process keeps its parent's id for ever, so there the end of stdin alone tells.
    """
    if os.name == "nt":
        return
    parent = os.getppid()

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(_INTERVAL)
        gone()

    threading.Thread(target=watch, name="parent watch", daemon=True).start()


def end_children_with_this_process() -> None:
    """Have Windows end what this process starts when it ends, however it ends.

    On POSIX whoever kills this process kills its process group.
    """
    if sys.platform == "win32" and not join_job_object(ctypes.WinDLL("kernel32")):
        log.warning("Windows gave no job object: what this process starts may outlive it")


_KILL_ON_JOB_CLOSE = 0x2000
_EXTENDED_LIMITS = 9  # JobObjectExtendedLimitInformation


class JobLimits(ctypes.Structure):
    """JOBOBJECT_EXTENDED_LIMIT_INFORMATION of the Windows API, its two inner structures written out."""

    _fields_ = (
        ("user_time_limits", ctypes.c_int64 * 2),
        ("flags", ctypes.c_uint32),
        ("working_set", ctypes.c_size_t * 2),
        ("active_processes", ctypes.c_uint32),
        ("affinity", ctypes.c_size_t),
        ("priority_class", ctypes.c_uint32),
        ("scheduling_class", ctypes.c_uint32),
        ("io_counters", ctypes.c_uint64 * 6),
        ("memory", ctypes.c_size_t * 4),
    )


def join_job_object(kernel32: Any) -> bool:
    """Put this process into a job object that ends its members with it; children are born into their parent's.

    The only handle to the job is ours and stays open: Windows closes it when we end, and with it the job.
    """
    kernel32.CreateJobObjectW.restype = kernel32.GetCurrentProcess.restype = ctypes.c_void_p
    job = ctypes.c_void_p(kernel32.CreateJobObjectW(None, None))
    limits = JobLimits(flags=_KILL_ON_JOB_CLOSE)
    return bool(
        job
        and kernel32.SetInformationJobObject(job, _EXTENDED_LIMITS, ctypes.byref(limits), ctypes.sizeof(limits))
        and kernel32.AssignProcessToJobObject(job, ctypes.c_void_p(kernel32.GetCurrentProcess()))
    )
