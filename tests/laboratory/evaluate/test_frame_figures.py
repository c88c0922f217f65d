"""The command that measures how well wrong frames are told from right ones."""

import json
import shutil

from sv3d_engine.laboratory.demo.studio import FOLDER
from sv3d_engine.laboratory.evaluate.frame_figures import SPOILS, frame_figures


def test_spoiled_frames_of_the_robot_are_found_and_no_others(tmp_path):
    robot = tmp_path / "robot"
    shutil.copytree(FOLDER, robot / "orbit_dynamic")
    (robot / "mesh.glb").touch()
    told = json.loads((FOLDER / "cameras.json").read_text())
    (robot / "cameras.json").write_text(json.dumps(told | {"orbit_dynamic": told["frames"]}))
    head, _, row = (line.strip("| ").split(" | ") for line in frame_figures(tmp_path, []).splitlines())
    assert head[2:-1] == list(SPOILS)
    name, wrong, *found, matte = row
    assert (name, wrong) == ("robot", "0")
    assert [int(share.split()[0]) >= 2 for share in found] == [True] * 4
    alone, agreed = (float(iou) for iou in matte.split(" → "))
    assert alone > 0.99 and agreed > alone - 0.001
