"""What may be given as an orbit, and what is said of everything else."""

from pathlib import Path

import pytest

from sv3d_engine.job.job import FramesToMesh
from sv3d_engine.job.request import job_from_request
from sv3d_engine.shared import protocol
from sv3d_engine.shared.errors import UserError


def asked(source: Path) -> FramesToMesh:
    job = job_from_request(protocol.MeshJob(job="a", frames=str(source), out=str(source.parent / "out"), device="cpu"))
    assert isinstance(job, FramesToMesh)
    return job


@pytest.mark.parametrize("name", ["turn.mp4", "turn.MOV", "turn.webm", "turn.gif", "turn.webp"])
def test_a_film_is_an_orbit(tmp_path: Path, name: str) -> None:
    (tmp_path / name).touch()
    assert asked(tmp_path / name).source == tmp_path / name


@pytest.mark.parametrize(
    ("name", "remedy"),
    [
        ("cow.png", "as a picture"),
        ("cameras.json", "as their cameras"),
        ("frames.zip", "Unpack it"),
        ("notes.txt", "MP4, MOV, WebM"),
    ],
)
def test_a_file_that_is_no_orbit_is_told_what_it_is_for(tmp_path: Path, name: str, remedy: str) -> None:
    (tmp_path / name).touch()
    with pytest.raises(UserError, match=f"{name} is a single file, not an orbit") as error:
        asked(tmp_path / name)
    assert remedy in error.value.remedy


def test_what_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="There is no folder"):
        asked(tmp_path / "gone")
