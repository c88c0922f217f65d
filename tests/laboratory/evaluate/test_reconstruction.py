import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from sv3d_engine.laboratory.evaluate.reconstruction import (
    bench_orbit,
    objects_table,
    over_white,
    real_table,
    split_orbit,
    stages_table,
)
from sv3d_engine.orbit.cameras import static_orbit


def test_every_seventh_frame_is_left_out() -> None:
    kept, left_out = split_orbit(static_orbit(10, 2.0))
    assert [v.file for v in left_out.views] == ["006.png", "013.png", "020.png"]
    assert len(kept.views) == 18
    assert not set(kept.views) & set(left_out.views)


def test_bench_cameras_lose_their_folder(tmp_path: Path) -> None:
    frames = [{"file": "orbit_dynamic/000.png", "elevation": 18.8, "azimuth": 17.1}]
    data = {"fov_deg": 33.8, "distance": 2.35, "orbit_dynamic": frames}
    (tmp_path / "cameras.json").write_text(json.dumps(data))
    orbit = bench_orbit(tmp_path / "cameras.json")
    assert (orbit.fov_deg, orbit.distance, orbit.views[0].file) == (33.8, 2.35, "000.png")


def test_over_white(tmp_path: Path) -> None:
    Image.fromarray(np.array([[[0, 0, 0, 0], [51, 102, 204, 255], [0, 0, 0, 51]]], np.uint8)).save(tmp_path / "a.png")
    picture = over_white(tmp_path / "a.png")
    assert picture[0] == pytest.approx(np.array([[1, 1, 1], [0.2, 0.4, 0.8], [0.8, 0.8, 0.8]]))


def test_tables() -> None:
    assert real_table([("bag", {"psnr": 21.234, "ssim": 0.9}), ("toy", {"psnr": 23, "ssim": 0.8})]) == (
        "| left-out frames of | psnr | ssim |\n"
        "| --- | ---: | ---: |\n"
        "| bag | 21.23 | 0.900 |\n"
        "| toy | 23.00 | 0.800 |\n"
        "| mean | 22.12 | 0.850 |\n"
    )
    assert objects_table([]) == ""
    report = {"stages": {"frames": {"seconds": 1.6}, "field": {"seconds": 30}}, "peak_memory": 2.04e9}
    assert stages_table([("spot", report)]).endswith("| spot | 2 | 30 | 32 | 2.0 GB |\n")
