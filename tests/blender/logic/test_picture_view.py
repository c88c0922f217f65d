"""The picture's own camera: points of the frame are seen where the picture has them."""

import io
import json
import math
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from sv3d.sv3d_blender.result.orbit_path import SENSOR, OrbitPath, camera_pose
from sv3d.sv3d_blender.result.picture_view import PictureView, read_picture_view, view_of
from sv3d.sv3d_engine.shared.crop import Crop

PATH = OrbitPath(33.8, 2.5, ("000.png", "001.png"), (camera_pose(10, 180, 2.5), camera_pose(12, 0, 2.5)))


def seen_by(view: PictureView, x: float, y: float) -> tuple[float, float]:
    """Pixel of a direction (x right, y up, 1 ahead) as Blender has it: a shift moves the frame, in widths."""
    width_ahead = view.sensor_width / view.lens
    column = (x / width_ahead - view.shift_x) * view.width + view.width / 2
    row = view.height / 2 - (y / width_ahead - view.shift_y) * view.width
    return column, row


@pytest.mark.parametrize(
    "crop",
    [
        Crop(0, 0, 576, 576, 576),
        Crop(500, 30, 260, 900, 400),  # wide, to the right and high
        Crop(-40.5, 610.25, 300, 320, 1000),  # tall, low, over the edge
        Crop(40, 50, 12, 4000, 3000),  # a speck
        Crop(-100, -350, 1200, 1000, 500),  # the object fills the width
    ],
)
def test_a_point_of_the_frame_is_seen_where_the_picture_has_it(crop: Crop):
    view = view_of(PATH, crop, None, own=True)
    half = math.tan(math.radians(PATH.fov_deg / 2))
    for across, down in [(0.5, 0.5), (0, 0), (1, 1), (0.25, 0.8)]:  # shares of the frame
        direction = ((2 * across - 1) * half, (1 - 2 * down) * half)
        expected = (crop.left + across * crop.side, crop.top + down * crop.side)
        assert seen_by(view, *direction) == pytest.approx(expected, abs=1e-6 * crop.width)
    assert view.pose == PATH.poses[-1] and view.lens == PATH.lens
    assert (view.width, view.height) == (crop.width, crop.height)


def png(width: int, height: int) -> bytes:
    file = io.BytesIO()
    Image.fromarray(np.zeros((height, width, 3), np.uint8)).save(file, "PNG")
    return file.getvalue()


@pytest.fixture
def job(tmp_path: Path) -> Path:
    (tmp_path / "frames").mkdir()
    (tmp_path / "orbit").mkdir()
    (tmp_path / "frames" / "001.png").write_bytes(png(64, 64))
    (tmp_path / "orbit" / "original.png").write_bytes(png(90, 60))
    report({"left": 10, "top": 5, "side": 40, "width": 900, "height": 600}, tmp_path)
    return tmp_path


def report(crop: object, folder: Path) -> None:
    (folder / "report.json").write_text(json.dumps({"stages": {"picture": {"crop": crop}}}), encoding="utf-8")


def test_a_job_tells_its_picture(job: Path):
    view = read_picture_view(job, PATH)
    assert view == view_of(PATH, Crop(10, 5, 40, 900, 600), job.resolve() / "orbit" / "original.png", own=True)
    assert view.own and view.sensor_width == SENSOR * 900 / 40


@pytest.mark.parametrize("told", [None, {"left": 10}, {"left": 0, "top": 0, "side": "all", "width": 9, "height": 9}])
def test_without_a_crop_that_can_be_used_it_is_the_last_frames(job: Path, told):
    report(told, job)
    view = read_picture_view(job, PATH)
    assert view == view_of(PATH, Crop(0, 0, 64, 64, 64), job.resolve() / "frames" / "001.png", own=False)
    (job / "report.json").write_text('{"stages": [1, {"picture": 4}]}')
    assert read_picture_view(job, PATH) == view
    (job / "report.json").unlink()
    assert read_picture_view(job, PATH) == view
    (job / "frames" / "001.png").write_bytes(b"no picture")
    assert read_picture_view(job, PATH) is None


def test_a_background_that_is_damaged_or_elsewhere_is_left_out(job: Path, tmp_path_factory):
    original = job / "orbit" / "original.png"
    original.write_bytes(png(90, 60)[:40])
    assert read_picture_view(job, PATH).background is None
    original.unlink()
    assert read_picture_view(job, PATH).background is None
    elsewhere = tmp_path_factory.mktemp("elsewhere") / "secret.png"
    elsewhere.write_bytes(png(90, 60))
    original.symlink_to(elsewhere)
    assert read_picture_view(job, PATH).background is None
