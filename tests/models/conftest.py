from pathlib import Path

import pytest


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """No test sees, or adds to, the models of whoever runs it."""
    monkeypatch.setenv("SV3D_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("U2NET_HOME", str(tmp_path / "u2net"))
    monkeypatch.setenv("NO_PROXY", "*")  # servers of the tests are on this machine
    return tmp_path / "home"
