"""Blender's pixels as a PNG file."""

import io

import numpy as np
import pytest
from PIL import Image
from sv3d.sv3d_blender.generate.pixel_file import FileWriter, PixelWriter, Room, straight_srgb, write_png

PIXELS = np.random.default_rng(0).random((5, 7, 4), np.float32)


def test_a_file_holds_the_pixels_from_the_top(tmp_path):
    writer = PixelWriter(tmp_path / "new" / "cow.png", PIXELS, None)
    writer.start()
    writer.join()
    assert writer.error is None
    with Image.open(tmp_path / "new" / "cow.png") as image:
        np.testing.assert_allclose(np.asarray(image)[::-1] / 255, PIXELS, atol=0.5 / 255 + 1e-6)
    assert [p.name for p in (tmp_path / "new").iterdir()] == ["cow.png"]


@pytest.mark.parametrize("light", [None, True])
def test_a_picture_of_many_strips_is_one_picture(light):
    pixels = np.random.default_rng(1).random((600, 3, 4), np.float32)  # the last strip is a narrow one
    file = io.BytesIO()
    write_png(file, pixels, light)
    with Image.open(file) as image:
        seen = np.asarray(image)[::-1] / 255
    truth = pixels if light is None else straight_srgb(pixels, linear=light)
    np.testing.assert_allclose(seen, truth, atol=0.5 / 255 + 1e-6)


def test_room_is_as_blender_fills_it():
    room = Room(7, 5)
    room.join()
    assert (room.pixels.shape, room.pixels.dtype, room.pixels.flags.c_contiguous) == ((5, 7, 4), np.float32, True)


def test_a_file_is_written_whole(tmp_path):
    writer = FileWriter(tmp_path / "new" / "cow.jpg", b"as it was packed")
    writer.run()
    assert [p.name for p in (tmp_path / "new").iterdir()] == ["cow.jpg"]
    assert (tmp_path / "new" / "cow.jpg").read_bytes() == b"as it was packed"


def test_values_beyond_a_pngs_are_cut():
    file = io.BytesIO()
    write_png(file, np.array([[[-1.0, 2.0, 0.5, 1.0]]], np.float32))
    with Image.open(file) as image:
        assert image.getpixel((0, 0)) == (0, 255, 128, 255)


def test_what_keeps_it_from_writing_is_kept(tmp_path):
    (tmp_path / "file").write_text("in the way")
    writer = PixelWriter(tmp_path / "file" / "cow.png", PIXELS, None)
    writer.run()
    assert isinstance(writer.error, OSError)


def test_light_becomes_srgb_without_its_alpha():
    light = np.array([[[0.107, 0.107, 0.0, 0.5], [0.3, 0.3, 0.3, 0.0]]], np.float32)
    seen = straight_srgb(light, linear=True)
    assert seen[0, 0] == pytest.approx([0.5, 0.5, 0.0, 0.5], abs=0.005)
    assert seen[0, 1] == pytest.approx([1, 1, 1, 0])
    assert straight_srgb(light, linear=False)[0, 0, 0] == pytest.approx(0.214)
