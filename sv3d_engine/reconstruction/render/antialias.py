"""Analytic anti-aliasing of silhouettes, the only place where visibility has a gradient (Laine et al. 2020, §3.4).

Here it goes from silhouette edges to the pixel pairs they cross, not from pixel pairs to the triangles seen there, so
that triangles too small to own a pixel still move the outline.
"""

from dataclasses import dataclass

import torch
from torch import Tensor

from .rasterize import Raster

# How far, in shares of the depth, the surface next to an outline may lie from the outline itself, and how much
# further away what it hides must be.
_SAME_SURFACE, _BEHIND = 0.02, 0.002


@dataclass(frozen=True)
class Edges:
    """Each edge of a mesh once, with the faces on its two sides."""

    vertices: Tensor  # (E, 2)
    faces: Tensor  # (E, 2), −1 where there is no second face
    opposite: Tensor  # (E, 2) the corner of each face that is not on the edge, −1 likewise


def mesh_edges(faces: Tensor) -> Edges:
    """Edges of a triangle mesh (F, 3); of an edge with more than two faces, the first two count."""
    ends = torch.cat([faces[:, [0, 1]], faces[:, [1, 2]], faces[:, [2, 0]]])
    corner = torch.cat([faces[:, 2], faces[:, 0], faces[:, 1]])
    owner = torch.arange(len(faces), device=faces.device).repeat(3)
    low, high = torch.minimum(*ends.unbind(1)), torch.maximum(*ends.unbind(1))
    key = low * (faces.max() + 1) + high
    key, order = key.sort(stable=True)
    first = torch.ones_like(key, dtype=torch.bool)
    first[1:] = key[1:] != key[:-1]
    lead = first.nonzero()[:, 0]
    second = (lead + 1).clamp_max(len(key) - 1)
    paired = (key[second] == key[lead]) & (second != lead)
    mate = order[second].masked_fill(~paired, -1)
    lead = order[lead]
    return Edges(
        ends[lead],
        torch.stack([owner[lead], torch.where(paired, owner[mate], -1)], 1),
        torch.stack([corner[lead], torch.where(paired, corner[mate], -1)], 1),
    )


def _facing(screen: Tensor, faces: Tensor) -> Tensor:  # (F,) bool, one sense of rotation on the screen
    a, b, c = screen[faces[:, 0]], screen[faces[:, 1]], screen[faces[:, 2]]
    return (b[:, 0] - a[:, 0]) * (c[:, 1] - a[:, 1]) < (b[:, 1] - a[:, 1]) * (c[:, 0] - a[:, 0])


@dataclass(frozen=True)
class Crossings:
    """Pixel pairs that an outline passes between."""

    inner: Tensor  # (K,) flat pixel index on the surface's side
    outer: Tensor  # (K,)
    position: Tensor  # (K,) where between the two centres, 0 at the inner one; differentiable


def silhouette_crossings(raster: Raster, screen: Tensor, faces: Tensor, edges: Edges) -> Crossings:
    """Where visible outlines cross the lines between neighbouring pixel centres.  screen (V, 3), faces (F, 3)."""
    facing = _facing(screen.detach(), faces)
    sides = facing[edges.faces.clamp_min(0)] & (edges.faces >= 0)
    outline = (sides[:, 0] != sides[:, 1]).nonzero()[:, 0]
    ends = edges.vertices[outline]
    corner = torch.where(sides[outline, 0], edges.opposite[outline, 0], edges.opposite[outline, 1])
    depth = screen.detach().new_full((raster.height * raster.width,), torch.inf)
    nearness = (screen.detach()[:, 2:][faces[raster.faces]] * raster.barycentric.detach()[..., None]).sum(1)[:, 0]
    depth[raster.pixels] = nearness
    parts = [_along(axis, raster, screen, ends, corner, depth) for axis in (0, 1)]
    return Crossings(*(torch.cat(column) for column in zip(*parts, strict=True)))


def _along(
    axis: int, raster: Raster, screen: Tensor, ends: Tensor, corner: Tensor, depth: Tensor
) -> tuple[Tensor, Tensor, Tensor]:
    """Crossings with the lines of pixel centres that run along x (axis 0) or y (axis 1).

    Steep edges cross rows, flat ones columns; an edge taken both ways would count twice.
    """
    other = 1 - axis
    count, length = (raster.height, raster.width) if axis == 0 else (raster.width, raster.height)
    with torch.no_grad():
        start, end = screen[ends[:, 0]], screen[ends[:, 1]]
        first = (torch.minimum(start, end)[:, other] - 0.5).ceil().long().clamp_min(0)
        last = (torch.maximum(start, end)[:, other] - 0.5).ceil().long().clamp_max(count) - 1
        run, rise = (end - start).abs()[:, [axis, other]].unbind(-1)
        steep = rise >= run if axis == 0 else rise > run
        lines = (last - first + 1).clamp_min(0) * steep
        edge = torch.repeat_interleave(torch.arange(len(ends), device=ends.device), lines)
        line = first[edge] + torch.arange(len(edge), device=ends.device) - (lines.cumsum(0) - lines)[edge]
    a, b = screen.index_select(0, ends[edge, 0]), screen.index_select(0, ends[edge, 1])
    t = (line + 0.5 - a[:, other]) / (b[:, other] - a[:, other])
    where = a[:, axis] + t * (b[:, axis] - a[:, axis]) - 0.5
    with torch.no_grad():
        low = where.floor().long()
        # The front face's third corner tells the inner side: compare it with the edge on its own line.
        o = screen[corner[edge]]
        s = (o[:, other] - a[:, other]) / (b[:, other] - a[:, other])
        inner_is_low = o[:, axis] < a[:, axis] + s * (b[:, axis] - a[:, axis])
        inner, outer = torch.where(inner_is_low, low, low + 1), torch.where(inner_is_low, low + 1, low)
        in_picture = (low >= 0) & (low + 1 < length)
        stride = (1, raster.width) if axis == 0 else (raster.width, 1)
        flat_inner = (inner * stride[0] + line * stride[1]).masked_fill(~in_picture, 0)
        flat_outer = (outer * stride[0] + line * stride[1]).masked_fill(~in_picture, 0)
        edge_depth = a[:, 2] + t * (b[:, 2] - a[:, 2])
        visible = (depth[flat_inner] - edge_depth).abs() < _SAME_SURFACE * edge_depth
        hides = depth[flat_outer] > edge_depth * (1 + _BEHIND)
        kept = (in_picture & visible & hides).nonzero()[:, 0]
        # Near a limb a bumpy surface folds over itself: of the outlines between two pixels the outermost is seen.
        pair = flat_inner[kept] * 2 + inner_is_low[kept]
        reach = (where - inner).abs()[kept]
        furthest = reach.new_zeros(len(depth) * 2).scatter_reduce(0, pair, reach, "amax")
        kept = kept[reach == furthest[pair]]
    return flat_inner[kept], flat_outer[kept], (where - inner).abs()[kept]


def antialias(picture: Tensor, crossings: Crossings) -> Tensor:  # (H·W, C) -> (H·W, C)
    """Mix the colours on both sides of every outline by how far it reaches into the further pixel."""
    inner, outer = picture.index_select(0, crossings.inner), picture.index_select(0, crossings.outer)
    reach = (crossings.position - 0.5)[:, None]
    into_outer, into_inner = reach.clamp_min(0), (-reach).clamp_min(0)
    change = torch.cat([into_outer * (inner - outer), into_inner * (outer - inner)])
    return picture.index_add(0, torch.cat([crossings.outer, crossings.inner]), change)
