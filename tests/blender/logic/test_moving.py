"""Jobs go to another folder, and whatever happens none is lost."""

import errno
import shutil
from pathlib import Path

import pytest
from history_folders import make_job, tree
from sv3d.sv3d_blender.history import moving
from sv3d.sv3d_blender.history.moving import NOTE, move_jobs
from sv3d.sv3d_engine.shared.file_lock import held

NAMES = ("cow-20261128-120000", "cup-20261128-120000")


@pytest.fixture
def old(tmp_path):
    for name in NAMES:
        make_job(tmp_path / "old" / name)
    return tmp_path / "old"


@pytest.fixture
def new(tmp_path):
    return tmp_path / "mine" / "SV3D"


@pytest.fixture
def another_disk(monkeypatch):
    """Jobs cannot be renamed from one folder to another."""
    rename = Path.rename

    def refuse(self, target):
        if self.parent != Path(target).parent:
            raise OSError(errno.EXDEV, "Invalid cross-device link")
        return rename(self, target)

    monkeypatch.setattr(Path, "rename", refuse)


def content(folder):
    return {name: (folder / name).read_bytes() for name in tree(folder)}


def test_all_jobs_go_as_they_are(old, new):
    before, told = content(old), []
    move = move_jobs(old, new, told.append)
    assert content(new) == before
    assert tree(old) == {NOTE}
    assert move.moved == {str(old / name): str(new / name) for name in NAMES}
    assert told == [{o: n} for o, n in move.moved.items()]
    assert str(new) in (old / NOTE).read_text()
    assert move_jobs(old, new) == moving.Move()


def test_to_another_disk_they_are_copied_and_compared(old, new, another_disk):
    before = content(old)
    (old / NAMES[0] / "link").symlink_to("/etc")
    assert not move_jobs(old, new).stayed
    assert (new / NAMES[0] / "link").is_symlink()
    (new / NAMES[0] / "link").unlink()
    assert content(new) == before
    assert tree(old) == {NOTE}


def test_a_copy_that_differs_is_no_copy(old, new, another_disk, monkeypatch):
    copy2 = shutil.copy2

    def bad_disk(source, target):
        copy2(source, target)
        if Path(source).name == "mesh.glb" and NAMES[0] in source:
            Path(target).write_bytes(b"[]")  # as long as what it was, and as old
            shutil.copystat(source, target)

    monkeypatch.setattr(shutil, "copy2", bad_disk)
    before = content(old / NAMES[0])
    move = move_jobs(old, new)
    assert content(old / NAMES[0]) == before
    assert "differs" in move.stayed[str(old / NAMES[0])]
    assert {p.name for p in new.iterdir()} == {NAMES[1]}


def test_a_full_disk_loses_nothing(old, new, another_disk, monkeypatch):
    def full(source, target):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(shutil, "copy2", full)
    before = content(old)
    move = move_jobs(old, new)
    assert content(old) == before
    assert len(move.stayed) == 2
    assert not list(new.iterdir())


def test_an_original_that_cannot_go_leaves_no_second_one(old, new, another_disk, monkeypatch):
    rename = Path.rename

    def held_open(self, target):
        if self.parent == old:
            raise PermissionError(errno.EACCES, "in use")
        return rename(self, target)

    monkeypatch.setattr(Path, "rename", held_open)
    before = content(old)
    assert len(move_jobs(old, new).stayed) == 2
    assert content(old) == before
    assert not list(new.iterdir())


def test_a_job_at_work_stays(old, new):
    with held(old / NAMES[0] / ".lock"):
        move = move_jobs(old, new)
        assert "at work" in move.stayed[str(old / NAMES[0])]
    assert (old / NAMES[0] / "mesh.glb").exists()
    assert (new / NAMES[1] / "mesh.glb").exists()


def test_nothing_there_is_written_over(old, new):
    make_job(new / NAMES[0])
    (new / NAMES[0] / "mesh.glb").write_text("mine")
    move = move_jobs(old, new)
    assert (new / NAMES[0] / "mesh.glb").read_text() == "mine"
    assert move.moved[str(old / NAMES[0])] == str(new / f"{NAMES[0]}-2")


def test_copies_beside_a_job_go_into_it(old, new):
    (old / NAMES[0] / "source.png").unlink()
    for ending in (".png", ".cameras.json"):
        (old / f"{NAMES[0]}{ending}").write_text(ending)
    move_jobs(old, new)
    assert (new / NAMES[0] / "source.png").read_text() == ".png"
    assert (new / NAMES[0] / "source.cameras.json").read_text() == ".cameras.json"


def test_what_is_no_job_stays(old, new):
    (old / "holiday").mkdir()
    (old / "notes.txt").touch()
    move_jobs(old, new)
    assert tree(old) == {"holiday", "notes.txt", NOTE}


def test_what_a_broken_move_left_is_begun_anew(old, new, another_disk):
    half = new / f"{moving.COMING}123"
    half.mkdir(parents=True)
    (half / "mesh.glb").touch()
    move_jobs(old, new)
    assert not half.exists()
    assert (new / NAMES[0] / "mesh.glb").exists()


def test_without_an_old_folder_nothing_happens(tmp_path, new):
    assert move_jobs(tmp_path / "none", new) == moving.Move()
    assert not new.exists()
