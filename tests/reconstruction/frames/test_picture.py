"""A frame is a picture of a fit size, and errors call it a frame."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from sv3d_engine.reconstruction.frames.reading import read_frame
from sv3d_engine.shared.errors import UserError


def test_a_frame_is_read_at_its_own_size(tmp_path: Path) -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (80, 80, 3), dtype=np.uint8)
    Image.fromarray(pixels).save(tmp_path / "000.png")
    frame = read_frame(tmp_path / "000.png")
    assert frame.alpha is None
    np.testing.assert_allclose(frame.rgb * 255, pixels, atol=1e-3)


@pytest.mark.parametrize(
    ("image", "cause"),
    [
        (Image.new("RGB", (80, 60)), "too small: 80 × 60"),
        (Image.new("RGB", (1, 1)), "too small"),
        (Image.new("RGB", (63, 63)), "too small"),
        (Image.new("1", (8200, 8200)), "too large"),
        (Image.fromarray(np.zeros((64, 64), np.float32)), "floating-point"),
        (Image.fromarray(np.full((64, 64), 1 << 20, np.int32)), "32-bit"),
    ],
)
def test_unfit_frames_are_refused(tmp_path: Path, image: Image.Image, cause: str) -> None:
    image.save(tmp_path / "000.tif")
    with pytest.raises(UserError) as error:
        read_frame(tmp_path / "000.tif")
    assert error.value.cause.startswith("The frame 000.tif is") and cause in error.value.cause and error.value.remedy


def test_missing_and_damaged_frames(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"The frame 000\.png is missing"):
        read_frame(tmp_path / "000.png")
    (tmp_path / "000.png").write_bytes(b"not a picture")
    with pytest.raises(UserError, match=r"The frame 000\.png cannot be read"):
        read_frame(tmp_path / "000.png")
