"""The artist's picture takes the place of what a model made of it, where that shows it, and counts most."""

import json
from pathlib import Path

import numpy as np
import pytest
from orbits import save_orbit
from PIL import Image

from sv3d_engine.ground.progress import Progress
from sv3d_engine.orbit.orbit_files import read_cameras
from sv3d_engine.reconstruction.frames.frames import load_frames
from sv3d_engine.reconstruction.frames.preparation import prepare_frames
from sv3d_engine.reconstruction.frames.true_picture import with_picture

GREEN = (30, 160, 60)


def picture(folder: Path, frame: Path, grown: int = 1, shift: int = 0) -> Path:
    """The object of a frame, in green, ``grown`` times as fine."""
    with Image.open(frame) as image:
        alpha = image.convert("RGBA").getchannel("A")
    green = Image.new("RGBA", alpha.size, (*GREEN, 255))
    green.putalpha(Image.fromarray(np.roll(np.asarray(alpha), shift, 1)))
    file = folder / "picture.png"
    green.resize((grown * alpha.width, grown * alpha.height), Image.Resampling.BICUBIC).save(file)
    return file


@pytest.fixture
def orbit(tmp_path: Path) -> Path:
    save_orbit(tmp_path / "in")
    return tmp_path / "in"


def prepared(orbit: Path, folder: Path, true: Path) -> Path:
    prepare_frames(orbit, orbit / "cameras.json", 10.0, folder / "out", Progress(), 576, "none", true)
    return folder / "out"


@pytest.mark.parametrize("grown", [1, 3])
def test_the_last_frame_is_the_picture_and_counts_most(orbit: Path, tmp_path: Path, grown: int) -> None:
    out = prepared(orbit, tmp_path, picture(tmp_path, orbit / "011.png", grown))
    frames = load_frames(out)
    assert (frames.rgb[-1, 48, 48] * 255).round().tolist() == list(GREEN)
    assert frames.rgb[0, 48, 48, 0] > 0.7, "the others are as they were"
    says = frames.orbit.says
    assert says[-1] > 2 and (says[:-1] == 1).all() and all(view.weight == 1 for view in frames.orbit.views)
    assert [entry.get("true") for entry in json.loads((out / "cameras.json").read_text())["frames"]][-2:] == [
        None,
        True,
    ]


def test_a_frame_that_does_not_show_the_picture_stays(orbit: Path, tmp_path: Path) -> None:
    out = prepared(orbit, tmp_path, picture(tmp_path, orbit / "011.png", shift=25))
    assert load_frames(out).rgb[-1, 48, 48, 0] > 0.7
    assert not any(view.true for view in read_cameras(out / "cameras.json").views)


def test_a_picture_smaller_than_the_frames_is_not_taken(orbit: Path, tmp_path: Path) -> None:
    file = picture(tmp_path, orbit / "011.png")
    with Image.open(file) as image:
        image.resize((48, 48)).save(file)
    frames = np.zeros((8, 96, 96, 4), np.uint8)
    assert not with_picture(frames, file).taken
