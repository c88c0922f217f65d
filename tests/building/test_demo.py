"""What the demo starts from."""

from pathlib import Path

import pytest

from building import demo
from sv3d_engine.job.arguments import parser, request
from sv3d_engine.laboratory.demo import studio
from sv3d_engine.shared import model_facts


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
