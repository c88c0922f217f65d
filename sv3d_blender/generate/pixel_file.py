"""Blender's pixels as a PNG file, written beside Blender's main thread."""

import struct
import threading
import zlib
from pathlib import Path
from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray

_QUICK = 1  # of zlib's levels: the file is read once
_STRIP = 256  # rows that are in work at a time


class Room(threading.Thread):
    """Memory for pixels (H, W, 4), made ready: Blender takes twice as long to fill what was never touched."""

    def __init__(self, width: int, height: int) -> None:
        super().__init__(name="sv3d-room", daemon=True)
        self.pixels = np.empty((height, width, 4), np.float32)
        self.start()

    def run(self) -> None:
        self.pixels.fill(0.0)


class FileWriter(threading.Thread):
    """Writes a file, whole or not at all."""

    def __init__(self, target: Path, content: bytes) -> None:
        super().__init__(name="sv3d-picture", daemon=True)
        self.target = target
        self.error: OSError | None = None
        self._content = content

    def run(self) -> None:
        try:
            self.target.parent.mkdir(parents=True, exist_ok=True)
            partial = self.target.with_name(self.target.name + ".part")
            with partial.open("wb") as file:
                self._write(file)
            partial.replace(self.target)
        except OSError as error:
            self.error = error

    def _write(self, file: BinaryIO) -> None:
        file.write(self._content)


class PixelWriter(FileWriter):
    """The same for pixels (H, W, 4), lowest row first.

    ``light`` is None for values as a PNG has them; for a float image's, premultiplied, it tells whether they are
    linear.
    """

    def __init__(self, target: Path, pixels: NDArray[np.float32], light: bool | None) -> None:
        super().__init__(target, b"")
        self._pixels, self._light = pixels, light

    def _write(self, file: BinaryIO) -> None:
        write_png(file, self._pixels, self._light)
        del self._pixels  # here, as it takes a while to give so much back


def write_png(file: BinaryIO, pixels: NDArray[np.float32], light: bool | None = None) -> None:  # (H, W, 4)
    """A PNG of 8 bits a channel; its first row is the highest.  ``light`` as ``PixelWriter`` has it."""
    height, width, _ = pixels.shape
    file.write(b"\x89PNG\r\n\x1a\n")
    _write_chunk(file, b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 6, 0, 0, 0))
    packer = zlib.compressobj(_QUICK)
    for end in range(height, 0, -_STRIP):
        strip = pixels[max(end - _STRIP, 0) : end]
        if light is not None:
            strip = straight_srgb(strip, linear=light)
        rows = np.zeros((len(strip), 1 + 4 * width), np.uint8)  # each after the number of its filter, none
        rows[:, 1:] = (strip[::-1].clip(0.0, 1.0) * 255 + 0.5).astype(np.uint8).reshape(len(strip), -1)
        _write_chunk(file, b"IDAT", packer.compress(rows.data))
    _write_chunk(file, b"IDAT", packer.flush())
    _write_chunk(file, b"IEND", b"")


def _write_chunk(file: BinaryIO, kind: bytes, body: bytes) -> None:
    file.write(struct.pack(">I", len(body)) + kind)
    file.write(body)
    file.write(struct.pack(">I", zlib.crc32(body, zlib.crc32(kind))))


def straight_srgb(pixels: NDArray[np.float32], *, linear: bool) -> NDArray[np.float32]:  # (H, W, 4) → (H, W, 4)
    """A float image's premultiplied colours as a PNG wants them; Blender itself would encode before it divides."""
    alpha = pixels[..., 3:].clip(0.0, 1.0)
    colour = (pixels[..., :3] / np.maximum(alpha, 1e-6)).clip(0.0, 1.0)
    if linear:
        colour = np.where(colour <= 0.0031308, 12.92 * colour, 1.055 * colour ** (1 / 2.4) - 0.055)
    return np.concatenate([np.where(alpha > 0.0, colour, 1.0), alpha], -1, dtype=np.float32)
