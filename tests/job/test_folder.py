"""What is on the disk, and in which order: a power cut can come at any moment."""

import pytest

from sv3d_engine.job import folder
from sv3d_engine.job.folder import JobFolder, StageRecord

FILES = ("frames/000.png", "frames/001.png", "mesh.glb", "work/field.bin")


@pytest.fixture
def told(monkeypatch, tmp_path):
    """What ``commit`` has put on the disk, in order."""
    done = []
    write_json = folder.write_json

    def sync(path):
        assert path.exists()
        done.append(path.relative_to(tmp_path).as_posix())

    def write(path, data):
        write_json(path, data)
        done.append(path.relative_to(tmp_path).as_posix())

    monkeypatch.setattr(folder, "sync", sync)
    monkeypatch.setattr(folder, "write_json", write)
    return done


def test_a_stages_files_are_on_the_disk_before_the_note_that_it_is_done(tmp_path, told):
    job = JobFolder(tmp_path)
    with job.scratch() as scratch:
        for name in FILES:
            (scratch / name).parent.mkdir(exist_ok=True)
            (scratch / name).write_text(name)
        record = StageRecord("mesh", "abc", {name: len(name) for name in FILES}, (), 1.0, 1, {})
        job.commit(scratch, {}, [record])
    assert told[0] == "job.json"
    assert told[-1] == "work/state.json"
    assert {*FILES, "frames", "work"} <= {*told[1:-1]}
    assert [stage.name for stage in job.finished(["abc"])] == ["mesh"]
