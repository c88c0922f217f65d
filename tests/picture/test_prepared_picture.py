"""From a file to the frame that SV3D sees: scale, centre, proportions and edges."""

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from sv3d_engine.ground.progress import Cancelled, Progress
from sv3d_engine.picture.prepare import PreparedPicture, on_white, prepare_picture
from sv3d_engine.shared.errors import UserError

SIZE = 128


def prepared(image: Image.Image, folder: Path, share: float = 0.9, suffix: str = "png", **options) -> PreparedPicture:
    path = folder / f"picture.{suffix}"
    image.save(path, **options)
    return prepare_picture(path, SIZE, background_model=False, download=False, progress=Progress(), share=share)


def drawn(size: tuple[int, int], box: tuple[int, int, int, int], behind=(0, 255, 0, 0)) -> Image.Image:
    """A red ellipse in the box (left, top, right, bottom; exclusive) on something transparent."""
    image = Image.new("RGBA", size, behind)
    left, top, right, bottom = box
    ImageDraw.Draw(image).ellipse((left, top, right - 1, bottom - 1), fill=(200, 30, 30, 255))
    return image


def box(rgba: NDArray[np.uint8]) -> tuple[int, int, int, int]:
    rows, columns = np.flatnonzero((rgba[..., 3] > 127).any(1)), np.flatnonzero((rgba[..., 3] > 127).any(0))
    return int(columns[0]), int(rows[0]), int(columns[-1]) + 1, int(rows[-1]) + 1


@pytest.mark.parametrize(
    ("size", "ellipse"),
    [
        ((300, 300), (10, 20, 190, 110)),  # in a corner
        ((900, 120), (0, 0, 900, 120)),  # wide, edge to edge
        ((60, 700), (10, 20, 50, 690)),  # tall
        ((3000, 2100), (1000, 900, 2600, 1700)),  # reduced on reading
        ((40, 40), (3, 5, 29, 18)),  # enlarged
        ((2000, 2000), (20, 20, 60, 40)),  # a small part of a large picture
    ],
)
def test_the_longer_side_fills_its_share_and_nothing_is_squashed(tmp_path: Path, size, ellipse) -> None:
    done = prepared(drawn(size, ellipse), tmp_path)
    assert done.rgba.shape == (SIZE, SIZE, 4) and done.rgba.dtype == np.uint8 and done.how == "alpha"
    left, top, right, bottom = box(done.rgba)
    width, height = ellipse[2] - ellipse[0], ellipse[3] - ellipse[1]
    scale = 0.9 * SIZE / max(width, height)
    assert right - left == pytest.approx(width * scale, abs=2.5)
    assert bottom - top == pytest.approx(height * scale, abs=2.5)
    assert (left + right) / 2 == pytest.approx(SIZE / 2, abs=1)
    assert (top + bottom) / 2 == pytest.approx(SIZE / 2, abs=1)


def test_the_share_is_the_callers(tmp_path: Path) -> None:
    left, _, right, _ = box(prepared(drawn((300, 300), (50, 100, 250, 200)), tmp_path, share=0.5).rgba)
    assert right - left == pytest.approx(0.5 * SIZE, abs=1)


@pytest.mark.parametrize("ellipse", [(10, 10, 290, 290), (100, 100, 150, 150)])
def test_no_fringe_and_no_ghost(tmp_path: Path, ellipse) -> None:
    """Bright green behind an alpha of 0 must not show, shrunk or enlarged."""
    done = prepared(drawn((300, 300), ellipse), tmp_path)
    seen = done.rgba[..., 3] > 8
    assert np.abs(done.rgba[seen][:, :3].astype(int) - (200, 30, 30)).max() <= 12
    axis = np.arange(SIZE) + 0.5 - SIZE / 2
    far = np.hypot(axis, axis[:, None]) > 0.45 * SIZE + 10
    assert (done.rgba[far] == (255, 255, 255, 0)).all()


@pytest.mark.parametrize(
    ("size", "ellipse"),
    [((900, 400), (610, 20, 790, 110)), ((60, 700), (10, 20, 50, 690)), ((3000, 2101), (1000, 900, 2600, 1700))],
)
def test_the_crop_tells_where_in_the_whole_picture_the_frame_lay(tmp_path: Path, size, ellipse) -> None:
    done = prepared(drawn(size, ellipse), tmp_path)
    crop = done.crop
    assert (crop.width, crop.height) == size
    scale = crop.side / SIZE
    left, top, right, bottom = box(done.rgba)
    found = [crop.left + left * scale, crop.top + top * scale, crop.left + right * scale, crop.top + bottom * scale]
    assert found == pytest.approx(ellipse, abs=1.5 * scale)


def test_the_whole_picture_is_kept_with_its_background(tmp_path: Path) -> None:
    done = prepared(drawn((400, 250), (40, 60, 200, 220), (235, 230, 225, 255)), tmp_path)
    assert done.original.shape == (250, 400, 4)
    assert done.original[2, 2].tolist() == [235, 230, 225, 255]
    assert done.original[140, 120].tolist() == [200, 30, 30, 255]
    large = prepared(drawn((3000, 1500), (1000, 300, 2600, 1200)), tmp_path)
    assert large.original.shape == (1024, 2048, 4) and (large.crop.width, large.crop.height) == (3000, 1500)


@pytest.mark.parametrize("suffix", ["png", "jpg"])
def test_the_crop_of_a_photograph_is_that_of_the_upright_one(tmp_path: Path, suffix: str) -> None:
    """Also of a large JPEG, which is decoded at a part of its size."""
    exif = Image.Exif()
    exif[0x0112] = 6  # turned clockwise to be looked at
    lying = drawn((4400, 3000), (300, 200, 1500, 1000), (255, 255, 255, 255)).convert("RGB")
    crop = prepared(lying, tmp_path, suffix=suffix, exif=exif).crop
    assert (crop.width, crop.height) == (3000, 4400)
    assert crop.left + crop.side / 2 == pytest.approx(3000 - 600, abs=6)
    assert crop.top + crop.side / 2 == pytest.approx(900, abs=6)


def test_on_white(tmp_path: Path) -> None:
    rgba = np.array([[[255, 255, 255, 0], [200, 30, 30, 255], [200, 30, 30, 51]]], np.uint8)
    expected = np.array([[[1, 1, 1], [200 / 255, 30 / 255, 30 / 255], [0.9569, 0.8235, 0.8235]]])
    assert on_white(rgba).dtype == np.float32
    np.testing.assert_allclose(on_white(rgba), expected, atol=1e-4)


def test_stray_pixels_do_not_count(tmp_path: Path) -> None:
    image = drawn((600, 600), (200, 200, 400, 400))
    image.putpixel((2, 597), (0, 0, 0, 255))
    left, top, right, bottom = box(prepared(image, tmp_path).rgba)
    assert right - left == bottom - top == pytest.approx(0.9 * SIZE, abs=1.5)


def test_two_things_stay_together(tmp_path: Path) -> None:
    image = drawn((600, 600), (100, 250, 200, 350))
    image.alpha_composite(drawn((600, 600), (400, 250, 500, 350)))
    left, _, right, _ = box(prepared(image, tmp_path).rgba)
    assert right - left == pytest.approx(0.9 * SIZE, abs=1.5)


def test_a_small_object_is_soft_and_a_speck_refused(tmp_path: Path) -> None:
    small = prepared(drawn((200, 200), (90, 90, 110, 110)), tmp_path)
    assert "only 20 pixels" in small.notes[0] and "soft" in small.notes[0]
    with pytest.raises(UserError, match="too small: 4 × 5 pixels"):
        prepared(drawn((200, 200), (90, 90, 94, 95)), tmp_path)
    assert not prepared(drawn((200, 200), (80, 80, 140, 140)), tmp_path).notes


@pytest.mark.parametrize("suffix", ["png", "jpg"])
def test_a_photograph_on_a_plain_background(tmp_path: Path, suffix: str) -> None:
    image = drawn((400, 250), (40, 60, 200, 220), (235, 235, 230, 255)).convert("RGB")
    done = prepared(image, tmp_path, suffix=suffix)
    assert done.how == "plain" and not done.notes
    left, top, right, bottom = box(done.rgba)
    assert right - left == pytest.approx(0.9 * SIZE, abs=2) and bottom - top == pytest.approx(0.9 * SIZE, abs=2)
    assert done.rgba[2, 2].tolist() == [255, 255, 255, 0]  # the grey paper is gone


def test_a_turned_photograph_is_upright(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    left, top, right, bottom = box(prepared(drawn((300, 300), (50, 100, 250, 200)), tmp_path, exif=exif).rgba)
    assert bottom - top > 1.8 * (right - left)


def test_bad_files_are_named(tmp_path: Path) -> None:
    def prepare(name: str) -> None:
        path = tmp_path / name
        prepare_picture(path, SIZE, background_model=False, download=False, progress=Progress())

    with pytest.raises(UserError, match=r"picture none\.png is missing"):
        prepare("none.png")
    (tmp_path / "text.png").write_text("hello")
    with pytest.raises(UserError, match=r"picture text\.png cannot be read"):
        prepare("text.png")
    drawn((300, 300), (50, 50, 250, 250)).save(tmp_path / "half.png")
    whole = (tmp_path / "half.png").read_bytes()
    (tmp_path / "half.png").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(UserError, match=r"picture half\.png cannot be read"):
        prepare("half.png")
    Image.new("RGBA", (100, 100), (255, 0, 0, 0)).save(tmp_path / "empty.png")
    with pytest.raises(UserError, match=r"no object in empty\.png"):
        prepare("empty.png")


def test_it_can_be_cancelled(tmp_path: Path) -> None:
    class Cancel(Progress):
        def __call__(self, fraction, note=""):
            raise Cancelled

    drawn((100, 100), (10, 10, 90, 90)).save(tmp_path / "a.png")
    with pytest.raises(Cancelled):
        prepare_picture(tmp_path / "a.png", SIZE, background_model=False, download=False, progress=Cancel())
