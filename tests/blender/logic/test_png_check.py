"""Whether a picture's bytes are a whole PNG."""

import io
import struct
import zlib

import numpy as np
import pytest
from PIL import Image
from sv3d.sv3d_blender.result.png_check import check_png


def png(width: int = 5, height: int = 4) -> bytes:
    file = io.BytesIO()
    Image.fromarray(np.random.default_rng(0).integers(0, 255, (height, width, 3), np.uint8)).save(file, "PNG")
    return file.getvalue()


def test_a_whole_one_passes():
    assert check_png(png()) == (5, 4)
    assert check_png(png() + b"and more") == (5, 4)


@pytest.mark.parametrize("kept", [0, 8, 20, 40, -12, -1])
def test_one_that_is_cut_off_does_not(kept):
    with pytest.raises(ValueError, match="picture"):
        check_png(png()[:kept])


def test_one_with_a_damaged_byte_does_not():
    data = bytearray(png())
    data[50] ^= 1
    with pytest.raises(ValueError, match="damaged"):
        check_png(bytes(data))


@pytest.mark.parametrize("size", [(0, 4), (60_000, 60_000), (2**32 - 1, 2**32 - 1)])
def test_one_that_would_take_all_memory_does_not(size):
    head = b"IHDR" + struct.pack(">IIBBBBB", *size, 8, 6, 0, 0, 0)
    chunk = struct.pack(">I", 13) + head + struct.pack(">I", zlib.crc32(head))
    with pytest.raises(ValueError, match="pixels"):
        check_png(b"\x89PNG\r\n\x1a\n" + chunk + png()[33:])


def test_another_kind_of_file_does_not():
    with pytest.raises(ValueError, match="no PNG"):
        check_png(b"\xff\xd8\xff\xe0 a photograph")
