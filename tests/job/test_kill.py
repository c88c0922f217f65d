"""A job is killed at every single file operation, and must come to the same end afterwards."""

import os
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from pipeline_fakes import make_source, outcome, stage, writes

from sv3d_engine.job.run import run_job
from sv3d_engine.shared import protocol

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="Windows has no fork, and a process each takes minutes")

STAGES = [
    stage("frames", writes("frames/000.png")),
    stage("field", writes("work/field.bin", facts={"loss": 0.5})),
    stage("mesh", writes("mesh.glb")),
]
OLD_STAGES = [stage("frames", writes("frames/099.png")), stage("field", writes("work/old.bin"))]
CHANGES = {"os.rename", "os.remove", "os.mkdir", "os.rmdir"}
KILLED = 9


def silent(message):
    pass


def run_until(operation: int, request: protocol.MeshJob) -> bool:
    """Run in a process that ends right before its nth change on disk; False if it came to its end before."""
    child = os.fork()
    if child:
        return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == KILLED
    left = operation

    def count(event, arguments):
        nonlocal left
        opens_to_write = event == "open" and isinstance(arguments[1], str) and arguments[1].strip("rbt")
        if event in CHANGES or opens_to_write:
            left -= 1
            if left < 0:
                os._exit(KILLED)

    try:
        sys.addaudithook(count)
        run_job(request, silent, stages=STAGES)
    finally:
        os._exit(0 if left >= 0 else 1)


@pytest.mark.parametrize("resume", [True, False])
@pytest.mark.parametrize("over_an_old_job", [False, True])
def test_killed_anywhere(tmp_path, resume, over_an_old_job):
    source = str(make_source(tmp_path / "in"))
    unbroken = protocol.MeshJob("a", source, str(tmp_path / "unbroken"))
    run_job(unbroken, silent, stages=STAGES)
    killed, operation = True, 0
    while killed:
        request = replace(unbroken, out=str(tmp_path / f"out-{operation}"))
        if over_an_old_job:
            run_job(replace(request, seed=5), silent, stages=OLD_STAGES)
        killed = run_until(operation, request)
        run_job(replace(request, resume=resume), silent, stages=STAGES)
        assert outcome(Path(request.out)) == outcome(Path(unbroken.out)), f"killed before change {operation}"
        operation += 1
    assert operation > 20
