"""The background model's file: found where it may lie, fetched whole or not at all, and used without any network."""

import hashlib
import io
from pathlib import Path
from urllib.error import URLError

import numpy as np
import pytest
from tiny_onnx import write_brightness_model

from sv3d_engine.ground.progress import Cancelled, Progress
from sv3d_engine.picture import background_model
from sv3d_engine.picture.background_model import FILE, NAME, DownloadFailed, cut_with_model, download_model, find_model

CONTENT = b"not really a model" * 50_000


@pytest.fixture
def expected(monkeypatch):
    """As if CONTENT were the model that is expected."""
    monkeypatch.setattr(background_model, "SHA256", hashlib.sha256(CONTENT).hexdigest())


def server(content: bytes):
    def fetch(url, timeout):
        assert url.startswith("https://") and timeout > 0
        return io.BytesIO(content)

    return fetch


def left_over() -> list[str]:
    return sorted(p.name for p in background_model.model_folder().glob("*"))


def test_found_in_the_engines_folder_and_in_rembgs(tmp_path, monkeypatch):
    assert find_model() is None
    for place in (tmp_path / "models" / NAME / FILE, tmp_path / FILE, background_model.model_folder() / FILE):
        monkeypatch.setenv("U2NET_HOME", str(tmp_path))
        place.parent.mkdir(parents=True, exist_ok=True)
        place.touch()
        assert find_model() == place


@pytest.mark.parametrize("platform", ["linux", "darwin", "win32"])
def test_the_engines_folder_lies_in_the_users(platform, monkeypatch):
    monkeypatch.undo()
    monkeypatch.setattr("sys.platform", platform)
    assert background_model.model_folder().parts[-2:] == ("sv3d", "models")


@pytest.mark.usefixtures("expected")
def test_fetched_and_kept(tmp_path):
    told = []

    class Told(Progress):
        def __call__(self, fraction, note=""):
            told.append((fraction, note))

    path = download_model(Told(), server(CONTENT))
    assert path == find_model() and path.read_bytes() == CONTENT
    assert left_over() == [FILE]
    assert len(told) > 2 and all(0 < fraction <= 1 and "MB" in note for fraction, note in told)


def test_another_file_than_expected_is_not_kept():
    with pytest.raises(DownloadFailed, match="not the file that was expected"):
        download_model(Progress(), server(CONTENT))
    assert find_model() is None and left_over() == []


def test_without_a_network_nothing_is_left():
    def fetch(url, timeout):
        raise URLError("no route to host")

    with pytest.raises(DownloadFailed, match="no route to host"):
        download_model(Progress(), fetch)
    assert left_over() == []


@pytest.mark.usefixtures("expected")
def test_cancelling_leaves_nothing():
    class Cancel(Progress):
        def __call__(self, fraction, note=""):
            raise Cancelled

    with pytest.raises(Cancelled):
        download_model(Cancel(), server(CONTENT))
    assert left_over() == []


def test_rembg_cuts_out_with_the_file_on_disk(tmp_path: Path, monkeypatch):
    """A bright disc among dark clutter; whatever would be downloaded fails the test."""
    monkeypatch.setattr("socket.socket.connect", lambda *args: pytest.fail("went to the network"))
    write_brightness_model(tmp_path / FILE)
    axis = (np.arange(200) + 0.5) / 200 - 0.5
    truth = np.clip((0.3 - np.hypot(axis, axis[:, None])) * 200 + 0.5, 0, 1)
    clutter = np.random.default_rng(0).uniform(0, 0.04, (200, 200, 3))
    rgb = (truth[..., None] * (1, 0.95, 1) + (1 - truth[..., None]) * clutter).astype(np.float32)
    colours, alpha = cut_with_model(rgb, tmp_path / FILE)
    assert np.abs(alpha - truth).mean() < 0.01
    edge = (truth > 0.3) & (truth < 0.9)
    assert np.abs(colours[edge] - (1, 0.95, 1)).mean() < 0.05  # nothing of the dark in it
    assert colours.dtype == alpha.dtype == np.float32
