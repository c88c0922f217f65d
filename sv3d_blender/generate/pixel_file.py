"""Blender's pixels as a PNG file, written beside Blender's main thread."""

import struct
import threading
import zlib
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

_QUICK = 1  # of zlib's levels: the file is read once


class PixelWriter(threading.Thread):
    """Writes pixels (H, W, 4), lowest row first, whole or not at all.

    ``light`` is None for values as a PNG has them; for a float image's, premultiplied, it tells whether they are
    linear.
    """

    def __init__(self, target: Path, pixels: NDArray[np.float32], light: bool | None) -> None:
        super().__init__(name="sv3d-picture", daemon=True)
        self.target = target
        self.error: OSError | None = None
        self._pixels, self._light = pixels, light

    def run(self) -> None:
        pixels = self._pixels if self._light is None else straight_srgb(self._pixels, linear=self._light)
        try:
            self.target.parent.mkdir(parents=True, exist_ok=True)
            partial = self.target.with_name(self.target.name + ".part")
            partial.write_bytes(encoded(pixels))
            partial.replace(self.target)
        except OSError as error:
            self.error = error


def encoded(pixels: NDArray[np.float32]) -> bytes:  # (H, W, 4) in [0, 1]
    """A PNG of 8 bits a channel; its first row is the highest."""
    height, width, _ = pixels.shape
    rows = np.zeros((height, 1 + 4 * width), np.uint8)  # each after the number of its filter, none
    rows[:, 1:] = (pixels[::-1].clip(0.0, 1.0) * 255 + 0.5).astype(np.uint8).reshape(height, -1)
    head = struct.pack(">IIBBBBB", width, height, 8, 6, 0, 0, 0)
    chunks = ((b"IHDR", head), (b"IDAT", zlib.compress(rows.data, _QUICK)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body)) for kind, body in chunks
    )


def straight_srgb(pixels: NDArray[np.float32], *, linear: bool) -> NDArray[np.float32]:  # (H, W, 4) → (H, W, 4)
    """A float image's premultiplied colours as a PNG wants them; Blender itself would encode before it divides."""
    alpha = pixels[..., 3:].clip(0.0, 1.0)
    colour = (pixels[..., :3] / np.maximum(alpha, 1e-6)).clip(0.0, 1.0)
    if linear:
        colour = np.where(colour <= 0.0031308, 12.92 * colour, 1.055 * colour ** (1 / 2.4) - 0.055)
    return np.concatenate([np.where(alpha > 0.0, colour, 1.0), alpha], -1, dtype=np.float32)
