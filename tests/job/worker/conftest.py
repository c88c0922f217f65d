"""Engines, and jobs for them."""

import pytest
from worker_client import LONG, Client

from sv3d_engine.shared import protocol


@pytest.fixture
def client(tmp_path):
    client = Client(tmp_path)
    yield client
    client.process.kill()
    client.process.wait(LONG)


@pytest.fixture(scope="module")
def warm_client(tmp_path_factory):
    """An engine for several tests: a runner imports PyTorch at its first job from a picture."""
    client = Client(tmp_path_factory.mktemp("warm"))
    yield client
    client.process.kill()
    client.process.wait(LONG)


@pytest.fixture
def make_job(tmp_path):
    def make(kind: str, name: str | None = None) -> protocol.MeshJob:
        frames = tmp_path / kind
        frames.mkdir(exist_ok=True)
        (frames / "000.png").write_text("frame")
        name = name or kind
        return protocol.MeshJob(name, str(frames), str(tmp_path / f"out-{name}"))

    return make


@pytest.fixture
def make_orbit_job(tmp_path, weights):
    """A job from a picture of this name, with a file that passes for weights."""

    def make(name: str, kind: type = protocol.OrbitJob) -> protocol.OrbitJob:
        picture = tmp_path / f"{name}.png"
        picture.write_text("picture")
        return kind(name, str(picture), str(tmp_path / f"out-{name}"), str(weights["p"]))

    return make


@pytest.fixture
def second(tmp_path):
    client = Client(tmp_path / "second")
    yield client
    client.process.kill()
    client.process.wait(LONG)
