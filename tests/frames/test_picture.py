"""Picture files of every kind come out as sRGB with alpha, or are refused by name."""

import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageCms

from sv3d_engine.errors import UserError
from sv3d_engine.frames.picture import Picture, read_picture


def ramp(size: int = 64) -> Image.Image:
    """Red grows to the right, green downwards."""
    x, y = np.meshgrid(np.linspace(0, 255, size), np.linspace(0, 255, size))
    return Image.fromarray(np.stack([x, y, np.full_like(x, 60)], -1).astype(np.uint8))


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


def test_exif_orientation_is_followed(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x0112] = 3  # upside down
    picture = saved(ramp(), tmp_path / "a.png", exif=exif)
    np.testing.assert_allclose(picture.rgb, np.asarray(ramp().rotate(180)) / 255, atol=1e-6)


def test_alpha_that_hides_nothing_counts_as_none(tmp_path: Path) -> None:
    assert saved(ramp().convert("RGBA"), tmp_path / "a.png").alpha is None


@pytest.mark.parametrize(
    ("image", "cause"),
    [
        (Image.new("RGB", (64, 80)), "not square: 64 × 80"),
        (Image.new("RGB", (1, 1)), "too small"),
        (Image.new("RGB", (63, 63)), "too small"),
        (Image.new("1", (8200, 8200)), "too large"),
        (Image.fromarray(np.zeros((64, 64), np.float32)), "floating-point"),
        (Image.fromarray(np.full((64, 64), 1 << 20, np.int32)), "32-bit"),
    ],
)
def test_unfit_pictures_are_refused(tmp_path: Path, image: Image.Image, cause: str) -> None:
    path = tmp_path / "frame.tif"
    image.save(path)
    with pytest.raises(UserError) as error:
        read_picture(path)
    assert "frame.tif" in error.value.cause and cause in error.value.cause and error.value.remedy


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
