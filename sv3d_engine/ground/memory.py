"""Memory of this process and this machine, in bytes, without a package for it."""

import ctypes
import os
import sys
from pathlib import Path

_PROC_STATUS = Path("/proc/self/status")
_CLEAR_REFS = Path("/proc/self/clear_refs")


def reset_peak() -> None:
    """Start a new peak where the system can (Linux); elsewhere the peak stays that of the whole process."""
    try:
        _CLEAR_REFS.write_text("5")  # proc(5): resets VmHWM
    except OSError:  # no such file outside Linux, or a container that forbids it
        return


def peak() -> int:
    """The most memory this process has held since ``reset_peak``."""
    if _PROC_STATUS.exists():
        return _kilobytes(_PROC_STATUS, "VmHWM")
    if sys.platform == "win32":
        return _windows_peak()
    import resource

    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return most if sys.platform == "darwin" else most * 1024


def total_and_available() -> tuple[int, int | None]:
    """The machine's memory, and how much of it is free for use where the system says so."""
    meminfo = Path("/proc/meminfo")
    if meminfo.exists():
        return _kilobytes(meminfo, "MemTotal"), _kilobytes(meminfo, "MemAvailable")
    if sys.platform == "win32":
        status = _MemoryStatus(length=ctypes.sizeof(_MemoryStatus))
        ctypes.windll.kernel32.GlobalMemoryStatusEx(ctypes.byref(status))
        return status.total_physical, status.available_physical
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES"), None


def _kilobytes(table: Path, name: str) -> int:
    for line in table.read_text().splitlines():
        if line.startswith(name + ":"):
            return int(line.split()[1]) * 1024
    return 0


class _MemoryStatus(ctypes.Structure):
    """MEMORYSTATUSEX of the Windows API."""

    _fields_ = (
        ("length", ctypes.c_uint32),
        ("load", ctypes.c_uint32),
        ("total_physical", ctypes.c_uint64),
        ("available_physical", ctypes.c_uint64),
        ("rest", ctypes.c_uint64 * 5),
    )


class _ProcessMemory(ctypes.Structure):
    """PROCESS_MEMORY_COUNTERS of the Windows API."""

    _fields_ = (
        ("size", ctypes.c_uint32),
        ("page_faults", ctypes.c_uint32),
        ("peak_working_set", ctypes.c_size_t),
        ("rest", ctypes.c_size_t * 7),
    )


def _windows_peak() -> int:
    if sys.platform != "win32":
        return 0
    kernel = ctypes.windll.kernel32
    kernel.GetCurrentProcess.restype = ctypes.c_void_p
    counters = _ProcessMemory(size=ctypes.sizeof(_ProcessMemory))
    kernel.K32GetProcessMemoryInfo(ctypes.c_void_p(kernel.GetCurrentProcess()), ctypes.byref(counters), counters.size)
    return int(counters.peak_working_set)
