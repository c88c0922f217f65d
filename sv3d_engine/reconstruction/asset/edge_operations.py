"""Split, collapse and flip edges of a closed manifold, many at once: each round takes edges that do not meet.

An edge is given by its half-edge and that one's mate; ``key`` orders the edges that want an operation, least first.
"""

from dataclasses import dataclass

import numpy as np
from scipy.sparse import csr_matrix

from .topology import Bools, Floats, Ints, TriMesh, compact, edge_groups, face_normals, half_edge_ends, needles

TURN = 0.5  # cosine: no operation may turn a face further
FLIP_GAIN = np.radians(1.0)  # by which the angles opposite an edge must exceed Delaunay's half turn, lest flips cycle
FLAT = 0.7  # cosine between two faces: where they meet more sharply, the edge is part of the shape
CAP = np.radians(160.0)  # a corner so blunt lies on the edge opposite, as good as: to flip that changes no shape
FAR = np.inf


@dataclass(frozen=True)
class Edges:
    """Undirected edges of a closed manifold; the faces beside edge (a, b) are (a, b, c) and (b, a, d)."""

    half: Ints  # (E,)
    mate: Ints  # (E,)
    a: Ints
    b: Ints
    c: Ints
    d: Ints

    @property
    def ends(self) -> Ints:  # (E, 2)
        return np.stack([self.a, self.b], 1)

    @property
    def sides(self) -> Ints:  # (E, 2)
        """The two faces."""
        return np.stack([self.half, self.mate], 1) // 3


def edges_of(faces: Ints) -> Edges:
    """All edges of a closed manifold."""
    order, _, _ = edge_groups(faces)
    half, mate = order[0::2], order[1::2]
    start, end = half_edge_ends(faces)
    third = faces[:, [2, 0, 1]].ravel()
    return Edges(half, mate, start[half], end[half], third[half], third[mate])


def lengths(vertices: Floats, edges: Edges) -> Floats:  # (E,)
    """Length of each edge."""
    return np.linalg.norm(vertices[edges.a] - vertices[edges.b], axis=1)


def split(mesh: TriMesh, edges: Edges, key: Floats) -> tuple[TriMesh, Ints]:
    """Put a vertex into the middle of edges whose ``key`` is finite; also returns the ends of each (N, 2)."""
    chosen = _least_of_both_faces(edges, key, len(mesh.faces))
    a, b, c, d = (x[chosen] for x in (edges.a, edges.b, edges.c, edges.d))
    new = len(mesh.vertices) + np.arange(len(a))
    faces = mesh.faces.copy()
    faces[edges.half[chosen] // 3] = np.stack([a, new, c], 1)
    faces[edges.mate[chosen] // 3] = np.stack([b, new, d], 1)
    faces = np.concatenate([faces, np.stack([new, b, c], 1), np.stack([new, a, d], 1)])
    middle = (mesh.vertices[a] + mesh.vertices[b]) / 2
    return TriMesh(np.concatenate([mesh.vertices, middle]), faces), np.stack([a, b], 1)


def flip(mesh: TriMesh, edges: Edges, fixed: Bools) -> tuple[TriMesh, int]:
    """Flip edges towards Delaunay that are not ``fixed`` (E,), where the surface is flat; also returns how many."""
    at_c, at_d = (_angle(mesh, corner, edges.a, edges.b) for corner in (edges.c, edges.d))
    excess, cap = at_c + at_d - np.pi, np.maximum(at_c, at_d) > CAP
    normals = face_normals(mesh)
    first, second = normals[edges.sides[:, 0]], normals[edges.sides[:, 1]]
    degree = np.bincount(mesh.faces.ravel(), minlength=len(mesh.vertices))
    flat = ~fixed & (np.einsum("ek,ek->e", first, second) > FLAT)
    allowed = (excess > FLIP_GAIN) & (flat | cap) & (np.minimum(degree[edges.a], degree[edges.b]) > 3)
    allowed &= ~_joined(mesh, edges, edges.c, edges.d)
    quad = np.cross(mesh.vertices[edges.b] - mesh.vertices[edges.a], mesh.vertices[edges.c] - mesh.vertices[edges.d])
    for ring in ((edges.a, edges.d, edges.c), (edges.b, edges.c, edges.d)):
        p, q, r = (mesh.vertices[x] for x in ring)
        after = np.cross(q - p, r - p)
        allowed &= np.einsum("ek,ek->e", after, quad) > TURN * np.linalg.norm(after, axis=1) * np.linalg.norm(
            quad, axis=1
        )
    chosen = _least_of_both_faces(edges, np.where(allowed, -excess, FAR), len(mesh.faces))
    low, high = np.minimum(edges.c, edges.d)[chosen], np.maximum(edges.c, edges.d)[chosen]
    chosen = chosen[np.unique(low * len(mesh.vertices) + high, return_index=True)[1]]
    a, b, c, d = (x[chosen] for x in (edges.a, edges.b, edges.c, edges.d))
    faces = mesh.faces.copy()
    faces[edges.half[chosen] // 3] = np.stack([a, d, c], 1)
    faces[edges.mate[chosen] // 3] = np.stack([b, c, d], 1)
    return TriMesh(mesh.vertices, faces), len(chosen)


def collapse(
    mesh: TriMesh, edges: Edges, key: Floats, target: Floats, longest: Floats, most: int
) -> tuple[TriMesh, Ints, int]:
    """Join the ends of at most ``most`` edges whose ``key`` is finite at their ``target`` (E, 3).

    No edge may become longer than ``longest`` (V,) of its end, no face turn over, no tube close.  Also returns the
    old number of each vertex that is left, and how many edges went.
    """
    chosen = _apart(mesh, edges, np.where(_closes_nothing(mesh, edges, key < FAR), key, FAR))
    chosen = chosen[np.argsort(key[chosen], kind="stable")[: max(int(1.2 * most), 1)]]
    label = np.full(len(mesh.vertices), -1, np.int64)
    label[edges.a[chosen]] = label[edges.b[chosen]] = np.arange(len(chosen))
    moved, goes_to = mesh.vertices.copy(), np.arange(len(mesh.vertices))
    moved[edges.a[chosen]] = moved[edges.b[chosen]] = target[chosen]
    goes_to[edges.b[chosen]] = edges.a[chosen]

    owner = label[mesh.faces]  # a face has corners of one chosen edge at most
    touched = np.flatnonzero((owner >= 0).sum(1) == 1)
    after = TriMesh(moved, mesh.faces[touched])
    before = TriMesh(mesh.vertices, mesh.faces[touched])
    turned = (np.einsum("fk,fk->f", face_normals(before), face_normals(after)) < TURN) & ~needles(before)
    sides = np.linalg.norm(after.corners - np.roll(after.corners, -1, 1), axis=2)
    limit = np.minimum(longest[after.faces], longest[np.roll(after.faces, -1, 1)])
    stretched = ((sides > limit) & ((owner[touched] >= 0) | (np.roll(owner[touched], -1, 1) >= 0))).any(1)
    bad = np.zeros(len(chosen), bool)
    bad[owner[touched].max(1)[turned | stretched]] = True
    good = chosen[~bad][:most]

    vertices, goes_to = mesh.vertices.copy(), np.arange(len(mesh.vertices))
    vertices[edges.a[good]] = target[good]
    goes_to[edges.b[good]] = edges.a[good]
    faces = np.delete(mesh.faces, edges.sides[good].ravel(), 0)
    left = TriMesh(vertices, goes_to[faces])
    return compact(left), np.unique(left.faces), len(good)


def _least_of_both_faces(edges: Edges, key: Floats, faces: int) -> Ints:
    """Edges that come first in both their faces, so that no face is touched twice."""
    rank = _ranks(key)
    best = np.full(faces, len(key))
    np.minimum.at(best, edges.sides.ravel(), np.repeat(rank, 2))
    return np.flatnonzero((key < FAR) & (best[edges.sides] == rank[:, None]).all(1))


def _apart(mesh: TriMesh, edges: Edges, key: Floats) -> Ints:
    """Edges that come first among all whose ends have a face in common with theirs."""
    rank = np.where(key < FAR, _ranks(key), len(key))
    of_vertex = np.full(len(mesh.vertices), len(key))
    np.minimum.at(of_vertex, edges.ends.ravel(), np.repeat(rank, 2))
    of_face = of_vertex[mesh.faces].min(1)
    near = np.full(len(mesh.vertices), len(key))
    np.minimum.at(near, mesh.faces.ravel(), np.repeat(of_face, 3))
    return np.flatnonzero((key < FAR) & (near[edges.ends] == rank[:, None]).all(1))


def _ranks(key: Floats) -> Ints:
    rank = np.empty(len(key), np.int64)
    rank[np.argsort(key, kind="stable")] = np.arange(len(key))
    return rank


def _closes_nothing(mesh: TriMesh, edges: Edges, wanted: Bools) -> Bools:  # (E,)
    """The link condition (Dey et al. 1999): the ends have no other neighbours in common than the faces' corners."""
    links = _neighbours(mesh, edges)
    result = np.zeros(len(edges.a), bool)
    w = np.flatnonzero(wanted)
    common = links[edges.a[w]].multiply(links[edges.b[w]]).sum(1)
    degree = np.bincount(mesh.faces.ravel(), minlength=len(mesh.vertices))
    result[w] = (np.asarray(common).ravel() == 2) & (np.minimum(degree[edges.c[w]], degree[edges.d[w]]) > 3)
    return result


def _joined(mesh: TriMesh, edges: Edges, p: Ints, q: Ints) -> Bools:
    """Which pairs of vertices are the ends of an edge already."""
    n = len(mesh.vertices)
    known = np.sort(np.minimum(edges.a, edges.b) * n + np.maximum(edges.a, edges.b))
    key = np.minimum(p, q) * n + np.maximum(p, q)
    result: Bools = known[np.minimum(np.searchsorted(known, key), len(known) - 1)] == key
    return result


def _neighbours(mesh: TriMesh, edges: Edges) -> csr_matrix:
    rows, columns = np.concatenate([edges.a, edges.b]), np.concatenate([edges.b, edges.a])
    n = len(mesh.vertices)
    return csr_matrix((np.ones(len(rows), np.int8), (rows, columns)), shape=(n, n))


def _angle(mesh: TriMesh, at: Ints, p: Ints, q: Ints) -> Floats:
    u, v = mesh.vertices[p] - mesh.vertices[at], mesh.vertices[q] - mesh.vertices[at]
    return np.arctan2(np.linalg.norm(np.cross(u, v), axis=1), np.einsum("ek,ek->e", u, v))
