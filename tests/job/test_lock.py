import os
import threading
from pathlib import Path

import pytest
from pipeline_fakes import make_source, stage, tree, writes

from sv3d_engine.ground import lock
from sv3d_engine.ground.lock import locked
from sv3d_engine.job.folder import JobFolder
from sv3d_engine.job.run import run_job
from sv3d_engine.shared import protocol
from sv3d_engine.shared.errors import UserError


@pytest.fixture
def impatient(monkeypatch):
    monkeypatch.setattr(lock, "PATIENCE", 0.0)


@pytest.mark.usefixtures("impatient")
def test_a_folder_has_one_job_at_a_time(tmp_path):
    with locked(tmp_path), pytest.raises(UserError, match="Another job is at work"), locked(tmp_path):
        pass
    with locked(tmp_path):
        pass
    assert not list(tmp_path.iterdir())


@pytest.mark.skipif(not hasattr(os, "fork"), reason="Windows has no fork")
def test_a_lock_ends_with_its_process(tmp_path):
    child = os.fork()
    if not child:
        with locked(tmp_path):
            os._exit(0)
    os.waitpid(child, 0)
    assert list(tmp_path.iterdir()), "its file is still there"
    with locked(tmp_path):
        pass


@pytest.mark.usefixtures("impatient")
def test_a_job_refuses_to_work_where_another_does(tmp_path):
    request = protocol.MeshJob("a", str(make_source(tmp_path / "in")), str(tmp_path / "out"))

    def starts_another(job, out, progress):
        run_job(request, lambda message: None, stages=[stage("mesh", writes("mesh.glb"))])
        return {}

    with pytest.raises(UserError, match="Another job is at work"):
        run_job(request, lambda message: None, stages=[stage("frames", starts_another)])
    assert not Path(request.out).exists()


def test_what_a_killed_run_left_is_removed(tmp_path):
    out = tmp_path / "out"
    for half in (".sv3d-partial/frames/000.png", "work/previews/orbit-frames/000.png.part", ".lock"):
        (out / half).parent.mkdir(parents=True, exist_ok=True)
        (out / half).write_text("half")
    JobFolder(out).remove_unfinished_after_kill(resumable=False)
    assert not out.exists()


def test_what_was_asked_for_outlives_a_kill(tmp_path):
    out = tmp_path / "out"
    for half in ("work/previews/orbit-frames/000.png.part", ".lock", "job.json"):
        (out / half).parent.mkdir(parents=True, exist_ok=True)
        (out / half).write_text("half")
    JobFolder(out).remove_unfinished_after_kill(resumable=True)
    assert tree(out) == {"job.json"}
    JobFolder(out).remove_unfinished_after_kill(resumable=False)
    assert not out.exists()


def test_a_folder_that_no_run_had_come_to_is_left_alone(tmp_path):
    (tmp_path / "work").mkdir()
    (tmp_path / "work" / "novel.part").write_text("precious")
    JobFolder(tmp_path).remove_unfinished_after_kill(resumable=False)
    assert tree(tmp_path) == {"work/novel.part"}


@pytest.mark.usefixtures("impatient")
def test_nothing_is_removed_under_a_job_at_work(tmp_path):
    with locked(tmp_path):
        (tmp_path / ".sv3d-partial").mkdir()
        JobFolder(tmp_path).remove_unfinished_after_kill(resumable=False)
        assert (tmp_path / ".sv3d-partial").exists()


@pytest.mark.skipif(not hasattr(os, "fork"), reason="Windows has no fork")
def test_a_process_that_goes_is_waited_for(tmp_path):
    ready, done = os.pipe(), os.pipe()
    child = os.fork()
    if not child:
        with locked(tmp_path):
            os.write(ready[1], b"locked")
            os.read(done[0], 1)
            os._exit(0)
    os.read(ready[0], 6)
    threading.Timer(0.3, os.write, (done[1], b"!")).start()
    with locked(tmp_path):
        pass
    assert os.waitpid(child, 0)[1] == 0, "it went by itself"
