"""Raw triangles → the surface an artist wants: closed, outward, without floaters, within a face budget."""

from dataclasses import dataclass

import fast_simplification
import numpy as np

from ...ground.progress import Progress
from ...shared.errors import UserError
from .nearest import NearestFaces
from .repair import WELD, close_surface, weld
from .retopology import even_out
from .topology import (
    Bools,
    Floats,
    Ints,
    TriMesh,
    compact,
    face_areas,
    face_components,
    face_volumes,
    is_closed_manifold,
    mates,
)

# A piece below both shares of the largest piece is a floater: a ball of a twelfth of its size, or a smaller shred.
FLOATER_AREA = 0.007
FLOATER_VOLUME = 0.001
PROBES = 16  # points of a piece that must all lie inside another for it to count as hidden


def clean(mesh: TriMesh, progress: Progress | None = None) -> TriMesh:
    """Watertight outward-facing 2-manifold without floaters and inner shells.

    Raises UserError if nothing solid is left.
    """
    progress = progress or Progress()
    progress(0.0, "Cleaning the mesh")
    finite = np.all(np.isfinite(mesh.vertices), axis=1)
    mesh = compact(TriMesh(mesh.vertices.astype(np.float64), mesh.faces[np.all(finite[mesh.faces], axis=1)]))
    if len(mesh.faces):
        mesh = weld(mesh, WELD * mesh.diagonal)
        progress(0.3)
        mesh = close_surface(mesh)
        progress(0.6)
    if len(mesh.faces):
        mesh = keep_visible_pieces(mesh)
    progress(1.0)
    if not len(mesh.faces):
        raise UserError(
            "The reconstruction contains no solid surface.",
            "Check that the object is visible in all frames and that the background is white or transparent.",
        )
    return mesh


@dataclass(frozen=True)
class Pieces:
    """The connected pieces of a mesh: P of them, and which an artist would throw away."""

    of_face: Ints  # (F,) each face's piece
    volume: Floats  # (P,) signed: below zero where the piece is inside out
    debris: Bools  # (P,) floaters, and flaps that enclose nothing
    inner: Bools  # (P,) that lie wholly inside another piece


def pieces(mesh: TriMesh) -> Pieces:
    """Tell the parts of a consistently oriented mesh from floaters and inner shells."""
    number, piece = face_components(mates(mesh))
    area = np.bincount(piece, face_areas(mesh), number)
    volume = np.bincount(piece, _volumes_from_the_middle(mesh, piece, number), number).astype(np.float64)
    size = np.abs(volume)
    large = (area >= FLOATER_AREA * area.max()) | (size >= FLOATER_VOLUME * size.max())
    solid = size > 1e-12 * mesh.diagonal**3  # flaps folded onto themselves enclose nothing
    debris = ~(large & solid)
    inner = np.zeros(number, bool)
    inner[~debris] = _hidden(mesh, piece, np.flatnonzero(~debris), size)
    return Pieces(piece, volume, debris, inner)


def keep_visible_pieces(mesh: TriMesh) -> TriMesh:
    """Closed pieces that are neither floaters nor inside another piece, each turned outward."""
    found = pieces(mesh)
    inverted = found.volume[found.of_face] < 0
    faces = np.where(inverted[:, None], mesh.faces[:, ::-1], mesh.faces)
    return compact(TriMesh(mesh.vertices, faces[~(found.debris | found.inner)[found.of_face]]))


def _volumes_from_the_middle(mesh: TriMesh, piece: Ints, number: int) -> Floats:  # (F,)
    """Each face's share of its piece's volume, as seen from the piece's middle: open pieces have a sign, too."""
    count = np.bincount(piece, minlength=number)
    middle = np.stack([np.bincount(piece, mesh.corners[:, :, k].mean(1), number) / count for k in range(3)], 1)
    corners = mesh.corners - middle[piece][:, None]
    return np.einsum("fk,fk->f", corners[:, 0], np.cross(corners[:, 1], corners[:, 2])) / 6


def _hidden(mesh: TriMesh, piece: Ints, candidates: Ints, size: Floats) -> Bools:  # (len(candidates),)
    """Which candidate pieces lie wholly inside a larger one."""
    faces = [mesh.faces[piece == c] for c in candidates]
    boxes = [(mesh.vertices[f.ravel()].min(0), mesh.vertices[f.ravel()].max(0)) for f in faces]
    hidden = np.zeros(len(candidates), bool)
    for i in np.argsort(size[candidates], kind="stable"):
        corners = np.unique(faces[i])
        probes = mesh.vertices[corners[np.linspace(0, len(corners) - 1, PROBES).astype(int)]]
        for j in range(len(candidates)):
            larger = size[candidates[j]] > size[candidates[i]] and not hidden[j]
            boxed = (boxes[j][0] <= boxes[i][0]).all() and (boxes[i][1] <= boxes[j][1]).all()
            if larger and boxed and (np.abs(winding_numbers(probes, mesh.vertices[faces[j]])) > 0.5).all():
                hidden[i] = True
                break
    return hidden


def winding_numbers(points: Floats, triangles: Floats) -> Floats:  # (P, 3), (F, 3, 3) -> (P,)
    """How often the triangles go round each point: 1 inside a closed outward surface, 0 outside (van Oosterom 1983)."""
    result = np.empty(len(points))
    for i, point in enumerate(points):
        a, b, c = np.moveaxis(triangles - point, 1, 0)
        la, lb, lc = (np.linalg.norm(x, axis=1) for x in (a, b, c))
        numerator = np.einsum("ij,ij->i", a, np.cross(b, c))
        denominator = la * lb * lc + (a * b).sum(1) * lc + (b * c).sum(1) * la + (c * a).sum(1) * lb
        result[i] = np.arctan2(numerator, denominator).sum() / (2 * np.pi)
    return result


MAX_VOLUME_LOSS = 0.01  # a share; more means that collapses ate a thin part
# The library's "aggressiveness": how fast its error threshold grows from pass to pass.  2 instead of its default 7
# takes the collapses nearly in order of error and is five times nearer to the surface, but may stop above the budget.
HASTE = (2, 4, 7)
RETRY_FACTOR = 1.5  # how much the budget grows when they did


def simplify(mesh: TriMesh, face_budget: int, progress: Progress | None = None) -> TriMesh:
    """A closed, outward 2-manifold of at most ``face_budget`` even faces, if the shape can be kept with so few.

    Collapses do not look at the topology round an edge and can pinch thin parts, so the result is repaired;
    if it has lost volume then fewer collapses are made.  At worst the mesh comes back as it was.
    """
    progress = progress or Progress()
    budget = face_budget
    while budget < len(mesh.faces):
        progress(0.5 * (1 - budget / len(mesh.faces)), f"Simplifying to {budget:,} faces")
        simplified = _collapse(mesh, budget)
        if _is_the_same_solid(simplified, mesh):
            break
        budget = int(budget * RETRY_FACTOR) + 1
    else:
        simplified, budget = mesh, len(mesh.faces)
    evened = even_out(simplified, NearestFaces(mesh), budget, progress.part(0.5, 1.0))
    progress(1.0)
    return evened if _is_the_same_solid(evened, mesh) else simplified


def _is_the_same_solid(mesh: TriMesh, model: TriMesh) -> bool:
    """Closed, and of the same volume but for MAX_VOLUME_LOSS."""
    if not is_closed_manifold(mesh.faces):
        return False
    volume = float(face_volumes(model).sum())
    return bool(abs(float(face_volumes(mesh).sum()) - volume) <= MAX_VOLUME_LOSS * volume)


def _collapse(mesh: TriMesh, budget: int) -> TriMesh:
    # The library compares errors with absolute thresholds, so it is shown a mesh of unit size.
    centre, scale = mesh.vertices.mean(0), mesh.diagonal
    vertices, faces = (mesh.vertices - centre) / scale, mesh.faces.astype(np.int32)
    for haste in HASTE:
        vertices, faces = fast_simplification.simplify(vertices, faces, target_count=budget, agg=haste)
        if len(faces) <= budget:
            break
    collapsed = TriMesh(np.asarray(vertices, np.float64) * scale + centre, np.asarray(faces, np.int64))
    if not is_closed_manifold(collapsed.faces):
        collapsed = close_surface(collapsed)
        collapsed = keep_visible_pieces(collapsed) if len(collapsed.faces) else collapsed
    return compact(collapsed)
