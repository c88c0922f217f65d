"""How much of their volume two shapes share, by voxels."""

import numpy as np
from scipy import ndimage

from ...reconstruction.asset.topology import Bools, Floats
from .scored_mesh import ScoredMesh

GRID = 128  # voxels along a side
SHUT = 2  # voxels by which the surface is grown: openings up to twice as wide count as shut
_LEAST, _MOST = 0.55, 2.0  # half sides of the cube
_AT_ONCE = 2_000_000  # points


def volume_figures(made: ScoredMesh, true: ScoredMesh, grid: int = GRID) -> dict[str, float]:
    """Intersection over union, with and without small openings shut, and both volumes.

    A voxel is inside if the surface touches it or the outside cannot reach it.
    """
    half = float(np.clip(1.02 * np.abs(made.vertices).max(), _LEAST, _MOST))
    pitch = 2 * half / grid
    surfaces = [touched(mesh.corners, -half, pitch, grid) for mesh in (made, true)]
    shut, open_ = [filled(s, SHUT) for s in surfaces], [filled(s) for s in surfaces]
    return {
        "volume_iou": iou(*shut),
        "volume_pred": float(shut[0].sum() * pitch**3),
        "volume_gt": float(shut[1].sum() * pitch**3),
        "voxel": pitch,
        "volume_iou_open": iou(*open_),
    }


def iou(a: Bools, b: Bools) -> float:
    """Intersection over union; 0 where both are empty."""
    return float((a & b).sum() / max((a | b).sum(), 1))


def touched(corners: Floats, low: float, pitch: float, grid: int) -> Bools:  # (F, 3, 3) -> (N, N, N)
    """Voxels of a cube from ``low`` that triangles touch: points on each are at most half a voxel apart."""
    voxels = np.zeros((grid, grid, grid), bool)
    a, b, c = np.asarray(corners, np.float64).swapaxes(0, 1)
    longest = np.max([np.linalg.norm(p - q, axis=1) for p, q in ((b, a), (c, b), (a, c))], axis=0)
    parts = np.maximum(1, np.ceil(longest / (pitch * 0.5))).astype(int)
    parts = np.where(parts > 1, 2 ** np.ceil(np.log2(parts)).astype(int), parts)  # few sizes: each is one batch
    for size in np.unique(parts):
        i, j = np.meshgrid(np.arange(size + 1), np.arange(size + 1), indexing="ij")
        within = i + j <= size
        u, v = (i[within] / size)[None, :, None], (j[within] / size)[None, :, None]
        faces = np.flatnonzero(parts == size)
        for chunk in np.array_split(faces, -(-len(faces) * u.size // _AT_ONCE)):
            points = a[chunk, None] * (1 - u - v) + b[chunk, None] * u + c[chunk, None] * v
            place = np.floor((points.reshape(-1, 3) - low) / pitch).astype(int)
            x, y, z = place[((place >= 0) & (place < grid)).all(1)].T
            voxels[x, y, z] = True
    return voxels


def filled(surface: Bools, shut: int = 0) -> Bools:  # (N, N, N) -> (N, N, N)
    """The surface's voxels and all that the outside cannot reach through faces of voxels.

    The outside floods round the surface grown by ``shut`` voxels, and grows back afterwards.
    """
    margin = shut + 1
    padded = np.pad(surface, margin)
    wall = ndimage.binary_dilation(padded, iterations=shut) if shut else padded
    rooms, _ = ndimage.label(~wall)
    outside = rooms == rooms[0, 0, 0]
    if shut:
        outside = ndimage.binary_dilation(outside, iterations=shut) & ~padded
    inner = slice(margin, -margin)
    return ~outside[inner, inner, inner]
