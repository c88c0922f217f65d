"""A job is killed at every single file operation, and must come to the same end afterwards."""

import os
from dataclasses import replace
from functools import cache
from pathlib import Path

import pytest
from broken_process import KILLED, killed, told_when
from pipeline_fakes import make_picture, make_source, outcome, stage, writes

from sv3d_engine.job.run import run_job
from sv3d_engine.shared import protocol
from sv3d_engine.sv3d.network import weights as networks

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="Windows has no fork, and a process each takes minutes")


def emerges(folder: str):
    """A stage that shows its frames twice before it writes them, as an orbit emerges."""

    def run(job, out, progress):
        previews = out / ".previews" / "frames"
        previews.mkdir(parents=True)
        for step in ("noise", "clear"):
            previews.joinpath("000.png").write_text(step)
            progress.preview("orbit", previews)
        previews.joinpath("000.png").unlink()
        previews.rmdir()
        previews.parent.rmdir()
        return writes(f"{folder}/000.png", facts={"steps": 2})(job, out, progress)

    return run


OLD = {
    "mesh": [stage("frames", writes("frames/099.png")), stage("field", writes("work/old.bin"))],
    "orbit": [stage("picture", writes("picture.png")), stage("orbit", emerges("old"))],
}
STAGES = {
    "mesh": [
        stage("frames", writes("frames/000.png")),
        stage("field", writes("work/field.bin", facts={"loss": 0.5})),
        stage("mesh", writes("mesh.glb")),
    ],
    "orbit": [stage("picture", writes("picture.png")), stage("orbit", emerges("frames"))],
}


def silent(message):
    pass


@pytest.fixture(autouse=True)
def weights_are_read_once(monkeypatch):
    """A hundred runs of one file, each of which would take half a second."""
    monkeypatch.setattr(networks, "inspect", cache(networks.inspect))


def request_for(kind: str, folder: Path, weights: Path) -> protocol.Job:
    if kind == "mesh":
        return protocol.MeshJob("a", str(make_source(folder / "in")), "")
    return protocol.OrbitJob("a", str(make_picture(folder / "cup.png")), "", str(weights))


@pytest.mark.parametrize("resume", [True, False])
@pytest.mark.parametrize("over_an_old_job", [False, True])
@pytest.mark.parametrize("kind", STAGES)
def test_killed_anywhere(tmp_path, weights, kind, resume, over_an_old_job):
    stages = STAGES[kind]
    unbroken = replace(request_for(kind, tmp_path, weights["p"]), out=str(tmp_path / "unbroken"))
    run_job(unbroken, silent, stages=stages)
    told, operation = KILLED, 0
    while told is not None:
        request = replace(unbroken, out=str(tmp_path / f"out-{operation}"))
        if over_an_old_job:
            run_job(replace(request, seed=5), silent, stages=OLD[kind])
        told = told_when(killed, operation, lambda job=request: run_job(job, silent, stages=stages))
        assert told in (KILLED, None)
        run_job(replace(request, resume=resume), silent, stages=stages)
        assert outcome(Path(request.out)) == outcome(Path(unbroken.out)), f"killed before change {operation}"
        operation += 1
    assert operation > 20
