"""What the demo starts from."""

from pathlib import Path

import pytest

from building import demo
from sv3d_engine import cli_arguments
from sv3d_engine.demo import make
from sv3d_engine.network import bundled


def asked(tmp_path: Path) -> object:
    """The job that the demo's command asks for."""
    arguments = cli_arguments.parser().parse_args([*map(str, demo._job()[1]), "--out", str(tmp_path)])
    return cli_arguments.request(arguments, tmp_path)


def test_a_picture_where_there_is_a_model(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bundled, "_FILE", make.PICTURE)  # any file that is there
    job = asked(tmp_path)
    assert job.picture == str(make.PICTURE)
    assert job.weights is None
    assert job.elevation == make.ELEVATION


def test_true_frames_where_there_is_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bundled, "_FILE", tmp_path / "none.safetensors")
    job = asked(tmp_path)
    assert Path(job.frames) == make.FOLDER
    assert Path(job.cameras).is_file()
