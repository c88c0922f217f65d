"""Picture files of every kind come out as sRGB with alpha, or are refused by name."""

import io
import struct
import zlib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageCms

from sv3d_engine.picture import read
from sv3d_engine.picture.read import Picture
from sv3d_engine.shared.errors import UserError


def ramp(size: int = 64) -> Image.Image:
    """Red grows to the right, green downwards."""
    x, y = np.meshgrid(np.linspace(0, 255, size), np.linspace(0, 255, size))
    return Image.fromarray(np.stack([x, y, np.full_like(x, 60)], -1).astype(np.uint8))


def read_picture(path: Path, longest: int = 2048) -> Picture:
    return read.read_picture(path, longest)


def saved(image: Image.Image, path: Path, **options: object) -> Picture:
    image.save(path, **options)
    return read_picture(path)


@pytest.mark.parametrize("suffix", ["png", "webp", "tif", "bmp", "tga"])
def test_plain_pictures(tmp_path: Path, suffix: str) -> None:
    picture = saved(ramp(), tmp_path / f"a.{suffix}", **({"lossless": True} if suffix == "webp" else {}))
    assert picture.alpha is None
    np.testing.assert_allclose(picture.rgb, np.asarray(ramp()) / 255, atol=1e-6)


def test_jpeg_is_close(tmp_path: Path) -> None:
    assert np.abs(saved(ramp(), tmp_path / "a.jpg", quality=95).rgb - np.asarray(ramp()) / 255).mean() < 0.01


def test_16_bit_grey_is_scaled_not_clipped(tmp_path: Path) -> None:
    values = np.linspace(0, 65535, 64 * 64).reshape(64, 64).astype(np.uint16)
    picture = saved(Image.fromarray(values), tmp_path / "a.png")
    np.testing.assert_allclose(picture.rgb[..., 1], values / 65535, atol=0.5 / 255 + 1e-6)


def test_grey_and_black_and_white(tmp_path: Path) -> None:
    grey = ramp().convert("L")
    np.testing.assert_allclose(saved(grey, tmp_path / "a.png").rgb[..., 2], np.asarray(grey) / 255, atol=1e-6)
    assert set(np.unique(saved(grey.convert("1"), tmp_path / "b.png").rgb)) == {0.0, 1.0}


def test_palette_with_and_without_transparency(tmp_path: Path) -> None:
    palette = Image.new("P", (64, 64), 0)
    palette.putpalette([10, 20, 30, 200, 100, 50])
    palette.paste(1, (0, 0, 32, 64))
    opaque = saved(palette, tmp_path / "a.png")
    assert opaque.alpha is None
    np.testing.assert_allclose(opaque.rgb[0, 0] * 255, (200, 100, 50), atol=1e-4)
    cut = saved(palette, tmp_path / "b.png", transparency=0)
    assert cut.alpha is not None
    assert cut.alpha[0, 0] == 1 and cut.alpha[0, 63] == 0
    faded = saved(palette, tmp_path / "c.png", transparency=bytes([0, 128]))
    assert faded.alpha is not None and faded.alpha[0, 0] == pytest.approx(128 / 255)


def test_cmyk(tmp_path: Path) -> None:
    picture = saved(ramp().convert("CMYK"), tmp_path / "a.tif")
    np.testing.assert_allclose(picture.rgb, np.asarray(ramp()) / 255, atol=2 / 255)


def test_an_embedded_colour_profile_is_applied(tmp_path: Path) -> None:
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB"))
    wide = tmp_path / "lab.tif"
    image = Image.new("RGB", (64, 64), (120, 130, 140))
    # A profile that does not fit the picture (Lab for RGB) is skipped, one that says sRGB changes nothing.
    np.testing.assert_allclose(
        saved(image, wide, icc_profile=profile.tobytes()).rgb[0, 0] * 255, (120, 130, 140), atol=1e-4
    )
    srgb = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    picture = saved(image, tmp_path / "srgb.png", icc_profile=srgb)
    np.testing.assert_allclose(picture.rgb[0, 0] * 255, (120, 130, 140), atol=1e-4)


@pytest.mark.parametrize("suffix", ["png", "jpg", "tif", "webp"])
def test_exif_orientation_is_followed(tmp_path: Path, suffix: str) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # held upright: the file's left is the picture's top
    wide = ramp().resize((64, 32))
    picture = saved(wide, tmp_path / f"a.{suffix}", exif=exif)
    assert picture.rgb.shape == (64, 32, 3)
    assert np.abs(picture.rgb - np.asarray(wide.rotate(-90, expand=True)) / 255).mean() < 0.03


def test_alpha_that_hides_nothing_counts_as_none(tmp_path: Path) -> None:
    assert saved(ramp().convert("RGBA"), tmp_path / "a.png").alpha is None


@pytest.mark.parametrize("colour_type", [2, 6])
def test_16_bit_colour(tmp_path: Path, colour_type: int) -> None:
    """Written by hand: Pillow cannot write it."""
    channels = {2: 3, 6: 4}[colour_type]
    values = np.linspace(0, 65535, 8 * 8 * channels).reshape(8, 8, channels).astype(">u2")
    rows = b"".join(b"\0" + row.tobytes() for row in values)
    chunks = [(b"IHDR", struct.pack(">IIBBBBB", 8, 8, 16, colour_type, 0, 0, 0)), (b"IDAT", zlib.compress(rows))]
    png = b"\x89PNG\r\n\x1a\n"
    for kind, data in [*chunks, (b"IEND", b"")]:
        png += struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
    (tmp_path / "a.png").write_bytes(png)
    picture = read_picture(tmp_path / "a.png")
    np.testing.assert_allclose(picture.rgb, values[..., :3] / 65535, atol=1 / 255)
    if channels == 4:
        np.testing.assert_allclose(picture.alpha, values[..., 3] / 65535, atol=1 / 255)


def test_grey_with_alpha(tmp_path: Path) -> None:
    image = Image.merge("LA", [Image.new("L", (8, 8), 100), Image.new("L", (8, 8), 50)])
    picture = saved(image, tmp_path / "a.png")
    assert picture.rgb[0, 0, 1] * 255 == pytest.approx(100) and picture.alpha[0, 0] * 255 == pytest.approx(50)


def test_cmyk_jpeg(tmp_path: Path) -> None:
    picture = saved(ramp().convert("CMYK"), tmp_path / "a.jpg", quality=95)
    assert np.abs(picture.rgb - np.asarray(ramp()) / 255).mean() < 0.03


@pytest.mark.parametrize("size", [(200, 3), (3, 200), (1, 1)])
def test_any_aspect(tmp_path: Path, size: tuple[int, int]) -> None:
    assert saved(Image.new("RGB", size), tmp_path / "a.png").rgb.shape == (size[1], size[0], 3)


@pytest.mark.parametrize("mode", ["1", "L", "RGB", "RGBA", "P", "CMYK", "I;16"])
def test_large_pictures_are_reduced_in_proportion(tmp_path: Path, mode: str) -> None:
    grey = Image.fromarray(np.full((150, 300), 40_000, np.uint16))
    image = grey if mode == "I;16" else Image.new("RGB", (300, 150), (200, 200, 200)).convert(mode)
    path = tmp_path / ("a.tif" if mode == "CMYK" else "a.png")
    image.save(path)
    rgb = read_picture(path, 100).rgb
    assert rgb.shape == (50, 100, 3)
    assert rgb.mean() == pytest.approx(40_000 / 65535 if mode == "I;16" else 200 / 255, abs=0.02)


def test_reducing_takes_no_colour_from_what_is_transparent(tmp_path: Path) -> None:
    pixels = np.zeros((300, 300, 4), np.uint8)
    pixels[::2] = (255, 0, 0, 255)
    Image.fromarray(pixels).save(tmp_path / "a.png")
    picture = read_picture(tmp_path / "a.png", 100)
    assert picture.alpha is not None and 0.3 < picture.alpha.mean() < 0.7
    np.testing.assert_allclose(picture.rgb[10:-10, 10:-10, 0], 1, atol=0.02)


def test_a_very_large_picture_is_reduced_and_a_larger_one_refused(tmp_path: Path) -> None:
    Image.new("1", (16384, 11000), 1).save(tmp_path / "large.png")  # more than Pillow's own limit
    assert read_picture(tmp_path / "large.png", 128).rgb.shape == (86, 128, 3)
    Image.new("1", (16385, 1)).save(tmp_path / "long.png")
    with pytest.raises(UserError, match=r"long\.png is too large: 16385 × 1 pixels"):
        read_picture(tmp_path / "long.png")
    assert Image.MAX_IMAGE_PIXELS is not None  # for everybody else


@pytest.mark.parametrize(
    ("image", "cause"),
    [
        (Image.fromarray(np.zeros((64, 64), np.float32)), "floating-point"),
        (Image.fromarray(np.full((64, 64), 1 << 20, np.int32)), "32-bit"),
    ],
)
def test_values_that_are_no_colours_are_refused(tmp_path: Path, image: Image.Image, cause: str) -> None:
    with pytest.raises(UserError, match=rf"The picture a\.tif is a {cause} picture"):
        saved(image, tmp_path / "a.tif")


def test_a_bomb_is_refused_without_being_unpacked(tmp_path: Path) -> None:
    png = io.BytesIO()
    Image.new("1", (30_000, 30_000)).save(png, "PNG")
    (tmp_path / "bomb.png").write_bytes(png.getvalue())
    with pytest.raises(UserError, match="too large"):
        read_picture(tmp_path / "bomb.png")


@pytest.mark.parametrize("content", [b"", b"not a picture", b"\x89PNG\r\n\x1a\n", b"GIF89a"])
def test_files_that_are_no_pictures(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "000.png"
    path.write_bytes(content)
    with pytest.raises(UserError, match=r"000\.png cannot be read"):
        read_picture(path)


@pytest.mark.parametrize("suffix", ["png", "jpg", "webp", "tif", "gif"])
def test_damaged_files(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"000.{suffix}"
    ramp().save(path)
    content = path.read_bytes()
    for length in (len(content) // 3, len(content) // 2):
        path.write_bytes(content[:length])
        with pytest.raises(UserError, match="cannot be read"):
            read_picture(path)


def test_a_missing_file(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="missing"):
        read_picture(tmp_path / "000.png")


def test_an_eps_by_another_name_is_not_run(tmp_path: Path) -> None:
    path = tmp_path / "000.png"
    ramp().save(path, "EPS")
    with pytest.raises(UserError, match=r"000\.png cannot be read"):
        read_picture(path)


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (b"P6\n64 64\n255\n" + bytes(99), "a PPM"),
        (b"8BPS\0\1" + bytes(99), "a PSD"),
        (b"PK\x03\x04" + bytes(99), "an archive"),
        (b"\n<!DOCTYPE html><html>", "a web page"),
        (b"", "empty"),
        (b"anything else", "no picture, or damaged"),
    ],
)
def test_what_an_unreadable_file_is_is_said_whatever_its_name(content: bytes, kind: str, tmp_path: Path) -> None:
    (tmp_path / "frame.png").write_bytes(content)
    with pytest.raises(UserError, match=rf"frame\.png cannot be read: it is {kind}"):
        read_picture(tmp_path / "frame.png")
