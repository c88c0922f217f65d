"""Analytic anti-aliasing of silhouettes, the only place where visibility has a gradient (Laine et al. 2020, §3.4).

Here it goes from silhouette edges to the pixel pairs they cross, not from pixel pairs to the triangles seen there, so
that triangles too small to own a pixel still move the outline.
"""

from dataclasses import dataclass
from functools import lru_cache

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
    ends = torch.stack([faces, faces.roll(-1, 1)], -1).transpose(0, 1).reshape(-1, 2)  # all first edges, all second …
    corner = faces.roll(1, 1).T.reshape(-1)
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


def screen_facing(screen: Tensor, faces: Tensor) -> Tensor:  # (F,) bool, one sense of rotation on the screen
    corners = screen[faces]
    (bx, by, _), (cx, cy, _) = ((corners[:, i] - corners[:, 0]).unbind(1) for i in (1, 2))
    return bx * cy < by * cx


@dataclass(frozen=True)
class Crossings:
    """Pixel pairs that an outline passes between."""

    inner: Tensor  # (K,) flat pixel index on the surface's side
    outer: Tensor  # (K,)
    position: Tensor  # (K,) where between the two centres, 0 at the inner one; differentiable


def silhouette_crossings(raster: Raster, screen: Tensor, faces: Tensor, edges: Edges) -> Crossings:
    """Where visible outlines cross the lines between neighbouring pixel centres.  screen (V, 3), faces (F, 3).

    Steep edges cross rows, the others columns; an edge taken both ways would count twice.  Coordinates are therefore
    (u, v, depth): u along the line of centres that is crossed, v across the lines.
    """
    height, width = raster.height, raster.width
    with torch.no_grad():
        facing = screen_facing(screen, faces)
        sides = facing[edges.faces.clamp_min(0)] & (edges.faces >= 0)
        outline = (sides[:, 0] != sides[:, 1]).nonzero()[:, 0]
        ends = edges.vertices[outline]
        corner = torch.where(sides[outline, 0], edges.opposite[outline, 0], edges.opposite[outline, 1])
        places = screen[ends]  # (E, 2, 3)
        run, rise, _ = (places[:, 1] - places[:, 0]).abs().unbind(1)
        steep = (rise >= run).long()
        ways = _ways(height, width, screen.device)[steep]
        v = places.gather(2, ways[:, None, 1:2].expand(-1, 2, 1))[..., 0]  # (E, 2)
        first = (v.amin(1) - 0.5).ceil().long().clamp_min(0)
        lines = (torch.minimum((v.amax(1) - 0.5).ceil().long(), ways[:, 4]) - first).clamp_min(0)
        edge = torch.repeat_interleave(torch.arange(len(ends), device=ends.device), lines)
        line = first[edge] + torch.arange(len(edge), device=ends.device) - (lines.cumsum(0) - lines)[edge]
        steep, ends, ways = steep[edge], ends[edge], ways[edge]
        order, (length, _, along, across) = ways[:, :3], ways[:, 3:].unbind(1)
    a, b = (screen.index_select(0, end).gather(1, order) for end in ends.unbind(1))
    t = (line + 0.5 - a[:, 1]) / (b[:, 1] - a[:, 1])
    at = a + t[:, None] * (b - a)
    with torch.no_grad():
        low = (at[:, 0] - 0.5).floor().long()
        # The front face's third corner tells the inner side: compare it with the edge on its own line.
        o = screen[corner[edge]].gather(1, order)
        s = (o[:, 1] - a[:, 1]) / (b[:, 1] - a[:, 1])
        inner_is_low = (o[:, 0] < a[:, 0] + s * (b[:, 0] - a[:, 0])).long()
        in_picture = (low >= 0) & (low + 1 < length)
        pixel = (low * along + line * across) * in_picture
        inner, outer = pixel + along * in_picture * torch.stack([1 - inner_is_low, inner_is_low])
        depth = _nearest(raster, screen, faces)
        visible = (depth[inner] - at[:, 2]).abs() < _SAME_SURFACE * at[:, 2]
        hides = depth[outer] > at[:, 2] * (1 + _BEHIND)
        reach = (at[:, 0] - 0.5 - low - (1 - inner_is_low)).abs()
        shown = in_picture & visible & hides
        # Near a limb a bumpy surface folds over itself: of the outlines between two pixels the outermost is seen.
        pair = inner * 4 + inner_is_low * 2 + steep
        furthest = reach.new_zeros(len(depth) * 4).scatter_reduce(0, pair, torch.where(shown, reach, 0), "amax")
        kept = (shown & (reach == furthest[pair])).nonzero()[:, 0]
        centre = (low + 1 - inner_is_low)[kept] + 0.5  # of the inner pixel
    return Crossings(inner[kept], outer[kept], (at[:, 0].index_select(0, kept) - centre).abs())


@lru_cache(maxsize=256)
def _ways(height: int, width: int, device: torch.device) -> Tensor:  # (2, 7)
    """For edges that cross columns, then rows: which of x, y and depth are u, v and depth; how many pixels a line has
    and how many lines there are; and how far it is in flat indices to the next pixel on the line and on the next line.
    """
    columns, rows = (1, 0, 2, height, width, width, 1), (0, 1, 2, width, height, 1, width)
    return torch.tensor([columns, rows], device=device)


def _nearest(raster: Raster, screen: Tensor, faces: Tensor) -> Tensor:  # (H·W,)
    """Depth of what is seen in every pixel, infinite where nothing is."""
    depth = screen.new_full((raster.height * raster.width,), torch.inf)
    corners = screen[:, 2][faces[raster.faces]]
    depth[raster.pixels] = (corners * raster.barycentric).sum(1)
    return depth


def antialias(picture: Tensor, crossings: Crossings) -> Tensor:  # (H·W, C) -> (H·W, C)
    """Mix the colours on both sides of every outline by how far it reaches into the further pixel."""
    inner, outer = picture.index_select(0, crossings.inner), picture.index_select(0, crossings.outer)
    reach = (crossings.position - 0.5)[:, None]
    into_outer, into_inner = reach.clamp_min(0), (-reach).clamp_min(0)
    change = torch.cat([into_outer * (inner - outer), into_inner * (outer - inner)])
    return picture.index_add(0, torch.cat([crossings.outer, crossings.inner]), change)
