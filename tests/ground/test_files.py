import os

import pytest

from sv3d_engine.ground.files import sync

posix_only = pytest.mark.skipif(os.name == "nt", reason="Windows has no syncing of folders")


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
