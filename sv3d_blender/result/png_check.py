"""Whether a picture's bytes are a whole PNG: what Blender cannot read it shows in pink, and says nothing."""

import struct
import zlib

MOST_PIXELS = 16384**2  # more would take the machine's memory as soon as they are shown

_SIGNATURE = b"\x89PNG\r\n\x1a\n"


def check_png(data: bytes) -> tuple[int, int]:
    """Width and height of a PNG.  Raises ValueError unless no chunk is damaged and its size can be shown."""
    if not data.startswith(_SIGNATURE):
        raise ValueError("a picture is no PNG")
    at, size = len(_SIGNATURE), None
    while True:
        if at + 12 > len(data):
            raise ValueError("a picture ends in the middle")
        length, kind = struct.unpack_from(">I4s", data, at)
        end = at + 8 + length
        if end + 4 > len(data) or struct.unpack_from(">I", data, end)[0] != zlib.crc32(memoryview(data)[at + 4 : end]):
            raise ValueError("a picture is damaged")
        size = size or _size(kind, data[at + 8 : end])
        if kind == b"IEND":
            return size
        at = end + 4


def _size(kind: bytes, head: bytes) -> tuple[int, int]:
    if kind != b"IHDR" or len(head) != 13:
        raise ValueError("a picture has no head")
    width, height = struct.unpack_from(">II", head)
    if not 0 < width * height <= MOST_PIXELS:
        raise ValueError(f"a picture of {width} x {height} pixels")
    return width, height
