"""What is locked, and what it weighs."""

from pathlib import Path

import pytest
from sv3d.sv3d_blender.setup import lock
from sv3d.sv3d_blender.setup.lock import Requirement, download_bytes, fingerprint, read_lock, unpacked_bytes
from sv3d.sv3d_engine.shared.torch_build import TorchBuild

LOCKS = Path(__file__).resolve().parents[3] / "requirements"
CPU, CUDA = TorchBuild("cpu"), TorchBuild("cu130", "https://index/cu130")


def written(folder: Path, text: str) -> Path:
    (folder / "runtime.txt").write_text(text)
    (folder / "cuda.txt").write_text("warp-lang==1.0\n")
    return folder


def test_our_own_lock_is_understood_and_begins_with_pytorch():
    found = read_lock(LOCKS, CPU)
    assert found[0].name == "torch"
    assert {"numpy", "fast-simplification", "importlib-metadata"} <= {r.name for r in found}
    assert all(r.version for r in found)
    assert "warp-lang" not in {r.name for r in found}
    assert "warp-lang" in {r.name for r in read_lock(LOCKS, CUDA)}


def test_markers_are_heeded(tmp_path, monkeypatch):
    folder = written(
        tmp_path, 'torch==2.0\ncolorama==1; sys_platform == "win32"\nembreex==2; platform_machine != "x"\n'
    )
    monkeypatch.setattr(lock.sys, "platform", "win32")
    assert {r.name for r in read_lock(folder, CPU)} == {"torch", "colorama", "embreex"}
    monkeypatch.setattr(lock.sys, "platform", "linux")
    monkeypatch.setattr(lock.platform, "machine", lambda: "x")
    assert {r.name for r in read_lock(folder, CPU)} == {"torch"}


@pytest.mark.parametrize("line", ["numpy>=1", 'numpy==1; python_version > "3"', "-r other.txt"])
def test_what_is_not_understood_is_told(tmp_path, line):
    with pytest.raises(ValueError, match="Not understood"):
        read_lock(written(tmp_path, line), CPU)


def test_hashes_come_along(tmp_path):
    (found,) = read_lock(written(tmp_path, "A.b==1.0 \\\n  --hash=sha256:aa \\\n  --hash=sha256:bb\n"), CPU)
    assert found == Requirement("a-b", "1.0", ("sha256:aa", "sha256:bb"))
    assert found.line == "a-b==1.0 --hash=sha256:aa --hash=sha256:bb"


def test_pytorch_is_asked_for_with_its_build_where_that_has_an_index(tmp_path):
    folder = written(tmp_path, "torch==2.0\n")
    assert read_lock(folder, CUDA)[0].version == "2.0+cu130"
    assert read_lock(folder, CPU)[0].version == "2.0"


def test_the_fingerprint_follows_versions_and_build_but_no_comments(tmp_path):
    first = fingerprint(read_lock(written(tmp_path, "torch==2.0\n"), CPU), CPU)
    assert first == fingerprint(read_lock(written(tmp_path, "# why\ntorch==2.0\n"), CPU), CPU)
    assert first != fingerprint(read_lock(written(tmp_path, "torch==2.1\n"), CPU), CPU)
    assert first != fingerprint(read_lock(written(tmp_path, "torch==2.0\n"), CPU), TorchBuild())


def test_sizes_are_about_what_was_measured(monkeypatch):
    """On Linux, with PyTorch for the processor: 408 MB of wheels, 1.6 GB when they are installed."""
    monkeypatch.setattr(lock.sys, "platform", "linux")
    assert download_bytes(read_lock(LOCKS, CPU), CPU) == pytest.approx(408e6, rel=0.1)
    assert unpacked_bytes(read_lock(LOCKS, CPU), CPU) == pytest.approx(1.6e9, rel=0.2)
    cuda = download_bytes(read_lock(LOCKS, CUDA), CUDA)
    assert 2.5e9 < cuda < 3.5e9
    assert unpacked_bytes(read_lock(LOCKS, CUDA), CUDA) > 2 * cuda
    brought = [*read_lock(LOCKS, CUDA), Requirement("nvidia-cublas", "1")]
    assert download_bytes(brought, CUDA) < cuda  # what is named is not counted twice
