"""Files and folders are whole or as they were, and on the disk before they have their name."""

import os
from pathlib import Path

import pytest

from sv3d_engine.ground.files import copy_whole, sync, whole_file, whole_folder, write_json

posix_only = pytest.mark.skipif(os.name == "nt", reason="Windows has no syncing of folders")


@pytest.fixture
def flushed(monkeypatch: pytest.MonkeyPatch) -> list[tuple[int, bool]]:
    """Inode of each file or folder that is flushed, and whether ``kept`` was there by then."""
    seen: list[tuple[int, bool]] = []
    real = os.fsync

    def fsync(handle: int) -> None:
        seen.append((os.fstat(handle).st_ino, Path("kept").exists()))
        real(handle)

    monkeypatch.setattr("os.fsync", fsync)
    return seen


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_a_file_has_its_name_only_once_it_is_on_the_disk(flushed: list[tuple[int, bool]]) -> None:
    with whole_file(Path("kept")) as partial:
        partial.write_text("new")
        assert not Path("kept").exists()
    assert Path("kept").read_text() == "new"
    assert flushed == [(Path("kept").stat().st_ino, False)]


def test_a_preview_is_not_waited_for(flushed: list[tuple[int, bool]]) -> None:
    Path("source").write_text("new")
    copy_whole(Path("source"), Path("kept"))
    assert Path("kept").read_text() == "new"
    assert flushed == []


@pytest.mark.parametrize("error", [OSError, KeyboardInterrupt])
def test_a_file_that_fails_half_way_leaves_the_old_one_alone(folder: Path, error: type[BaseException]) -> None:
    Path("kept").write_text("old")
    with pytest.raises(error), whole_file(Path("kept")) as partial:
        partial.write_text("ne")
        raise error
    assert [(path.name, path.read_text()) for path in folder.iterdir()] == [("kept", "old")]


def test_a_full_disk_is_heard_of_before_the_old_file_goes(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    Path("kept").write_text("old")
    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(OSError, match="No space left"):
        write_json(Path("kept"), {})
    assert [(path.name, path.read_text()) for path in folder.iterdir()] == [("kept", "old")]


def test_a_folder_is_on_the_disk_before_it_takes_the_old_ones_place(flushed: list[tuple[int, bool]]) -> None:
    Path("kept.part").mkdir()
    Path("kept.part", "of a killed run").touch()
    with whole_folder(Path("kept")) as partial:
        (partial / "a").write_text("new")
        assert not Path("kept").exists()
    assert [path.name for path in Path("kept").iterdir()] == ["a"]
    assert flushed == [(Path("kept", "a").stat().st_ino, False)]


@pytest.fixture
def synced(tmp_path, monkeypatch):
    """Paths below tmp_path, in the order in which they are put on the disk."""
    paths = []

    def fsync(descriptor):
        there = os.fstat(descriptor)
        paths.extend(p for p in (tmp_path, *tmp_path.rglob("*")) if os.path.samestat(p.stat(), there))

    monkeypatch.setattr(os, "fsync", fsync)
    return paths


@posix_only
def test_a_file_is_on_the_disk_before_its_name(tmp_path, synced):
    file = tmp_path / "orbit" / "000.png"
    file.parent.mkdir()
    file.write_text("frame")
    sync(file)
    assert synced == [file, file.parent]


@posix_only
def test_so_is_a_folder(tmp_path, synced):
    folder = tmp_path / "orbit"
    folder.mkdir()
    sync(folder)
    assert synced == [folder, tmp_path]


@posix_only
def test_a_network_drive_may_refuse_to_sync_folders(tmp_path, monkeypatch):
    def refuse(descriptor):
        if os.path.samestat(os.fstat(descriptor), tmp_path.stat()):
            raise OSError(22, "Invalid argument")

    monkeypatch.setattr(os, "fsync", refuse)
    file = tmp_path / "mesh.glb"
    file.write_text("mesh")
    sync(file)


def test_a_disk_that_fails_is_told_of(tmp_path, monkeypatch):
    def fail(descriptor):
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(os, "fsync", fail)
    file = tmp_path / "mesh.glb"
    file.write_text("mesh")
    with pytest.raises(OSError, match="Input/output"):
        sync(file)
