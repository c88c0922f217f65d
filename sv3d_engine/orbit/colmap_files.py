"""COLMAP's models, cameras and images as text or binary: a folder of cameras.txt and images.txt, or of *.bin.

The world is wherever COLMAP came to rest: any way up, at any scale.  Poses lead from the world to the camera, whose
axes are OpenCV's (X right, Y down, looking along Z).
"""

import struct
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from ..shared.errors import UserError
from .lens import Lens
from .photographs import Photograph, Photographs, in_order, quaternion_rotation

# Name and number of parameters, by COLMAP's own number of the model.
_MODELS = (
    ("SIMPLE_PINHOLE", 3),
    ("PINHOLE", 4),
    ("SIMPLE_RADIAL", 4),
    ("RADIAL", 5),
    ("OPENCV", 8),
    ("OPENCV_FISHEYE", 8),
    ("FULL_OPENCV", 12),
    ("FOV", 5),
    ("SIMPLE_RADIAL_FISHEYE", 4),
    ("RADIAL_FISHEYE", 5),
    ("THIN_PRISM_FISHEYE", 12),
    ("RAD_TAN_THIN_PRISM_FISHEYE", 16),
)
_READ = ("SIMPLE_PINHOLE", "PINHOLE", "SIMPLE_RADIAL", "RADIAL", "OPENCV")
_LARGEST = 2 << 30  # bytes: images.bin carries every point that was seen
_AGAIN = "Export the model again (colmap model_converter), or choose another folder."

Lenses = dict[int, Lens]


def is_model(folder: Path) -> bool:
    """Whether a folder holds a COLMAP model."""
    return any(all((folder / f"{part}.{kind}").is_file() for part in ("cameras", "images")) for kind in ("bin", "txt"))


def read_model(folder: Path) -> Photographs:
    """Read and check a model, the binary one where there are both.  Raises UserError."""
    kind = "bin" if (folder / "images.bin").is_file() and (folder / "cameras.bin").is_file() else "txt"
    paths = folder / f"cameras.{kind}", folder / f"images.{kind}"
    missing = [path.name for path in paths if not path.is_file()]
    if missing:
        raise UserError(f"The COLMAP model in {folder} has no {missing[0]}.", "Choose a folder that holds both.")
    try:
        if kind == "bin":
            lenses = dict(_binary_cameras(_Reader(paths[0])))
            views = list(_binary_images(_Reader(paths[1]), lenses))
        else:
            lenses = dict(_text_cameras(_lines(paths[0])))
            views = list(_text_images(_lines(paths[1]), lenses))
    except OSError as error:
        raise UserError(
            f"The COLMAP model in {folder} cannot be read.", "Check that you may open it.", str(error)
        ) from error
    except (ValueError, LookupError, OverflowError) as error:
        raise UserError(f"The COLMAP model in {folder} is damaged, or none.", _AGAIN, str(error)) from error
    name = f"the COLMAP model ({paths[1].name})"
    return Photographs(name, in_order(views, name), upright=False)


class _Reader:
    """A file's bytes, of which no more are taken than there are."""

    def __init__(self, path: Path) -> None:
        if path.stat().st_size > _LARGEST:
            raise ValueError(f"{path.name} has more than {_LARGEST} bytes")
        self._name, self._data, self._at = path.name, path.read_bytes(), 0

    def values(self, layout: str) -> tuple[float, ...]:
        size = struct.calcsize("<" + layout)
        self._need(size)
        found = struct.unpack_from("<" + layout, self._data, self._at)
        self._at += size
        return found

    def count(self, least: int) -> int:
        """A number of things that each take ``least`` bytes: as many have to follow."""
        (count,) = self.values("Q")
        self._need(int(count) * least)
        return int(count)

    def text(self) -> str:
        end = self._data.index(b"\0", self._at, self._at + 4096)
        found = self._data[self._at : end].decode("utf-8", "replace")
        self._at = end + 1
        return found

    def skip(self, size: int) -> None:
        self._need(size)
        self._at += size

    def _need(self, size: int) -> None:
        if size > len(self._data) - self._at:
            raise ValueError(f"{self._name} ends in the middle, after {len(self._data)} bytes")


def _binary_cameras(file: _Reader) -> Iterator[tuple[int, Lens]]:
    for _ in range(file.count(24)):
        number, model, width, height = map(int, file.values("iiQQ"))
        if not 0 <= model < len(_MODELS):
            raise _unknown(f"number {model}")
        name, count = _MODELS[model]
        yield number, _lens(name, width, height, file.values(f"{count}d"))


def _binary_images(file: _Reader, lenses: Lenses) -> Iterator[Photograph]:
    for _ in range(file.count(73)):
        file.values("i")
        pose = file.values("7d")
        (camera,) = file.values("i")
        name = file.text()
        file.skip(24 * file.count(24))
        yield _photograph(name, pose, lenses, int(camera))


def _lines(path: Path) -> list[str]:
    if path.stat().st_size > _LARGEST:
        raise ValueError(f"{path.name} has more than {_LARGEST} bytes")
    return [line for line in path.read_text(encoding="utf-8-sig").split("\n") if not line.startswith("#")]


def _text_cameras(lines: list[str]) -> Iterator[tuple[int, Lens]]:
    for line in lines:
        if words := line.split():
            number, model, width, height, *values = words
            yield int(number), _lens(model, int(width), int(height), tuple(map(float, values)))


def _text_images(lines: list[str], lenses: Lenses) -> Iterator[Photograph]:
    """Two lines an image, of which the second, its points, may be empty."""
    rest = iter(lines)
    for line in rest:
        if not line.strip():
            continue
        _, *pose, camera, name = line.strip().split(maxsplit=9)
        yield _photograph(name, tuple(map(float, pose)), lenses, int(camera))
        next(rest, None)


def _lens(model: str, width: int, height: int, values: tuple[float, ...]) -> Lens:
    if model not in _READ:
        raise _unknown(model)
    if len(values) != dict(_MODELS)[model] or not np.isfinite(values).all():
        raise ValueError(f"a camera {model} of {len(values)} parameters")
    if not (0 < width < 1 << 16 and 0 < height < 1 << 16):
        raise ValueError(f"a camera of {width} × {height} pixels")
    shared = model in ("SIMPLE_PINHOLE", "SIMPLE_RADIAL", "RADIAL")
    across, down, *rest = (values[0], *values) if shared else values
    x, y, *bends = rest
    if min(across, down) <= 0:
        raise ValueError(f"a focal length of {across}")
    k1, k2, p1, p2 = (*bends, 0.0, 0.0, 0.0, 0.0)[:4]
    middle = abs(x - width / 2) < 1e-3 and abs(y - height / 2) < 1e-3
    return Lens(
        (across / width, down / width),
        None if middle else (x / width, y / width),
        (k1, k2, 0.0),
        (p1, p2),
        (width, height),
    )


def _unknown(model: str) -> UserError:
    return UserError(
        f"The COLMAP model has cameras of the kind {model}, which is not read.",
        f"Run “colmap image_undistorter” and give its pictures with its model (sparse), or use {', '.join(_READ)}.",
    )


def _photograph(name: str, pose: tuple[float, ...], lenses: Lenses, camera: int) -> Photograph:
    if not np.isfinite(pose).all() or not any(pose[:4]):
        raise ValueError(f"the pose of {name} is none")
    if camera not in lenses:
        raise ValueError(f"{name} names camera {camera}, which is not there")
    to_camera, moved = quaternion_rotation(*pose[:4]), np.array(pose[4:])
    axes = np.diag([1.0, -1.0, -1.0]) @ to_camera
    return Photograph(name.replace("\\", "/"), lenses[camera], -to_camera.T @ moved, axes)
