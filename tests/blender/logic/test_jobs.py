"""What is on disk of each job, however damaged or hostile it is."""

import json
import os
from datetime import datetime

import pytest
from history_folders import make_job
from sv3d.sv3d_blender.history import jobs
from sv3d.sv3d_blender.history.jobs import State, read_job, read_jobs
from sv3d.sv3d_engine.shared import job_files, protocol
from sv3d.sv3d_engine.shared.file_lock import held

MORNING, NOON = "20261128-090000", "20261128-120000"


def test_all_jobs_of_all_folders_the_latest_first(tmp_path):
    make_job(tmp_path / "one" / f"cow-{MORNING}")
    make_job(tmp_path / "two" / f"cup-{NOON}", done=False)
    (tmp_path / "two" / "holiday").mkdir()
    (tmp_path / "two" / "notes.txt").touch()
    found = read_jobs([tmp_path / "one", tmp_path / "two", tmp_path / "two", tmp_path / "gone"])
    assert [(r.title, r.state) for r in found] == [("cup", State.STOPPED), ("cow", State.DONE)]
    assert found[0].time == datetime(2026, 11, 28, 12).timestamp()


def test_a_done_job_tells_what_it_takes(tmp_path):
    folder = make_job(tmp_path / f"cow-{NOON}")
    record = read_job(folder)
    assert record.makes_mesh
    assert record.picture == (folder / "frames" / "000.png").resolve()
    assert (record.stages_done, record.stages) == (8, 8)
    work = sum(p.stat().st_size for p in (folder / "work").iterdir())
    assert record.spare == work >= 1000
    assert record.size == sum(p.stat().st_size for p in folder.rglob("*") if p.is_file())


def test_a_stopped_job_tells_how_far_it_came(tmp_path):
    request = protocol.MeshJob("1", "/frames", "/out")
    record = read_job(make_job(tmp_path / f"cow-{NOON}", done=False, stages=2, request=request))
    assert (record.state, record.stages_done, record.stages, record.spare) == (State.STOPPED, 2, 6, 0)


def test_a_failed_job_tells_why(tmp_path):
    folder = make_job(tmp_path / f"cow-{NOON}", done=False)
    (folder / "failure.json").write_text('{"cause": "The disk\\nis full."}')
    assert (read_job(folder).state, read_job(folder).cause) == (State.FAILED, "The disk is full.")
    assert not read_job(folder).is_doubt
    (folder / "failure.json").write_text('{"cause": "A shadow.", "is_doubt": true}')
    assert read_job(folder).is_doubt
    make = make_job(tmp_path / f"cup-{NOON}")
    (make / "failure.json").write_text('{"cause": "of long ago"}')
    assert (read_job(make).state, read_job(make).cause) == (State.DONE, "")


def test_a_failure_that_was_overcome_is_no_more(tmp_path):
    folder = make_job(tmp_path / f"cow-{NOON}", done=False, stages=2)
    (folder / "failure.json").write_text('{"cause": "of an earlier run"}')
    os.utime(folder / "failure.json", (1, 1))
    assert read_job(folder).state is State.STOPPED


def test_a_job_at_work_is_seen_by_its_lock(tmp_path):
    folder = make_job(tmp_path / f"cow-{NOON}")
    with held(folder / ".lock"):
        record = read_job(folder)
        assert (record.state, record.spare) == (State.RUNNING, 0)
    (folder / ".lock").touch()  # of a job that was killed
    assert read_job(folder).state is State.DONE


def test_the_title_is_the_one_the_artist_gave(tmp_path):
    folder = make_job(tmp_path / f"my_cow-{NOON}")
    (folder / "delivery.json").write_text('{"title": "My \\u202e cow\\n"}')
    assert read_job(folder).title == "My cow"


def test_what_has_not_changed_is_not_read_again(tmp_path, monkeypatch):
    folder = make_job(tmp_path / f"cow-{NOON}")
    known = {r.folder: r for r in read_jobs([tmp_path])}
    monkeypatch.setattr(jobs, "_read", None)
    assert read_jobs([tmp_path], known) == list(known.values())
    monkeypatch.undo()
    (folder / "failure.json").write_text("{}")
    assert read_jobs([tmp_path], known)[0] is not known[folder]


@pytest.mark.parametrize("name", ["job.json", "report.json", "work/state.json", "failure.json", "delivery.json"])
@pytest.mark.parametrize("content", [b"", b"null", b"[1]", b'{"cause": {}, "title": 3}', b"\xff\xfe", b"[" * 100_000])
def test_damaged_files_leave_a_job_that_can_be_shown(tmp_path, name, content):
    folder = make_job(tmp_path / f"cow-{NOON}")
    (folder / name).write_bytes(content)
    (record,) = read_jobs([tmp_path])
    assert (record.title, record.state, record.makes_mesh) == ("cow", State.DONE, True)


def test_a_result_without_its_request_is_shown(tmp_path):
    folder = make_job(tmp_path / f"cow-{NOON}")
    (folder / "job.json").unlink()
    (record,) = read_jobs([tmp_path])
    assert (record.state, record.request) == (State.DONE, None)


def test_a_file_that_never_ends_is_not_read(tmp_path, monkeypatch):
    folder = make_job(tmp_path / f"cow-{NOON}")
    monkeypatch.setattr(job_files, "_LONGEST", 10)
    (record,) = read_jobs([tmp_path])
    assert record.request is None
    if hasattr(os, "mkfifo"):
        (folder / "job.json").unlink()
        os.mkfifo(folder / "job.json")
        assert read_jobs([tmp_path])[0].request is None


@pytest.mark.skipif(os.name == "nt", reason="links need rights there")
def test_links_lead_nowhere_else(tmp_path):
    outside = make_job(tmp_path / "outside" / f"cow-{NOON}")
    inner = tmp_path / "results"
    inner.mkdir()
    (inner / f"link-{NOON}").symlink_to(outside)
    assert read_jobs([inner]) == []
    folder = make_job(inner / f"cup-{NOON}")
    (folder / "work").rename(tmp_path / "work")
    for name in ("turntable", "work"):
        (folder / name).symlink_to(outside)
    secret = outside / "000.png"
    secret.write_bytes(b"secret" * 1000)
    (record,) = read_jobs([inner])
    assert record.picture == (folder / "frames" / "000.png").resolve()
    assert record.spare == 0
    assert record.size < 3000


def test_the_real_requests_fields_come_back(tmp_path):
    request = protocol.OrbitJob("1", "/cow.png", "/out", steps=4)
    folder = make_job(tmp_path / f"cow-{NOON}", request=request)
    record = read_job(folder)
    assert record.request == request
    assert not record.makes_mesh
    assert json.loads((folder / "job.json").read_text())["steps"] == 4
