"""The laboratory's renders of a finished job: through the picture's camera, and in the picture's light."""

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

ROOT = Path(__file__).parents[3]


@pytest.mark.parametrize("through_picture", [True, False])
def test_a_job_is_rendered_as_asked(blender, job_folder, tmp_path, through_picture):
    pixels = np.full((4, 8, 4), 128, np.uint8)
    (job_folder / "light.hdr").write_bytes(b"#?RADIANCE\nFORMAT=32-bit_rle_rgbe\n\n-Y 4 +X 8\n" + pixels.tobytes())
    order = {"job": str(job_folder), "out": str(tmp_path), "frames": [0, 20], "size": 32, "samples": 2}
    (tmp_path / "order.json").write_text(json.dumps(order | {"through_picture": through_picture, "matt": True}))
    subprocess.run(
        [sys.executable, "-m", "building.result_scene", tmp_path / "order.json"],
        cwd=ROOT,
        env=os.environ | {"BLENDER_USER_RESOURCES": str(tmp_path / "settings")},
        check=True,
        capture_output=True,
    )
    names = ["000"] if through_picture else ["000", "020"]
    assert sorted(p.stem for p in tmp_path.glob("*.png")) == names
    picture = blender.data.images.load(str(tmp_path / f"{names[-1]}.png"))
    side = 96 if through_picture else 32
    assert tuple(picture.size) == (side, side)
    red, green, blue, alpha = np.array(picture.pixels).reshape(side, side, 4)[side // 2, side // 2]
    assert alpha == 1
    assert through_picture or red > green > blue > 0.05, "the wedge's front is orange, in white light"
