"""What is on the disk, and in which order: a power cut can come at any moment."""

import errno
import os
from collections import Counter

import pytest

from sv3d_engine.ground import files
from sv3d_engine.job import folder, state_file
from sv3d_engine.job.folder import JobFolder
from sv3d_engine.job.state_file import StageRecord
from sv3d_engine.shared.errors import UserError

FILES = ("frames/000.png", "frames/001.png", "mesh.glb", "work/field.bin")
SCRATCH = ".sv3d-partial"

pytestmark = pytest.mark.usefixtures("real_fsync")


@pytest.fixture
def told(monkeypatch, tmp_path):
    """What ``commit`` has put on the disk, in order."""
    done = []
    write_json = folder.write_json

    def flush(path):
        files.flush(path)
        done.append(path.relative_to(tmp_path).as_posix())

    def write(path, data):
        write_json(path, data)
        done.append(path.relative_to(tmp_path).as_posix())

    monkeypatch.setattr(folder, "flush", flush)
    monkeypatch.setattr(folder, "write_json", write)
    monkeypatch.setattr(state_file, "write_json", write)
    return done


def commit(path):
    """A job folder with one finished stage."""
    path.mkdir(exist_ok=True)
    job = JobFolder(path)
    with job.scratch() as scratch:
        for name in FILES:
            (scratch / name).parent.mkdir(exist_ok=True)
            (scratch / name).write_text(name)
        record = StageRecord("mesh", "abc", {name: len(name) for name in FILES}, (), 1.0, 1, {})
        job.commit(scratch, {}, [record])
    return job


def test_a_stages_files_are_on_the_disk_before_the_note_that_it_is_done(tmp_path, told):
    job = commit(tmp_path / "job")
    assert told[0] == "job/job.json"
    assert told[1:5] == [f"job/{SCRATCH}/{name}" for name in FILES], "before they have their names"
    assert {*told[5:-1]} == {"job/frames", "job/work", "job", "."}
    assert told[-1] == "job/work/state.json"
    assert max(Counter(told).values()) == 1
    assert [stage.name for stage in job.finished(["abc"])] == ["mesh"]


@pytest.mark.skipif(os.name == "nt", reason="Windows has no flushing of folders")
def test_names_are_on_the_disk_before_the_note(tmp_path, monkeypatch):
    there = {}

    def flush(path):
        if path.is_dir():
            there[path] = {p.name for p in path.iterdir()}

    monkeypatch.setattr(folder, "flush", flush)
    commit(tmp_path)
    assert {"000.png", "001.png"} <= there[tmp_path / "frames"]
    assert "field.bin" in there[tmp_path / "work"]
    assert "state.json" not in there[tmp_path / "work"]
    assert {"frames", "mesh.glb", "work"} <= there[tmp_path]


def test_a_virus_scanner_does_not_cost_a_stage(tmp_path, monkeypatch):
    opens = os.open

    def held(path, flags, *how, **more):
        if SCRATCH in str(path) and flags & os.O_RDWR:
            raise PermissionError(errno.EACCES, "Permission denied", str(path))
        return opens(path, flags, *how, **more)

    monkeypatch.setattr(files.os, "open", held)
    assert [stage.name for stage in commit(tmp_path).finished(["abc"])] == ["mesh"]


def test_a_disk_that_is_not_there_is_told(tmp_path, monkeypatch):
    monkeypatch.setattr(type(tmp_path), "exists", lambda self: False)
    with pytest.raises(UserError, match="is not there"), JobFolder(tmp_path / "out").opened(1, {}):
        pass
