from pathlib import Path

import pytest

from sv3d_engine.shared.user_folders import documents_folder, home_folder, user_folder


@pytest.mark.parametrize(
    ("platform", "kind", "expected"),
    [
        ("linux", "data", ".local/share/sv3d"),
        ("linux", "cache", ".cache/sv3d"),
        ("linux", "log", ".local/state/sv3d"),
        ("darwin", "data", "Library/Application Support/sv3d"),
        ("darwin", "cache", "Library/Caches/sv3d"),
        ("darwin", "log", "Library/Logs/sv3d"),
        ("win32", "data", "AppData/Local/sv3d"),
        ("win32", "log", "AppData/Local/sv3d"),
    ],
)
def test_each_system_has_its_place(monkeypatch, platform, kind, expected):
    for variable in ("LOCALAPPDATA", "XDG_DATA_HOME", "XDG_CACHE_HOME", "XDG_STATE_HOME"):
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setattr("sys.platform", platform)
    assert user_folder(kind) == Path.home() / expected


def test_the_environment_moves_it(monkeypatch, tmp_path):
    monkeypatch.setattr("sys.platform", "linux")
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    assert user_folder("log") == tmp_path / "sv3d"


def test_what_is_big_lies_where_the_user_wants_it(monkeypatch, tmp_path):
    monkeypatch.delenv("SV3D_HOME", raising=False)
    assert home_folder() == user_folder("data")
    monkeypatch.setenv("SV3D_HOME", " ")
    assert home_folder() == user_folder("data")
    monkeypatch.setenv("SV3D_HOME", str(tmp_path / "big"))
    assert home_folder() == tmp_path / "big"
    monkeypatch.setenv("SV3D_HOME", "~/big")
    assert home_folder() == Path.home() / "big"


@pytest.fixture
def home(monkeypatch, tmp_path):
    monkeypatch.setattr("sys.platform", "linux")
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    (tmp_path / "config").mkdir()
    return tmp_path


@pytest.mark.parametrize("line", ['XDG_DOCUMENTS_DIR="$HOME/Dokumente"', '  XDG_DOCUMENTS_DIR="{home}/Dokumente/"'])
def test_documents_are_where_the_desktop_has_them(home, line):
    (home / "Documents").mkdir()
    settings = '# XDG_DOCUMENTS_DIR="$HOME/Documents"\n' + line.format(home=home) + "\n"
    (home / "config" / "user-dirs.dirs").write_text(settings, encoding="utf-8")
    assert documents_folder() == home / "Documents", "what is not there cannot be it"
    (home / "Dokumente").mkdir()
    assert documents_folder() == home / "Dokumente"


def test_documents_without_a_desktop(home):
    assert documents_folder() == home
    (home / "Documents").mkdir()
    assert documents_folder() == home / "Documents"
    (home / "config" / "user-dirs.dirs").write_bytes(b'XDG_DOCUMENTS_DIR="\xff"')
    assert documents_folder() == home / "Documents"
