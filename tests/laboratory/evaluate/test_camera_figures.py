"""The command that measures how well cameras are found."""

import json
import shutil

import numpy as np

from sv3d_engine.laboratory.demo.studio import FOLDER
from sv3d_engine.laboratory.evaluate.camera_figures import HIDDEN, camera_figures


def test_each_thing_is_hidden_and_found(tmp_path):
    """On the robot, laid out as the benchmark's objects are."""
    robot = tmp_path / "robot"
    shutil.copytree(FOLDER, robot / "orbit_dynamic")
    (robot / "mesh.glb").touch()
    told = json.loads((FOLDER / "cameras.json").read_text())
    (robot / "cameras.json").write_text(json.dumps(told | {"orbit_dynamic": told["frames"]}))
    rows = [row.strip("| ").split(" | ") for row in camera_figures(tmp_path, []).splitlines()[2:]]
    named = [hidden.name for hidden in HIDDEN]
    assert [row[1] for row in rows] == [named[0], "nothing, by colours", *named[1:], "steps, by colours"]
    elevation, azimuth, lens = (np.array([abs(float(row[i].strip("°"))) for row in rows]) for i in (2, 4, 6))
    assert elevation.max() < 1
    assert azimuth[:-2].max() < 0.01
    assert azimuth[-2] < 4  # 3.9° were told, with which these slender outlines all but agree
    assert azimuth[-1] < 1.5
    assert lens.max() < 2
