"""Pictures of shapes: a bare one as clay, and the finished mesh from all round in the light of its orbit."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor
from torch.nn.functional import avg_pool2d

from ...ground.colour import from_srgb_bytes, to_srgb_bytes
from ...ground.progress import Progress
from ...orbit.cameras import CameraOrbit, View, project
from ..render.rasterize import interpolate, look_up_texture, rasterize, vertex_normals
from .glb import TexturedMesh, read_glb

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


Shade = Callable[[Tensor], Tensor]  # unit normals (P, 3) -> reflected light over albedo (P,), linear

ELEVATION = 10.0  # degrees; SV3D's own default orbit
SUPERSAMPLE = 2


@dataclass(frozen=True)
class Model:
    """A delivered mesh as tensors for the renderer."""

    vertices: Tensor  # (W, 3) world
    normals: Tensor  # (W, 3)
    uv: Tensor  # (W, 2), v down
    faces: Tensor  # (F, 3)
    texture: Tensor  # (S, S, 3) linear


def load_model(mesh: TexturedMesh) -> Model:
    """Tensors of a textured mesh, its texture in linear light."""
    uv = np.stack([mesh.uv[:, 0], 1 - mesh.uv[:, 1]], 1)
    return Model(
        torch.from_numpy(mesh.vertices).float(),
        torch.from_numpy(mesh.normals).float(),
        torch.from_numpy(uv).float(),
        torch.from_numpy(mesh.faces),
        torch.from_numpy(from_srgb_bytes(mesh.texture)),
    )


def render_turntable(
    glb: Path,
    shade: Shade,
    orbit: CameraOrbit,
    size: int,
    count: int,
    folder: Path,
    progress: Progress | None = None,
) -> list[Path]:
    """``count`` pictures as ``folder``/000.png …, the first from the front, with ``orbit``'s lens and distance."""
    progress = progress or Progress()
    views = tuple(View(f"{i:03d}.png", ELEVATION, 360.0 * i / count) for i in range(count))
    orbit = CameraOrbit(orbit.fov_deg, orbit.distance, views)
    model = load_model(read_glb(glb))
    with torch.no_grad():
        shading = shade(model.normals)
    folder.mkdir(parents=True, exist_ok=True)
    paths = []
    for i, view in enumerate(views):
        progress(i / count, "Rendering the turntable")
        path = folder / view.file
        Image.fromarray(render_view(model, shading, orbit, i, size)).save(path)
        progress.preview("image", path)
        paths.append(path)
    progress(1.0)
    return paths


def render_view(
    model: Model, shading: Tensor, orbit: CameraOrbit, index: int, size: int
) -> NDArray[np.uint8]:  # (S, S, 3)
    """The lit model in frame ``index`` of the orbit over white, sRGB, as SV3D's own frames are.

    ``shading`` (W,) is the reflected light over albedo at the vertices: on matt surfaces it is smooth.
    """
    fine = size * SUPERSAMPLE
    with torch.no_grad():
        raster = rasterize(project(model.vertices, orbit, index, fine), model.faces, fine, fine)
        uv, light = interpolate(torch.cat([model.uv, shading[:, None]], 1), raster, model.faces).split([2, 1], 1)
        lit = look_up_texture(model.texture, uv) * light.clamp_min(0)
        layer = raster.spread(torch.cat([lit.clamp_max(1), torch.ones_like(lit[:, :1])], 1))
        layer = avg_pool2d(layer.reshape(fine, fine, 4).permute(2, 0, 1), SUPERSAMPLE).permute(1, 2, 0)
    colour, alpha = layer[..., :3], layer[..., 3:]
    srgb = to_srgb_bytes((colour / alpha.clamp_min(1e-6)).numpy()).astype(np.float32)
    over_white = srgb * alpha.numpy() + 255 * (1 - alpha.numpy())
    return np.rint(over_white).astype(np.uint8)
