"""Blender's pixels as a PNG file."""

import numpy as np
import pytest
from PIL import Image
from sv3d.sv3d_blender.generate.pixel_file import PixelWriter, encoded, straight_srgb

PIXELS = np.random.default_rng(0).random((5, 7, 4), np.float32)


def test_a_file_holds_the_pixels_from_the_top(tmp_path):
    writer = PixelWriter(tmp_path / "new" / "cow.png", PIXELS, None)
    writer.start()
    writer.join()
    assert writer.error is None
    with Image.open(tmp_path / "new" / "cow.png") as image:
        np.testing.assert_allclose(np.asarray(image)[::-1] / 255, PIXELS, atol=0.5 / 255 + 1e-6)
    assert [p.name for p in (tmp_path / "new").iterdir()] == ["cow.png"]


def test_values_beyond_a_pngs_are_cut(tmp_path):
    (tmp_path / "a.png").write_bytes(encoded(np.array([[[-1.0, 2.0, 0.5, 1.0]]], np.float32)))
    with Image.open(tmp_path / "a.png") as image:
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
