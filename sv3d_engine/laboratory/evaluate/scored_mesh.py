"""A mesh file as it is scored: triangles, normals and base colour as the file has them, in the benchmark's world.

World: Z up, front on +X.  glTF is turned there from its own axes; other files are taken as Z up already.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...ground.colour import from_srgb_bytes, to_linear_array
from ...reconstruction.asset.topology import Floats, Ints, unit
from ...shared.errors import UserError
from ..dataset.model_files import Front, to_world
from ..dataset.placed_meshes import PlacedMesh, placed_meshes

_GLTF = (".glb", ".gltf")
_WELDED = 6  # decimals within which corners are one place, where the file names no normals


@dataclass(frozen=True)
class Coat:
    """Base colour of the triangles of one material: texture × factor, or colours of the vertices × factor."""

    faces: Ints  # (F, 3) into uv and colours
    factor: NDArray[np.float32]  # (3,) linear
    texture: NDArray[np.float32] | None = None  # (H, W, 3) linear
    uv: Floats | None = None  # (V, 2), v up
    colours: NDArray[np.float32] | None = None  # (V, 3) linear

    def __call__(self, face: Ints, weights: Floats) -> NDArray[np.float32]:
        """Linear colours (P, 3) in faces (P,) by weights (P, 3) of their corners."""
        corners = self.faces[face]
        if self.texture is not None and self.uv is not None:
            colour = _bilinear(self.texture, (self.uv[corners] * weights[..., None]).sum(1))
        elif self.colours is not None:
            colour = (self.colours[corners] * weights[..., None].astype(np.float32)).sum(1)
        else:
            colour = np.ones((len(face), 3), np.float32)
        return colour * self.factor


@dataclass(frozen=True)
class ScoredMesh:
    """Triangles with one coat for each of their materials."""

    vertices: Floats  # (V, 3) float64
    faces: Ints  # (F, 3)
    normals: Floats  # (V, 3) unit
    coats: Sequence[Coat]
    coat: Ints  # (F,) which
    place: Ints  # (F,) the face's number in its coat

    @cached_property
    def corners(self) -> Floats:  # (F, 3, 3)
        """Positions of each face's corners."""
        return self.vertices[self.faces]

    @cached_property
    def face_normals(self) -> Floats:  # (F, 3)
        """Perpendicular to each face, as long as its area is large, twice."""
        a, b, c = self.corners.swapaxes(0, 1)
        return np.cross(b - a, c - a)

    def moved(self, scale: float, rotation: Floats, shift: Floats) -> "ScoredMesh":
        """The same after x → scale · rotation · x + shift."""
        turned = scale * self.vertices @ rotation.T + shift
        return replace(self, vertices=turned, normals=self.normals @ rotation.T)

    def colour(self, face: Ints, weights: Floats) -> NDArray[np.float32]:
        """Linear base colours (P, 3) in faces (P,) by weights (P, 3)."""
        colours = np.zeros((len(face), 3), np.float32)
        for number, coat in enumerate(self.coats):
            of_coat = self.coat[face] == number
            if of_coat.any():
                colours[of_coat] = coat(self.place[face[of_coat]], weights[of_coat])
        return colours


def read_scored(path: Path, front: Front = "x") -> ScoredMesh:
    """Every triangle of a GLB, glTF, OBJ or PLY file.  Raises UserError for a file that is no mesh."""
    import trimesh

    gltf = path.suffix.lower() in _GLTF
    try:
        scene: Any = trimesh.load_scene(path, process=False)
    except Exception as error:  # a damaged file fails in as many ways as there are parsers
        raise _no_mesh(path, repr(error)) from error
    parts = [_part(placed, srgb=not gltf) for placed in placed_meshes(scene)]
    if not parts:
        raise _no_mesh(path, "no triangles")
    starts = np.cumsum([0, *(len(part.vertices) for part in parts)])
    vertices = np.concatenate([part.vertices for part in parts])
    faces = np.concatenate([part.coat.faces + start for part, start in zip(parts, starts, strict=False)])
    if not np.isfinite(vertices).all():
        raise _no_mesh(path, "coordinates that are not finite")
    if gltf:
        vertices = to_world(vertices, front)
    if all(part.normals is not None for part in parts):
        normals = unit(np.concatenate([part.normals for part in parts if part.normals is not None]))
        normals = to_world(normals, front) if gltf else normals
    else:
        normals = _smooth_normals(vertices, faces)
    counts = [len(part.coat.faces) for part in parts]
    return ScoredMesh(
        vertices,
        faces,
        normals,
        [part.coat for part in parts],
        np.repeat(np.arange(len(parts)), counts),
        np.concatenate([np.arange(count) for count in counts]),
    )


@dataclass(frozen=True)
class _Part:
    """What one node of a file's scene shows."""

    vertices: Floats
    normals: Floats | None  # as long as they like
    coat: Coat


def _part(placed: PlacedMesh, srgb: bool) -> _Part:
    normals = None
    if "vertex_normals" in placed.mesh._cache.cache:  # trimesh's only word on whether the file had any
        normals = np.asarray(placed.mesh.vertex_normals, np.float64) @ np.linalg.inv(placed.turn)
    return _Part(placed.vertices, normals, _coat(placed.mesh, placed.faces, srgb))


def _coat(mesh: Any, faces: Ints, srgb: bool) -> Coat:
    """Base colour of one mesh; colours of vertices are linear in glTF, and ``srgb`` elsewhere."""
    one = np.ones(3, np.float32)
    kind = mesh.visual.kind
    if kind in ("vertex", "face"):
        return Coat(faces, one, colours=_as_linear(mesh.visual.vertex_colors, srgb))
    if kind != "texture":
        return Coat(faces, one)
    material = mesh.visual.material
    picture = getattr(material, "baseColorTexture", None) or getattr(material, "image", None)
    factor = getattr(material, "baseColorFactor", None)
    if factor is not None:
        factor = _unit_range(factor)  # linear in the file
    elif picture is None and not hasattr(material, "baseColorFactor"):
        factor = _as_linear(getattr(material, "diffuse", [255, 255, 255]), srgb=True)  # of an OBJ
    else:
        factor = one
    if picture is not None and mesh.visual.uv is not None:
        texture = from_srgb_bytes(np.asarray(picture.convert("RGB")))
        return Coat(faces, factor, texture, np.asarray(mesh.visual.uv, np.float64))
    painted = (mesh.visual.vertex_attributes or {}).get("color")
    if painted is not None and len(painted) == len(mesh.vertices):
        return Coat(faces, factor, colours=_as_linear(painted, srgb))
    return Coat(faces, factor)


def _unit_range(colours: Any) -> NDArray[np.float32]:  # (..., 3)
    """Red, green and blue in [0, 1], of bytes or of such already."""
    values = np.asarray(colours)[..., :3]
    return values.astype(np.float32) / np.float32(255 if values.dtype.kind in "ui" else 1)


def _as_linear(colours: Any, srgb: bool) -> NDArray[np.float32]:  # (..., 3)
    values = _unit_range(colours)
    if not srgb:
        return values
    return to_linear_array(values).astype(np.float32)


def _bilinear(texture: NDArray[np.float32], uv: Floats) -> NDArray[np.float32]:  # (P, 3)
    """A repeating texture (H, W, 3) at uv (P, 2), v up."""
    height, width = texture.shape[:2]
    x, y = uv[:, 0] * width - 0.5, (1 - uv[:, 1]) * height - 0.5
    left, top = np.floor(x).astype(np.int64), np.floor(y).astype(np.int64)
    across, down = ((v - whole)[:, None].astype(np.float32) for v, whole in ((x, left), (y, top)))
    right, below = (left + 1) % width, (top + 1) % height
    left, top = left % width, top % height
    above = texture[top, left] * (1 - across) + texture[top, right] * across
    beneath = texture[below, left] * (1 - across) + texture[below, right] * across
    return np.asarray(above * (1 - down) + beneath * down, np.float32)


def _smooth_normals(vertices: Floats, faces: Ints) -> Floats:  # (V, 3)
    """Area-weighted normals; vertices at one place have one."""
    _, place = np.unique(np.round(vertices, _WELDED), axis=0, return_inverse=True)
    place = place.reshape(-1)
    a, b, c = (vertices[faces[:, k]] for k in range(3))
    total = np.zeros((place.max() + 1, 3))
    for corner in range(3):
        np.add.at(total, place[faces[:, corner]], np.cross(b - a, c - a))
    return unit(total[place])


def _no_mesh(path: Path, details: str) -> UserError:
    return UserError(f"{path.name} cannot be read as a mesh.", "Give a GLB, glTF, OBJ or PLY file.", details)
