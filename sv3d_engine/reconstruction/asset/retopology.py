"""Even triangles on the same surface: isotropic remeshing (Botsch & Kobbelt 2004) with sizes that vary gently.

Start from a simplified mesh, whose collapses have put many faces where the surface bends; its sizes, evened out, are
kept.  Edges far from the size wanted there are split or collapsed, edges flip towards Delaunay, and vertices slide to
the middle of their neighbours and back onto the fine surface.  Creases are kept: their edges stay, their vertices
slide along them.
"""

import numpy as np

from ...ground.progress import Progress
from .edge_operations import FAR, TURN, Edges, collapse, edges_of, flip, lengths, split
from .nearest import NearestFaces
from .topology import Bools, Floats, Ints, TriMesh, face_areas, face_normals, linked, needles, vertex_normals

ROUNDS = 2
LONG, SHORT = 1.5, 0.6  # of the size: to be split, to be collapsed
EVENNESS = 3.0  # sizes keep within this factor of their median
EVENING = 2  # times that sizes take the mean of their neighbours
SPECK = 0.15  # of the size: edges so short go even where that joins two creases
CREASE = np.cos(np.radians(40.0))
SHORTEST_CREASE = 6.0  # median edges; shorter ones are noise
FLIP_ROUNDS = 8
OPENING_ROUNDS = 8


def even_out(mesh: TriMesh, fine: NearestFaces, face_budget: int, progress: Progress | None = None) -> TriMesh:
    """A closed manifold of at most ``face_budget`` even faces from one of about as many."""
    progress = progress or Progress()
    size = _sizes(mesh)
    for turn in range(ROUNDS):
        progress(turn / ROUNDS, "Evening out the faces")
        mesh, size = _split_long(mesh, size)
        mesh, size = _collapse_short(mesh, size)
        mesh = _flip_all(mesh)
        mesh = _flip_all(_relax(mesh, fine))
    while len(mesh.faces) > face_budget or needles(mesh).any():
        faces = len(mesh.faces)
        mesh, size = _collapse_surplus(mesh, size, face_budget)
        mesh = _flip_all(mesh)
        if len(mesh.faces) == faces:
            break
    return _fit(_opened(mesh), fine)


# ---- sizes and creases ------------------------------------------------------------------------------------------


def _sizes(mesh: TriMesh) -> Floats:  # (V,)
    """How long edges should be at each vertex: as long as they are, evened out."""
    edges = edges_of(mesh.faces)
    size = np.log(_mean_of_ends(lengths(mesh.vertices, edges), edges, len(mesh.vertices)))
    for _ in range(EVENING):
        size = (size + _mean_of_neighbours(size[:, None], edges)[:, 0]) / 2
    return np.exp(np.clip(size - np.median(size), -np.log(EVENNESS), np.log(EVENNESS)) + np.median(size))


def _creases(mesh: TriMesh, edges: Edges) -> Bools:  # (E,)
    """Sharp edges, but for short ones that hang together with no other."""
    normals = face_normals(mesh)
    sharp = np.einsum("ek,ek->e", normals[edges.sides[:, 0]], normals[edges.sides[:, 1]]) < CREASE
    number, group = linked(len(mesh.vertices), edges.a[sharp], edges.b[sharp])
    length = lengths(mesh.vertices, edges)
    total = np.bincount(group[edges.a[sharp]], length[sharp], number)
    sharp[sharp] = total[group[edges.a[sharp]]] >= SHORTEST_CREASE * np.median(length)
    return sharp


def _crease_degree(mesh: TriMesh, edges: Edges, crease: Bools) -> Ints:  # (V,)
    """Crease edges at each vertex: 0 is free, 2 slides along them, others stay."""
    return np.bincount(edges.ends[crease].ravel(), minlength=len(mesh.vertices))


# ---- the four steps ---------------------------------------------------------------------------------------------


def _split_long(mesh: TriMesh, size: Floats) -> tuple[TriMesh, Floats]:
    while True:
        edges = edges_of(mesh.faces)
        ratio = lengths(mesh.vertices, edges) / size[edges.ends].mean(1)
        if not (ratio > LONG).any():
            return mesh, size
        mesh, ends = split(mesh, edges, np.where(ratio > LONG, -ratio, FAR))
        size = np.concatenate([size, size[ends].mean(1)])


def _collapse_short(mesh: TriMesh, size: Floats) -> tuple[TriMesh, Floats]:
    while True:
        edges = edges_of(mesh.faces)
        ratio = lengths(mesh.vertices, edges) / size[edges.ends].mean(1)
        mesh, size, gone = _collapse(mesh, edges, size, np.where(ratio < SHORT, ratio, FAR), len(ratio))
        if not gone:
            return mesh, size


def _collapse(
    mesh: TriMesh, edges: Edges, size: Floats, key: Floats, most: int, longest: float = LONG
) -> tuple[TriMesh, Floats, int]:
    """Collapse edges by ``key`` without moving creases aside."""
    crease = _creases(mesh, edges)
    degree = _crease_degree(mesh, edges, crease)
    # What may move the least stays where it is; between equals the middle is taken.
    rigid = np.where(degree == 0, 0, np.where(degree == 2, 1, 2))[edges.ends]
    across = (rigid.min(1) > 0) & (~crease | (rigid.min(1) == 2))
    key = np.where(across & (lengths(mesh.vertices, edges) > SPECK * size[edges.ends].mean(1)), FAR, key)
    share = np.where(rigid[:, 0] == rigid[:, 1], 0.5, np.where(rigid[:, 0] > rigid[:, 1], 0.0, 1.0))[:, None]
    target = (1 - share) * mesh.vertices[edges.a] + share * mesh.vertices[edges.b]
    mesh, left, gone = collapse(mesh, edges, key, target, longest * size, most)
    return mesh, size[left], gone


def _collapse_surplus(mesh: TriMesh, size: Floats, face_budget: int) -> tuple[TriMesh, Floats]:
    """Take faces away down to the budget, and needles whatever the budget says."""
    edges = edges_of(mesh.faces)
    ratio = lengths(mesh.vertices, edges) / size[edges.ends].mean(1)
    thin = needles(mesh)[edges.sides].any(1)
    surplus = max(len(mesh.faces) - face_budget + 1, 0) // 2
    if not surplus:
        ratio = np.where(thin, ratio, FAR)
    mesh, size, _ = _collapse(mesh, edges, size, np.where(thin, ratio / 100, ratio), max(surplus, int(thin.sum())), 4.0)
    return mesh, size


def _opened(mesh: TriMesh) -> TriMesh:
    """Corners of needles that cannot be collapsed go towards their neighbours' mean, which gives those a width."""
    for _ in range(OPENING_ROUNDS):
        thin = needles(mesh)
        if not thin.any():
            break
        corners = np.unique(mesh.faces[thin])
        vertices = mesh.vertices.copy()
        vertices[corners] = (vertices + _mean_of_neighbours(vertices, edges_of(mesh.faces)))[corners] / 2
        mesh = _without_folds(mesh, vertices)
    return mesh


def _flip_all(mesh: TriMesh) -> TriMesh:
    for _ in range(FLIP_ROUNDS):
        edges = edges_of(mesh.faces)
        mesh, flipped = flip(mesh, edges, _creases(mesh, edges))
        if not flipped:
            break
    return mesh


def _relax(mesh: TriMesh, fine: NearestFaces) -> TriMesh:
    """Vertices go towards the middle of the faces round them, along the surface, then back onto the fine one."""
    edges = edges_of(mesh.faces)
    crease = _creases(mesh, edges)
    degree = _crease_degree(mesh, edges, crease)
    along = Edges(*(getattr(edges, name)[crease] for name in ("half", "mate", "a", "b", "c", "d")))
    normals = vertex_normals(mesh)
    step = _mean_of_faces(mesh) - mesh.vertices
    step -= np.einsum("vk,vk->v", step, normals)[:, None] * normals
    sliding = _mean_of_neighbours(mesh.vertices, along) - mesh.vertices
    step = np.where((degree == 0)[:, None], step, np.where((degree == 2)[:, None], sliding / 2, 0.0))
    vertices = mesh.vertices + step
    free = degree == 0
    vertices[free] += _offsets(fine, vertices[free], normals[free])[:, None] * normals[free]
    return _without_folds(mesh, vertices)


def _fit(mesh: TriMesh, fine: NearestFaces, passes: int = 2) -> TriMesh:
    """Shift vertices along their normals so that faces neither cut bulges off nor bridge hollows, on the whole."""
    for _ in range(passes):
        normals, of_face = vertex_normals(mesh), face_normals(mesh)
        at_middle = _offsets(fine, mesh.corners.mean(1), of_face)
        at_corner = _offsets(fine, mesh.vertices, normals)
        count = np.bincount(mesh.faces.ravel(), minlength=len(mesh.vertices))
        round_corner = np.bincount(mesh.faces.ravel(), np.repeat(at_middle, 3), len(mesh.vertices)) / count
        shift = 0.75 * round_corner + 0.25 * at_corner  # a triangle's quadrature for quadratic functions
        mesh = _without_folds(mesh, mesh.vertices + shift[:, None] * normals)
    return mesh


def _offsets(fine: NearestFaces, points: Floats, normals: Floats) -> Floats:  # (P, 3), (P, 3) -> (P,)
    """How far the fine surface lies along the normals; 0 where it has no point near."""
    nearest = fine.nearest(points, normals, np.arange(len(points)))
    found = nearest.face >= 0
    offset = np.zeros(len(points))
    offset[found] = np.einsum("pk,pk->p", fine.at(nearest.of(found)) - points[found], normals[found])
    return offset


def _without_folds(mesh: TriMesh, vertices: Floats) -> TriMesh:
    """The mesh with its vertices moved, but for those of faces that would turn over or become needles."""
    before, thin = face_normals(mesh), needles(mesh)
    vertices = vertices.copy()
    for _ in range(4):
        moved = TriMesh(vertices, mesh.faces)
        bad = ((np.einsum("fk,fk->f", before, face_normals(moved)) < TURN) | needles(moved)) & ~thin
        if not bad.any():
            return moved
        back = np.unique(mesh.faces[bad])
        vertices[back] = mesh.vertices[back]
    return mesh


# ---- means ------------------------------------------------------------------------------------------------------


def _mean_of_ends(values: Floats, edges: Edges, number: int) -> Floats:
    """Each vertex's mean over its edges."""
    ends = edges.ends.ravel()
    return np.bincount(ends, np.repeat(values, 2), number) / np.bincount(ends, minlength=number)


def _mean_of_neighbours(values: Floats, edges: Edges) -> Floats:  # (V, C) -> (V, C)
    count = np.maximum(np.bincount(edges.ends.ravel(), minlength=len(values)), 1)
    start, end = np.concatenate([edges.a, edges.b]), np.concatenate([edges.b, edges.a])
    return np.stack([np.bincount(start, column[end], len(values)) / count for column in values.T], 1)


def _mean_of_faces(mesh: TriMesh) -> Floats:  # (V, 3)
    """The centroid of the faces round each vertex, by area."""
    area = np.repeat(face_areas(mesh), 3)
    corner = mesh.faces.ravel()
    total = np.bincount(corner, area, len(mesh.vertices))
    middle = np.repeat(mesh.corners.mean(1), 3, 0)
    return np.stack([np.bincount(corner, area * m, len(mesh.vertices)) for m in middle.T], 1) / total[:, None]
