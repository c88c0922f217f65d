import pytest


@pytest.fixture(autouse=True)
def own_folders(tmp_path_factory, monkeypatch):
    """No test sees, or adds to, the models of whoever runs it."""
    home = tmp_path_factory.mktemp("home")
    monkeypatch.setenv("SV3D_HOME", str(home / "engine"))
    monkeypatch.setenv("U2NET_HOME", str(home / "u2net"))
