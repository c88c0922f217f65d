"""Visibility, the differentiable coordinates of what is visible, and what is looked up there."""

import math
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import grid_sample, normalize

from ...ground.kernels import parallel_jit, prange, use_kernel
from ...ground.warp_kernels import use_warp
from .rasterize_ref import visible_faces_ref


@dataclass(frozen=True)
class Raster:
    """The covered pixels of a picture, packed."""

    height: int
    width: int
    face_index: Tensor  # (H, W) int64, −1 where nothing is seen
    pixels: Tensor  # (P,) flat row-major index of every covered pixel
    faces: Tensor  # (P,) the face seen there
    barycentric: Tensor  # (P, 3) perspective-correct, differentiable with respect to the screen positions

    def spread(self, values: Tensor) -> Tensor:  # (P, C) -> (H·W, C)
        """Values of the covered pixels as a whole picture, 0 elsewhere."""
        picture = values.new_zeros(self.height * self.width, values.shape[1])
        return picture.index_copy(0, self.pixels, values)


@parallel_jit
def _draw(screen, faces, bands, best, index):
    height, width = best.shape
    for band in prange(bands):  # each thread draws every triangle into rows of its own: no two write to one pixel
        top, bottom = band * height // bands, (band + 1) * height // bands
        for f in range(faces.shape[0]):
            a, b, c = faces[f, 0], faces[f, 1], faces[f, 2]
            ax, ay, bx, by, cx, cy = screen[a, 0], screen[a, 1], screen[b, 0], screen[b, 1], screen[c, 0], screen[c, 1]
            y0 = max(top, int(math.ceil(min(ay, by, cy) - 0.5)))
            y1 = min(bottom - 1, int(math.floor(max(ay, by, cy) - 0.5)))
            if y0 > y1:
                continue
            x0 = max(0, int(math.ceil(min(ax, bx, cx) - 0.5)))
            x1 = min(width - 1, int(math.floor(max(ax, bx, cx) - 0.5)))
            area = (bx - ax) * (cy - ay) - (by - ay) * (cx - ax)
            if x0 > x1 or area == 0:
                continue
            sign = np.float32(1) if area > 0 else np.float32(-1)
            za, zb, zc = 1 / screen[a, 2], 1 / screen[b, 2], 1 / screen[c, 2]
            for y in range(y0, y1 + 1):
                py = np.float32(y) + np.float32(0.5)
                for x in range(x0, x1 + 1):
                    px = np.float32(x) + np.float32(0.5)
                    wa = ((cx - bx) * (py - by) - (cy - by) * (px - bx)) * sign
                    wb = ((ax - cx) * (py - cy) - (ay - cy) * (px - cx)) * sign
                    wc = ((bx - ax) * (py - ay) - (by - ay) * (px - ax)) * sign
                    if wa >= 0 and wb >= 0 and wc >= 0:
                        closeness = (wa * za + wb * zb + wc * zc) / (wa + wb + wc)
                        if closeness > best[y, x]:
                            best[y, x] = closeness
                            index[y, x] = f


def visible_faces(screen: Tensor, faces: Tensor, height: int, width: int) -> Tensor:  # (H, W) int64
    """Index of the nearest face at every pixel centre, −1 where there is none.  No gradient.

    screen (V, 3) as ``cameras.project`` gives it, less the picture's own corner; faces (F, 3) int64.
    """
    if screen.device.type == "mps":  # cannot scatter 64-bit integers
        return visible_faces(screen.detach().cpu(), faces.cpu(), height, width).to(screen.device)
    if use_warp(screen, faces):
        from .rasterize_warp import visible_faces_warp

        return visible_faces_warp(screen, faces, height, width)
    if not use_kernel(screen, faces):
        return visible_faces_ref(screen, faces, height, width)
    best = np.zeros((height, width), np.float32)
    index = np.full((height, width), -1, np.int64)
    _draw(screen.detach().contiguous().numpy(), faces.numpy(), torch.get_num_threads() * 4, best, index)
    return torch.from_numpy(index)


def rasterize(screen: Tensor, faces: Tensor, height: int, width: int) -> Raster:
    """The mesh as seen through pixel centres.  screen (V, 3): pixels and depth; faces (F, 3) int64."""
    face_index = visible_faces(screen, faces, height, width)
    pixels = (face_index.reshape(-1) >= 0).nonzero()[:, 0]
    seen = face_index.reshape(-1)[pixels]
    if use_warp(screen, faces):
        from .rasterize_warp import barycentric_warp

        return Raster(height, width, face_index, pixels, seen, barycentric_warp(screen, faces, seen, pixels, width))
    return Raster(height, width, face_index, pixels, seen, _barycentric(screen, faces, seen, pixels, width))


def _barycentric(screen: Tensor, faces: Tensor, seen: Tensor, pixels: Tensor, width: int) -> Tensor:  # (P, 3)
    """Perspective-correct coordinates of the centres of ``pixels`` (P,) in the faces ``seen`` (P,) there."""
    corners = gather(screen, faces[seen])  # (P, 3, 3)
    centre = torch.stack([pixels % width, torch.div(pixels, width, rounding_mode="floor")], -1) + 0.5
    x, y = (corners[..., :2] - centre[:, None]).unbind(-1)  # (P, 3) each
    # Twice the signed area of the triangle that the pixel makes with the side opposite each corner.
    flat = x.roll(-1, 1) * y.roll(-2, 1) - x.roll(-2, 1) * y.roll(-1, 1)
    over_depth = flat / corners[..., 2]
    total = over_depth.sum(-1, keepdim=True)
    total = torch.where(total.abs() < 1e-12, torch.full_like(total, 1e-12), total)
    return over_depth / total


def gather(values: Tensor, index: Tensor) -> Tensor:  # (V, C), (P, 3) -> (P, 3, C)
    """``values[index]``, whose gradient is an addition by index instead of a sort."""
    return values.index_select(0, index.reshape(-1)).reshape(*index.shape, values.shape[1])


def interpolate(attributes: Tensor, raster: Raster, faces: Tensor) -> Tensor:  # (V, C) -> (P, C)
    """Vertex attributes at the covered pixels."""
    if use_warp(attributes, faces, raster.barycentric):
        from .rasterize_warp import interpolate_warp

        return interpolate_warp(attributes, faces, raster.faces, raster.barycentric)
    return (gather(attributes, faces[raster.faces]) * raster.barycentric[..., None]).sum(1)


def depth_map(screen: Tensor, faces: Tensor, size: int) -> Tensor:  # (V, 3), (F, 3) -> (S, S)
    """Depth at the pixel centres of a size × size frame, infinite where nothing is seen."""
    raster = rasterize(screen, faces, size, size)
    depth = screen.new_full((size * size,), torch.inf)
    depth[raster.pixels] = interpolate(screen[:, 2:].contiguous(), raster, faces)[:, 0]
    return depth.reshape(size, size)


def vertex_normals(vertices: Tensor, faces: Tensor) -> Tensor:  # (V, 3), (F, 3) -> (V, 3)
    """Unit normals, weighted by the areas of the faces around."""
    a, b, c = gather(vertices, faces).unbind(1)
    normal = torch.linalg.cross(b - a, c - a)
    total = torch.zeros_like(vertices).index_add(0, faces.T.reshape(-1), normal.repeat(3, 1))
    return normalize(total, dim=-1, eps=1e-12)


def look_up_texture(texture: Tensor, uv: Tensor) -> Tensor:  # (H, W, C), (P, 2) -> (P, C)
    """Bilinear lookup, differentiable in both; glTF's UV: (0, 0) is the first texel's corner, v runs down."""
    grid = (uv * 2 - 1)[None, None]
    picture = texture.permute(2, 0, 1)[None]
    return grid_sample(picture, grid, align_corners=False, padding_mode="border")[0, :, 0].T
