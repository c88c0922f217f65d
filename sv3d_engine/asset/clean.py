"""Raw triangles of a reconstruction → the surface an artist wants: closed, outward, no floaters, nothing inside."""

import numpy as np

from ..errors import UserError
from ..progress import Progress
from .repair import WELD, close_surface, weld
from .topology import Bools, Floats, Ints, TriMesh, compact, face_areas, face_components, face_volumes, mates

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


def keep_visible_pieces(mesh: TriMesh) -> TriMesh:
    """Closed pieces that are neither floaters nor inside another piece, each turned outward."""
    number, piece = face_components(mates(mesh))
    area = np.bincount(piece, face_areas(mesh), number)
    volume = np.bincount(piece, face_volumes(mesh), number)
    size = np.abs(volume)
    large = (area >= FLOATER_AREA * area.max()) | (size >= FLOATER_VOLUME * size.max())
    solid = size > 1e-12 * mesh.diagonal**3  # flaps folded onto themselves enclose nothing
    keep = large & solid
    keep[keep] = ~_hidden(mesh, piece, np.flatnonzero(keep), size)
    inverted = volume[piece] < 0
    faces = np.where(inverted[:, None], mesh.faces[:, ::-1], mesh.faces)
    return compact(TriMesh(mesh.vertices, faces[keep[piece]]))


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
