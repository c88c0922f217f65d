"""Files and folders are whole or as they were, and on the disk before they have their name."""

import errno
import os
from pathlib import Path

import pytest

from sv3d_engine.ground.files import copy_whole, flush, whole_file, whole_folder, write_json

pytestmark = pytest.mark.usefixtures("real_fsync")
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


def test_the_disk_itself_is_asked() -> None:
    with pytest.raises(ValueError, match="descriptor"):
        os.fsync(-1)


@posix_only
def test_a_folders_entries_are_flushed_as_well(folder: Path, flushed: list[tuple[int, bool]]) -> None:
    flush(folder)
    assert flushed == [(folder.stat().st_ino, False)]


@posix_only
@pytest.mark.parametrize("error", [errno.EINVAL, errno.EACCES, errno.EIO])
def test_a_network_drive_may_refuse_to_flush_folders(folder: Path, monkeypatch: pytest.MonkeyPatch, error: int) -> None:
    answer_fsync(monkeypatch, error)
    flush(folder)


@pytest.mark.parametrize("error", [errno.EINVAL, errno.ENOTSUP])
def test_a_file_system_may_have_no_fsync(monkeypatch: pytest.MonkeyPatch, error: int) -> None:
    answer_fsync(monkeypatch, error)
    write_json(Path("kept"), {})
    assert Path("kept").exists()


@pytest.mark.parametrize("error", [errno.EIO, errno.ENOSPC])
def test_a_disk_that_fails_is_told_of(monkeypatch: pytest.MonkeyPatch, error: int) -> None:
    answer_fsync(monkeypatch, error)
    Path("mesh.glb").touch()
    with pytest.raises(OSError, match=os.strerror(error)):
        flush(Path("mesh.glb"))


def test_a_file_that_a_virus_scanner_holds_is_left_to_the_system(monkeypatch: pytest.MonkeyPatch) -> None:
    def held(*_: object) -> int:
        raise PermissionError(errno.EACCES, "Permission denied")

    Path("mesh.glb").touch()
    monkeypatch.setattr(os, "open", held)
    flush(Path("mesh.glb"))


def answer_fsync(monkeypatch: pytest.MonkeyPatch, error: int) -> None:
    def fail(_: int) -> None:
        raise OSError(error, os.strerror(error))

    monkeypatch.setattr(os, "fsync", fail)
