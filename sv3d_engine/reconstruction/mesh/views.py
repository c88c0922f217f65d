"""Frames as the fine stage compares with them, and the mesh as a frame's camera sees it."""

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn.functional import normalize

from ...orbit.cameras import CameraOrbit, project
from ...shared.errors import UserError
from ..frames.frames import Frames
from ..losses import calmness
from ..render.antialias import Crossings, Edges, silhouette_crossings
from ..render.rasterize import Raster, interpolate, rasterize, vertex_normals

BORDER = 8  # pixels around the object that are rendered with it


@dataclass(frozen=True)
class Part:
    """A rectangle of a frame of size × size pixels."""

    size: int
    corner: Tensor  # (3,) its first pixel: column, row, 0
    height: int
    width: int


@dataclass(frozen=True)
class Window:
    """The part of one frame that shows the object."""

    part: Part
    colour: Tensor  # (H, W, 3) sRGB, premultiplied
    alpha: Tensor  # (H, W)
    calm: Tensor  # (H, W) bilateral weight of the normals' smoothness
    told: Tensor | None = None  # (H, W, 4) what is told of the normals, unit in the world, and how surely


def windows(frames: Frames, device: torch.device) -> list[Window]:
    """Each frame cut to its object and a border."""
    cut, size = [], frames.alpha.shape[-1]
    for index, (rgb, alpha) in enumerate(zip(frames.rgb, frames.alpha, strict=True)):
        rows, columns = alpha.amax(1).nonzero()[:, 0], alpha.amax(0).nonzero()[:, 0]
        top, bottom = max(int(rows[0]) - BORDER, 0), min(int(rows[-1]) + BORDER + 1, alpha.shape[0])
        left, right = max(int(columns[0]) - BORDER, 0), min(int(columns[-1]) + BORDER + 1, alpha.shape[1])
        inside = alpha[top:bottom, left:right]
        colour = rgb[top:bottom, left:right] * inside[..., None]
        calm = calmness(colour + 1 - inside[..., None])
        part = Part(size, torch.tensor([left, top, 0], device=device), bottom - top, right - left)
        told = None
        if frames.normals is not None:
            normal, sure = frames.normals[index, top:bottom, left:right].split([3, 1], -1)
            sure = sure * (inside[..., None] > 0.5)
            told = torch.cat([normal @ frames.orbit.rotations()[index], sure], -1).to(device)
        cut.append(Window(part, colour.to(device), inside.to(device), calm.to(device), told))
    return cut


@dataclass(frozen=True)
class Sight:
    """The mesh in a part of a frame: all that depends on its shape alone, differentiable in the vertices."""

    raster: Raster
    crossings: Crossings
    points: Tensor  # (P, 3) world, at every covered pixel
    normals: Tensor  # (P, 3) unit
    depth: Tensor  # (P,) world units
    directions: Tensor  # (P, 3) unit, away from the camera; no gradient


def see(vertices: Tensor, faces: Tensor, edges: Edges, orbit: CameraOrbit, index: int, part: Part) -> Sight:
    """Look at a mesh, vertices (V, 3) and faces (F, 3), from camera ``index``.

    Raises UserError where nothing of it is in sight.
    """
    screen = project(vertices, orbit, index, part.size) - part.corner
    raster = rasterize(screen, faces, part.height, part.width)
    if not len(raster.pixels):
        raise nothing_solid()
    attributes = torch.cat([vertices, vertex_normals(vertices, faces), screen[:, 2:]], 1)
    points, normals, depth = interpolate(attributes, raster, faces).split([3, 3, 1], 1)
    directions = normalize(points.detach() - orbit.on(points.device)[0][index], dim=-1)
    crossings = silhouette_crossings(raster, screen, faces, edges)
    return Sight(raster, crossings, points, normalize(normals, dim=-1), depth[:, 0], directions)


def nothing_solid() -> UserError:
    """The error for frames from which no surface comes."""
    return UserError(
        "No solid surface could be found in the frames.",
        "Check that the frames show one object from all sides and that the cameras belong to them.",
    )
