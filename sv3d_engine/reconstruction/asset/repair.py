"""Any triangle soup → a closed 2-manifold: weld, orient, take apart what touches, and fill the holes."""

import numpy as np
from scipy.spatial import cKDTree

from .topology import (
    OPEN,
    Ints,
    TriMesh,
    compact,
    corner_fans,
    edge_groups,
    face_areas,
    half_edge_ends,
    is_closed_manifold,
    linked,
    mates,
    next_half_edge,
    vertex_normals,
)

WELD = 1e-6  # of the bounding box's diagonal
NUDGE = 2e-5  # of the diagonal: how far doubled vertices come apart, so that later welding does not join them again
MAX_ROUNDS = 5


def close_surface(mesh: TriMesh) -> TriMesh:
    """A watertight, consistently oriented 2-manifold of the same shape; empty if the mesh has no proper face."""
    nudge = NUDGE * mesh.diagonal
    mesh = drop_degenerate(mesh)
    if not len(mesh.faces):
        return compact(mesh)
    mesh = orient_consistently(mesh)
    for _ in range(MAX_ROUNDS):  # cutting one double edge can, rarely, part the fans of another
        mesh = split_double_edges(fill_holes(split_fans(mesh, nudge)), nudge)
        if is_closed_manifold(mesh.faces):
            break
    return mesh


def weld(mesh: TriMesh, distance: float) -> TriMesh:
    """Join vertices closer than ``distance`` (in chains, too)."""
    pairs = cKDTree(mesh.vertices).query_pairs(distance, output_type="ndarray")
    if not len(pairs):
        return mesh
    _, label = linked(len(mesh.vertices), pairs[:, 0], pairs[:, 1])
    _, representative = np.unique(label, return_index=True)
    return compact(TriMesh(mesh.vertices, representative[label][mesh.faces]))


def drop_degenerate(mesh: TriMesh) -> TriMesh:
    """Without faces that use a vertex twice, repeated faces, and pairs of opposite faces on the same corners."""
    f = mesh.faces
    f = f[(f[:, 0] != f[:, 1]) & (f[:, 1] != f[:, 2]) & (f[:, 2] != f[:, 0])]
    rolled = f[np.arange(len(f))[:, None], (f.argmin(1)[:, None] + np.arange(3)) % 3]
    keep = np.zeros(len(f), bool)
    keep[np.unique(rolled, axis=0, return_index=True)[1]] = True
    f, rolled = f[keep], rolled[keep]
    _, group, count = np.unique(np.sort(rolled, 1), axis=0, return_inverse=True, return_counts=True)
    return TriMesh(mesh.vertices, f[count[group.ravel()] == 1])


def orient_consistently(mesh: TriMesh) -> TriMesh:
    """Turn faces so that neighbours agree, keeping the orientation that the larger area of a patch has.

    Nodes of the graph are (face, turned or not); a patch shows up as two components, one the mirror of the other.
    """
    order, _, count = edge_groups(mesh.faces)
    start, end = half_edge_ends(mesh.faces)
    i = (np.cumsum(count) - count)[count == 2]
    a, b = order[i], order[i + 1]
    disagree = (start[a] < end[a]) == (start[b] < end[b])
    if not disagree.any():
        return mesh
    n = len(mesh.faces)
    fa, fb, shift = a // 3, b // 3, np.where(disagree, n, 0)
    number, label = linked(2 * n, np.concatenate([fa, fa + n]), np.concatenate([fb + shift, fb + n - shift]))
    area = np.bincount(label[:n], face_areas(mesh), number)  # of the faces that this component leaves as they are
    kept, turned = label[:n], label[n:]
    turn = (area[turned] > area[kept]) | ((area[turned] == area[kept]) & (turned < kept))
    return TriMesh(mesh.vertices, np.where(turn[:, None], mesh.faces[:, ::-1], mesh.faces))


def split_fans(mesh: TriMesh, nudge: float) -> TriMesh:
    """Give every fan of faces its own vertex; copies move ``nudge`` into their own solid."""
    number, fan = corner_fans(mates(mesh))
    corner = np.empty(number, np.int64)
    corner[fan] = np.arange(len(fan))
    origin = mesh.faces.ravel()[corner]
    copies = np.bincount(origin, minlength=len(mesh.vertices))
    if copies.max() <= 1:
        return compact(mesh)
    split = TriMesh(mesh.vertices[origin], fan.reshape(-1, 3))
    crowded = copies[origin] > 1
    vertices = split.vertices.copy()
    vertices[crowded] -= nudge * vertex_normals(split)[crowded]
    return TriMesh(vertices, split.faces)


def fill_holes(mesh: TriMesh) -> TriMesh:
    """Close each boundary loop with a face, or a fan round its middle.  Needs one fan a vertex (``split_fans``)."""
    mate = mates(mesh)
    boundary = np.flatnonzero(mate == OPEN)
    if not len(boundary):
        return mesh
    start, end = half_edge_ends(mesh.faces)
    following = dict(zip(start[boundary].tolist(), end[boundary].tolist(), strict=True))
    vertices, faces = [mesh.vertices], [mesh.faces]
    count = len(mesh.vertices)
    while following:
        first, vertex = following.popitem()
        loop = [first]
        while vertex != first:
            loop.append(vertex)
            vertex = following.pop(vertex)
        ring = np.array(loop)
        if len(ring) == 3:
            faces.append(ring[None, ::-1])
            continue
        faces.append(np.stack([np.roll(ring, -1), ring, np.full(len(ring), count)], 1))
        vertices.append(mesh.vertices[ring].mean(0, keepdims=True))
        count += 1
    return TriMesh(np.concatenate(vertices), np.concatenate(faces))


def split_double_edges(mesh: TriMesh, nudge: float) -> TriMesh:
    """Where two sheets of one surface share both ends of an edge, put a vertex into the edge of all but one of them."""
    while True:
        order, group, count = edge_groups(mesh.faces)
        crowded = order[count[group] > 2]
        if not len(crowded):
            return mesh
        mate = mates(mesh)
        pairs = np.unique(np.sort(np.stack([crowded, mate[crowded]], 1), 1), axis=0)
        start, end = half_edge_ends(mesh.faces)
        key = np.sort(np.stack([start[pairs[:, 0]], end[pairs[:, 0]]], 1), 1)
        surplus = np.ones(len(pairs), bool)
        surplus[np.unique(key, axis=0, return_index=True)[1]] = False
        mesh = _split_edges(mesh, _face_disjoint(pairs[surplus]), nudge)


def _face_disjoint(pairs: Ints) -> Ints:
    """As many of the half-edge pairs as can be had, first come first served, without touching a face twice."""
    taken: set[int] = set()
    chosen = []
    for a, b in pairs.tolist():
        if taken.isdisjoint({a // 3, b // 3}):
            taken |= {a // 3, b // 3}
            chosen.append((a, b))
    return np.array(chosen, np.int64)


def _split_edges(mesh: TriMesh, pairs: Ints, nudge: float) -> TriMesh:
    """Put a vertex in the middle of each pair's edge, ``nudge`` into the solid."""
    start, end = half_edge_ends(mesh.faces)
    a, b = pairs[:, 0], pairs[:, 1]
    normals = vertex_normals(mesh)
    middle = (mesh.vertices[start[a]] + mesh.vertices[end[a]]) / 2 - nudge * normals[start[a]]
    new = len(mesh.vertices) + np.arange(len(pairs))
    faces, extra = mesh.faces.copy(), []
    for h in (a, b):
        third = end[next_half_edge(h)]
        extra.append(np.stack([new, end[h], third], 1))
        faces[h // 3, (h + 1) % 3] = new  # (start, end, third) becomes (start, new, third)
    return TriMesh(np.concatenate([mesh.vertices, middle]), np.concatenate([faces, *extra]))
