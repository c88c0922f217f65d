"""A bare shape as a picture: grey, lit from the camera."""

from pathlib import Path

import numpy as np
from PIL import Image
from torch import Tensor

from ..orbit.cameras import CameraOrbit
from .normals import vertex_normals
from .projection import project
from .rasterize import interpolate, rasterize

SIZE = 256


def save_clay(vertices: Tensor, faces: Tensor, orbit: CameraOrbit, index: int, path: Path) -> None:
    """Write what camera ``index`` sees of a mesh, vertices (V, 3) and faces (F, 3), as a PNG with alpha."""
    screen = project(vertices, orbit, index, SIZE)
    raster = rasterize(screen, faces, SIZE, SIZE)
    facing = interpolate(vertex_normals(vertices, faces), raster, faces) @ orbit.rotations()[index, 2]
    picture = np.zeros((SIZE * SIZE, 4), np.uint8)
    picture[raster.pixels, :3] = (60 + 180 * facing.clamp(0, 1)).byte().numpy()[:, None]
    picture[raster.pixels, 3] = 255
    Image.fromarray(picture.reshape(SIZE, SIZE, 4)).save(path)
