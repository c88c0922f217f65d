import ctypes
import os
import sys

import pytest

from sv3d_engine.ground.processes import JobLimits, engine_command, join_job_object, shared_threads

KILL_ON_JOB_CLOSE, EXTENDED_LIMITS = 0x2000, 9  # of winnt.h
HIGH_HANDLE = 0x7FFF_0000_0010  # does not fit the int that ctypes takes for granted
THIS_PROCESS = 2**64 - 1  # −1 as a pointer


class Kernel32:
    """Notes what Windows is asked for; ``refuses`` names the call that fails."""

    def __init__(self, refuses=""):
        self.calls = []
        answers = {"CreateJobObjectW": HIGH_HANDLE, "GetCurrentProcess": THIS_PROCESS}
        for name in ("CreateJobObjectW", "SetInformationJobObject", "AssignProcessToJobObject", "GetCurrentProcess"):
            setattr(self, name, Function(self.calls, name, 0 if name == refuses else answers.get(name, 1)))


class Function:
    """A function of a DLL as ctypes gives it: cuts its result to an int unless told of another type."""

    restype = ctypes.c_int

    def __init__(self, calls, name, answer):
        self.calls, self.name, self.answer = calls, name, answer

    def __call__(self, *arguments):
        self.calls.append((self.name, arguments))
        return self.restype(self.answer).value


def test_the_limits_have_the_layout_of_64_bit_windows():
    assert ctypes.sizeof(JobLimits) == 64 + 48 + 4 * 8  # basic limits, I/O counters, memory
    offsets = {name: getattr(JobLimits, name).offset for name, _ in JobLimits._fields_}
    assert offsets["flags"] == 16
    assert offsets["affinity"] == 48
    assert offsets["io_counters"] == 64


def test_this_process_joins_a_job_that_ends_its_members():
    kernel32 = Kernel32()
    assert join_job_object(kernel32)
    calls = dict(kernel32.calls)
    assert list(calls) == [
        "CreateJobObjectW",
        "SetInformationJobObject",
        "GetCurrentProcess",
        "AssignProcessToJobObject",
    ]
    job, kind, limits, size = calls["SetInformationJobObject"]
    assert (job.value, kind, size) == (HIGH_HANDLE, EXTENDED_LIMITS, ctypes.sizeof(JobLimits))
    assert limits._obj.flags == KILL_ON_JOB_CLOSE
    assert [handle.value for handle in calls["AssignProcessToJobObject"]] == [HIGH_HANDLE, THIS_PROCESS]


@pytest.mark.parametrize("call", ["CreateJobObjectW", "SetInformationJobObject", "AssignProcessToJobObject"])
def test_a_refusal_by_windows_is_told(call):
    assert not join_job_object(Kernel32(refuses=call))


@pytest.mark.parametrize(("given", "processes", "share"), [("6", 2, "3"), ("2", 5, "1"), ("", 1, "8")])
def test_threads_are_shared(monkeypatch, given, processes, share):
    monkeypatch.setenv("OMP_NUM_THREADS", given)
    monkeypatch.setattr(os, "cpu_count", lambda: 8)
    assert shared_threads(processes) == {"OMP_NUM_THREADS": share, "NUMBA_NUM_THREADS": share}


def test_the_engine_is_started_by_this_python():
    assert engine_command()[0] == sys.executable
    assert engine_command()[-2:] == ["-m", "sv3d_engine"]
