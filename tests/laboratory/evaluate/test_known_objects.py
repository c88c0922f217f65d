"""What an object lacks is told before anything is made of it."""

import argparse
import json
from pathlib import Path

import pytest

from sv3d_engine.laboratory.evaluate import known_objects
from sv3d_engine.laboratory.evaluate.known_objects import check_sources, what_lacks
from sv3d_engine.shared.errors import UserError
from tests.laboratory.evaluate.objects import write_object

COMMAND = argparse.Namespace(jobs=1, bpy_python=None)


def test_a_whole_object_lacks_nothing(tmp_path: Path) -> None:
    write_object(tmp_path / "cow", "orbit_dynamic", "orbit_static")
    assert what_lacks(tmp_path / "cow") == ""
    check_sources([tmp_path / "cow"], COMMAND)


@pytest.mark.parametrize("name", ["mesh.glb", "cameras.json", "orbit_dynamic/001.png"])
def test_a_file_that_is_missing_is_named(tmp_path: Path, name: str) -> None:
    write_object(tmp_path / "cow")
    (tmp_path / "cow" / name).unlink()
    with pytest.raises(UserError, match=f"cow is no known object: {name} is not there"):
        check_sources([tmp_path / "cow"], COMMAND)


@pytest.mark.parametrize("name", ["fov_deg", "distance", "resolution", "eval", "orbit_dynamic"])
def test_what_cameras_do_not_name_is_told(tmp_path: Path, name: str) -> None:
    write_object(tmp_path / "cow")
    file = tmp_path / "cow" / "cameras.json"
    cameras = json.loads(file.read_text())
    del cameras[name]
    file.write_text(json.dumps(cameras))
    assert name in what_lacks(tmp_path / "cow")


def test_an_object_without_an_orbit(tmp_path: Path) -> None:
    write_object(tmp_path / "cow")
    (tmp_path / "cow" / "orbit_dynamic").rename(tmp_path / "cow" / "frames")
    assert what_lacks(tmp_path / "cow") == "there is neither orbit_dynamic nor orbit_static"


def test_relighting_needs_what_the_object_is_made_of(tmp_path: Path) -> None:
    write_object(tmp_path / "cow")
    relit = argparse.Namespace(jobs=1, bpy_python="python")
    with pytest.raises(UserError, match=r"meta\.json"):
        check_sources([tmp_path / "cow"], relit)
    (tmp_path / "cow" / "meta.json").write_text('{"roughness": 0.5}')
    check_sources([tmp_path / "cow"], relit)


def test_a_machine_that_cannot_score_is_told_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(corners: object) -> None:
        raise UserError("embreex is not installed.", "Install it.")

    monkeypatch.setattr(known_objects, "RayCaster", missing)
    write_object(tmp_path / "cow")
    with pytest.raises(UserError, match="embreex"):
        check_sources([tmp_path / "cow"], COMMAND)
    check_sources([tmp_path / "real_orbits" / "bag"], COMMAND)  # compared by its own frames alone
