"""What a known object looks like from views that nobody reconstructs from: pictures on disk, or drawn by rays."""

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from ...ground.colour import from_srgb_bytes
from ...orbit.cameras import CameraOrbit, View
from ...reconstruction.asset.topology import Floats
from ...shared.errors import UserError
from .ray_caster import RayCaster
from .scored_mesh import ScoredMesh

SUPERSAMPLE = 3  # rays along each side of a pixel
ORBITS = ("orbit_dynamic", "orbit_static")  # in cameras.json, and the folders of frames; by preference
VIEWS = "eval"  # in cameras.json, and the folder of lit pictures
ALBEDO, NORMALS = "eval_albedo", "eval_normal"
_BAND = 256  # rows of rays at once

Pictures = NDArray[np.floating]  # (N, S, S, C)


@dataclass(frozen=True)
class Layers:
    """What cameras see of a mesh without light."""

    colour: Pictures  # (N, S, S, 3) linear base colour of the covered part
    coverage: Floats  # (N, S, S) in [0, 1]
    normals: Pictures  # (N, S, S, 3) unit, turned to the camera


@dataclass(frozen=True)
class TrueViews:
    """Views of a known object: its base colour, and its normals and lit pictures where these are there."""

    orbit: CameraOrbit
    size: int
    albedo: Layers | None  # as on disk, without normals; None = to be drawn from the true mesh
    normals: Pictures | None  # (N, S, S, 3) unit
    lit: Pictures | None  # (N, S, S, 4) sRGB in [0, 1], straight alpha


def read_true_views(source: Path) -> TrueViews:
    """Those of an object's folder, as its cameras.json names them.  Raises UserError without any."""
    described = json.loads((source / "cameras.json").read_text(encoding="utf-8"))
    named = described.get(VIEWS)
    if not named:
        raise UserError(
            f"{source / 'cameras.json'} names no views to compare at.",
            f"Add “{VIEWS}”: a list of elevation and azimuth, as “orbit_dynamic” has it.",
        )
    views = tuple(
        View(Path(v.get("file", f"{i:03d}.png")).name, v["elevation"], v["azimuth"]) for i, v in enumerate(named)
    )
    orbit = CameraOrbit(described["fov_deg"], described["distance"], views)
    size = int(described["resolution"][0])
    albedo, normals, lit = (_read(source / folder, views) for folder in (ALBEDO, NORMALS, VIEWS))
    flat = None
    if albedo is not None:
        bytes_ = np.rint(albedo[..., :3] * 255).astype(np.uint8)
        flat = Layers(from_srgb_bytes(bytes_), albedo[..., 3], np.zeros((*albedo.shape[:3], 0)))
    if normals is not None:
        normals = unit(normals[..., :3] * 2 - 1, 1e-6)
    return TrueViews(orbit, size, flat, normals, lit)


def draw(mesh: ScoredMesh, rays: RayCaster, orbit: CameraOrbit, size: int, supersample: int = SUPERSAMPLE) -> Layers:
    """A mesh from every view of an orbit, averaged over ``supersample``² rays a pixel."""
    seen = [_draw_one(mesh, rays, orbit, i, size, supersample) for i in range(len(orbit.views))]
    colour, coverage, normals = (np.stack(layer) for layer in zip(*seen, strict=True))
    return Layers(colour, coverage, normals)


def _draw_one(
    mesh: ScoredMesh, rays: RayCaster, orbit: CameraOrbit, index: int, size: int, supersample: int
) -> tuple[Pictures, Floats, Pictures]:
    eye = orbit.positions()[index].double().numpy()
    axes = orbit.rotations()[index].double().numpy()
    fine, tangent = size * supersample, orbit.tan_half_fov
    colour, normals = (np.zeros((fine * fine, 3), np.float32) for _ in range(2))
    coverage = np.zeros(fine * fine, np.float32)
    left, right, top, bottom = _bounds((mesh.vertices - eye) @ axes.T, tangent, fine)
    for start in range(top, bottom, _BAND):
        rows, columns = np.mgrid[start : min(start + _BAND, bottom), left:right].reshape(2, -1)
        if not len(rows):
            continue
        x, y = ((columns + 0.5) / fine * 2 - 1) * tangent, (1 - (rows + 0.5) / fine * 2) * tangent
        directions = unit(x[:, None] * axes[0] + y[:, None] * axes[1] - axes[2])
        face, weights = rays.first(np.broadcast_to(eye, directions.shape), directions)
        hit = np.flatnonzero(face >= 0)
        face, weights, pixel = face[hit], weights[hit], rows[hit] * fine + columns[hit]
        colour[pixel], coverage[pixel] = mesh.colour(face, weights), 1
        smooth = unit((mesh.normals[mesh.faces[face]] * weights[..., None]).sum(1))
        away = (mesh.face_normals[face] * directions[hit]).sum(1) > 0
        normals[pixel] = np.where(away[:, None], -smooth, smooth)

    def averaged(layer: NDArray[np.float32]) -> NDArray[np.float32]:  # (S, S, C)
        rows = layer.reshape(size, supersample, size, supersample, -1)
        parts = [rows[:, i, :, j] for i in range(supersample) for j in range(supersample)]  # quicker than mean((1, 3))
        return np.asarray(sum(parts[1:], parts[0]) / np.float32(len(parts)))

    share = averaged(coverage)
    return averaged(colour) / np.maximum(share, 1e-6), share[..., 0], unit(averaged(normals), 1e-6)


def _bounds(camera: Floats, tangent: float, size: int) -> tuple[int, int, int, int]:
    """Columns and rows, from and to, that vertices (V, 3) in camera axes reach: rays elsewhere meet nothing."""
    depth = -camera[:, 2]
    if depth.min() <= 1e-3:
        return 0, size, 0, size
    x, y = ((sign * camera[:, k] / depth / tangent + 1) / 2 * size for k, sign in ((0, 1), (1, -1)))
    left, right, top, bottom = np.clip([x.min() - 2, x.max() + 3, y.min() - 2, y.max() + 3], 0, size).astype(int)
    return int(left), int(right), int(top), int(bottom)


def unit(vectors: Pictures, least: float = 1e-12) -> Pictures:  # (..., 3)
    """Vectors of length 1; those shorter than ``least`` stay short."""
    return vectors / np.maximum(np.linalg.norm(vectors, axis=-1, keepdims=True), least)


def _read(folder: Path, views: tuple[View, ...]) -> Pictures | None:
    """RGBA in [0, 1] of all views, None unless every one is there."""
    files = [folder / view.file for view in views]
    if not all(file.is_file() for file in files):
        return None
    pictures = []
    for file in files:
        with Image.open(file) as picture:
            pictures.append(np.asarray(picture.convert("RGBA"), np.float32) / 255)
    return np.stack(pictures)
