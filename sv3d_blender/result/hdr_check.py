"""Whether bytes are a panorama as the engine writes them: what else a stranger calls light.hdr is not handed on."""

import re

LARGEST = 16 << 20  # bytes of a file worth reading

_HEAD = re.compile(rb"#\?RADIANCE\nFORMAT=32-bit_rle_rgbe\n\n-Y (\d{1,4}) \+X (\d{1,4})\n")


def check_hdr(data: bytes) -> tuple[int, int]:
    """Width and height of a flat Radiance panorama twice as wide as high.  Raises ValueError for anything else."""
    head = _HEAD.match(data)
    if head is None:
        raise ValueError("the light is no panorama")
    height, width = int(head[1]), int(head[2])
    if width != 2 * height or len(data) - head.end() != 4 * width * height:
        raise ValueError("the light's panorama is damaged")
    return width, height
