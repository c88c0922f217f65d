"""Pictures of shapes: a bare one as clay, and the finished mesh from all round in the light of its orbit."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor
from torch.nn.functional import avg_pool2d, normalize

from ...ground.colour import from_srgb_bytes, to_srgb_bytes
from ...ground.progress import Progress
from ...orbit.cameras import CameraOrbit, View, project
from ..render.rasterize import Raster, interpolate, look_up_texture, rasterize, vertex_normals
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
    normal_map: Tensor | None  # (S, S, 3) in [−1, 1]
    tangents: Tensor | None  # (W, 4), there with the normal map


def load_model(mesh: TexturedMesh) -> Model:
    """Tensors of a textured mesh, its texture in linear light."""
    normal_map = tangents = None
    if mesh.normal_map is not None and mesh.tangents is not None:
        normal_map = torch.from_numpy(mesh.normal_map / np.float32(127.5) - 1)
        tangents = torch.from_numpy(mesh.tangents).float()
    uv = np.stack([mesh.uv[:, 0], 1 - mesh.uv[:, 1]], 1)
    return Model(
        torch.from_numpy(mesh.vertices).float(),
        torch.from_numpy(mesh.normals).float(),
        torch.from_numpy(uv).float(),
        torch.from_numpy(mesh.faces),
        torch.from_numpy(from_srgb_bytes(mesh.texture)),
        normal_map,
        tangents,
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
    folder.mkdir(parents=True, exist_ok=True)
    paths = []
    for i, view in enumerate(views):
        progress(i / count, "Rendering the turntable")
        path = folder / view.file
        Image.fromarray(render_view(model, shade, orbit, i, size)).save(path)
        progress.preview("image", path)
        paths.append(path)
    progress(1.0)
    return paths


def render_view(
    model: Model, shade: Shade, orbit: CameraOrbit, index: int, size: int
) -> NDArray[np.uint8]:  # (S, S, 3)
    """The lit model in frame ``index`` of the orbit over white, sRGB, as SV3D's own frames are; all of it matt."""
    fine = size * SUPERSAMPLE
    with torch.no_grad():
        raster = rasterize(project(model.vertices, orbit, index, fine), model.faces, fine, fine)
        uv, normals = _seen(model, raster)
        lit = look_up_texture(model.texture, uv) * shade(normals).clamp_min(0)[:, None]
        layer = raster.spread(torch.cat([lit.clamp_max(1), torch.ones_like(lit[:, :1])], 1))
        layer = avg_pool2d(layer.reshape(fine, fine, 4).permute(2, 0, 1), SUPERSAMPLE).permute(1, 2, 0)
    colour, alpha = layer[..., :3], layer[..., 3:]
    srgb = to_srgb_bytes((colour / alpha.clamp_min(1e-6)).numpy()).astype(np.float32)
    over_white = srgb * alpha.numpy() + 255 * (1 - alpha.numpy())
    return np.rint(over_white).astype(np.uint8)


def _seen(model: Model, raster: Raster) -> tuple[Tensor, Tensor]:  # (P, 2), (P, 3)
    """UV and unit normals at the covered pixels, these from the normal map if there is one (as ``tangents`` tells)."""
    frame = [model.normals] if model.tangents is None else [model.normals, model.tangents]
    uv, normals, tangents = interpolate(torch.cat([model.uv, *frame], 1), raster, model.faces).tensor_split([2, 5], 1)
    if model.normal_map is not None:
        x, y, z = look_up_texture(model.normal_map, uv).split(1, 1)
        bitangents = tangents[:, 3:] * torch.linalg.cross(normals, tangents[:, :3])
        normals = x * tangents[:, :3] + y * bitangents + z * normals
    return uv, normalize(normals, dim=-1)
