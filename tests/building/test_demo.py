"""What the demo starts from."""

from pathlib import Path

import pytest

from building import demo
from sv3d_engine.job.arguments import parser, request
from sv3d_engine.laboratory.demo import studio
from sv3d_engine.shared import model_facts
from sv3d_engine.shared.model_catalogue import model_called


def asked(tmp_path: Path) -> object:
    """The job that the demo's command asks for."""
    arguments = parser().parse_args([*map(str, demo._job()[1]), "--out", str(tmp_path)])
    return request(arguments, tmp_path)


def test_a_picture_where_there_is_a_model(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(model_facts, "_FILE", studio.PICTURE)  # any file that is there
    job = asked(tmp_path)
    assert job.picture == str(studio.PICTURE)
    assert job.weights is None
    assert job.elevation == studio.ELEVATION


def test_true_frames_where_there_is_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(model_facts, "_FILE", tmp_path / "none.safetensors")
    job = asked(tmp_path)
    assert Path(job.frames) == studio.FOLDER
    assert Path(job.cameras).is_file()


def test_the_background_model_is_fetched_once_and_its_failure_is_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("SV3D_HOME", str(tmp_path))
    commands: list[list[str]] = []

    def fail(command: list[str | Path]) -> int:
        commands.append([str(word) for word in command])
        return 2

    monkeypatch.setattr(demo, "run", fail)
    demo._get_background_model(Path("python"))
    assert commands == [["python", "-m", "sv3d_engine", "models", "get", "u2netp"]]
    assert "The demo needs no u2netp" in capsys.readouterr().out
    model = model_called("u2netp")
    assert model is not None
    model.path.parent.mkdir()
    with model.path.open("wb") as stream:
        stream.truncate(model.bytes)
    demo._get_background_model(Path("python"))
    assert len(commands) == 1
