"""The engine's GLB as arrays that Blender takes as they are.

Blender's own importer takes most of a second for a mesh, during which nothing can be clicked; this reads in a thread,
and what is left for Blender are copies of arrays.
"""

import json
import struct
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...sv3d_engine.shared.errors import UserError
from .place import Box, box_of
from .png_check import check_png
from .quads import pair_triangles

Floats = NDArray[np.float32]
Ints = NDArray[np.int32]

# Degrees by which the file's normals must differ from Blender's own, on average over the surface, to be kept: custom
# normals outlast no modifier and no sculpting, and below this nobody sees them.
TELLING_NORMALS = 1.0

_COMPONENTS = {5121: "<u1", 5123: "<u2", 5125: "<u4", 5126: "<f4"}
_WIDTHS = {"SCALAR": 1, "VEC2": 2, "VEC3": 3, "VEC4": 4}
_SAME_PLACE, _SAME_NORMAL = 1e-6, 1e-4  # in UV, and of unit normals
_FURTHEST = 1e6  # metres
# What reading raises where the file is not as the engine writes it.
_DAMAGE = (
    ValueError,
    LookupError,
    TypeError,
    AttributeError,
    ArithmeticError,
    struct.error,
    RecursionError,
    MemoryError,
)


@dataclass(frozen=True)
class Surface:
    """The file's one material; pictures as they are in the file."""

    base_color: bytes | None
    orm: bytes | None  # occlusion, roughness, metallic
    normal: bytes | None
    roughness: float
    metallic: float


@dataclass(frozen=True)
class Asset:
    """A mesh standing on the ground with its front towards −Y, whole again where glTF parts it.

    glTF repeats points along the seams of the texture and along sharp edges.
    """

    vertices: Floats  # (V, 3)
    corners: Ints  # (L,) the vertex of each face corner
    starts: Ints  # (F,) each face's first corner
    edges: Ints  # (E, 2)
    corner_edges: Ints  # (L,)
    seams: NDArray[np.bool_]  # (E,) along the charts of the UV map
    sharp: NDArray[np.bool_]  # (E,) where shading is not smooth
    uv: Floats | None  # (L, 2)
    normals: Floats | None  # (L, 3), only where they tell something that shape and sharp edges do not
    smooth: bool
    confidence: Floats | None  # (V,) in [0, 1]
    surface: Surface
    foot: float  # how far the lowest point lay below the origin in the file
    box: Box


def read_asset(path: Path, *, quads: bool = False) -> Asset:
    """The one mesh of a GLB.  With ``quads``, triangles are joined in pairs where that leaves good faces.

    Raises UserError, also for numbers that would lead out of the file or the mesh.
    """
    try:
        return _read(_Glb(path.read_bytes()), quads)
    except UserError:
        raise
    except (OSError, *_DAMAGE) as error:
        raise UserError(
            "The finished mesh is damaged: it could not be read.", "Generate the mesh again.", f"{path}: {error!r}"
        ) from error


class _Glb:
    """A GLB's document and numbers."""

    def __init__(self, data: bytes) -> None:
        magic, version, _, length, kind = struct.unpack_from("<4s4I", data)
        if magic != b"glTF" or version != 2 or kind != 0x4E4F534A:
            raise ValueError("not a GLB of version 2")
        self.document: dict[str, Any] = json.loads(data[20 : 20 + length])
        self._binary = data[20 + length + 8 :]

    def view(self, number: int) -> bytes:
        place = self.document["bufferViews"][number]
        start, length = place.get("byteOffset", 0), place["byteLength"]
        if not 0 <= start <= start + length <= len(self._binary):
            raise ValueError("a view reaches out of the file")
        return self._binary[start : start + length]

    def values(self, number: int) -> NDArray[Any]:  # (N, C)
        accessor = self.document["accessors"][number]
        kind, width = _COMPONENTS[accessor["componentType"]], _WIDTHS[accessor["type"]]
        if accessor["count"] < 1:
            raise ValueError("an accessor without values")
        found = np.frombuffer(self.view(accessor["bufferView"]), kind, accessor["count"] * width)
        if not np.isfinite(found).all():
            raise ValueError("a number is not finite")
        return found.reshape(-1, width)

    def picture(self, texture: dict[str, Any] | None) -> bytes | None:
        if texture is None:
            return None
        image = self.document["images"][self.document["textures"][texture["index"]]["source"]]
        data = self.view(image["bufferView"])
        check_png(data)
        return data


def _read(glb: _Glb, quads: bool) -> Asset:
    (mesh,), (node,) = glb.document["meshes"], (n for n in glb.document["nodes"] if "mesh" in n)
    (primitive,) = mesh["primitives"]
    named = primitive["attributes"]
    points = _turned(glb.values(named["POSITION"]) @ _linear(node).T + np.asarray(node.get("translation", [0, 0, 0])))
    faces = glb.values(primitive["indices"]).astype(np.int64).reshape(-1, 3)
    if not len(faces) or faces.min() < 0 or faces.max() >= len(points):
        raise ValueError("a face has no vertex")
    if not np.abs(points).max() < _FURTHEST:
        raise ValueError("a place is out of reach")
    normals = _turned(glb.values(named["NORMAL"])) if "NORMAL" in named else None
    uv = glb.values(named["TEXCOORD_0"]) if "TEXCOORD_0" in named else None
    confidence = glb.values(named["_CONFIDENCE"])[:, 0] if "_CONFIDENCE" in named else None

    first, whole = _weld(points)  # a point of the file for each vertex, and the vertex of each point
    welded = whole[faces]
    faces = faces[(welded != np.roll(welded, 1, 1)).all(1)]
    four, three = pair_triangles(points, faces) if quads else (np.zeros((0, 4), np.int64), faces)
    corners = np.concatenate([four.ravel(), three.ravel()])
    starts = np.concatenate([4 * np.arange(len(four)), four.size + 3 * np.arange(len(three))])
    corner_uv = None if uv is None else np.stack([uv[:, 0], 1 - uv[:, 1]], 1)[corners]
    following = _following(starts, len(corners))
    edges, corner_edges, first_corner = _edges(whole[corners], following)
    seams = _parted(corner_uv, whole[corners], following, corner_edges, first_corner, _SAME_PLACE)
    shading = None if normals is None else normals[corners]
    sharp = _parted(shading, whole[corners], following, corner_edges, first_corner, _SAME_NORMAL)
    told = normals is not None and _tells(points, faces, normals)
    foot = float(-points[:, 2].min())
    points = points + np.array([0.0, 0.0, foot])
    return Asset(
        vertices=np.ascontiguousarray(points[first], np.float32),
        corners=whole[corners].astype(np.int32),
        starts=starts.astype(np.int32),
        edges=edges,
        corner_edges=corner_edges,
        seams=seams,
        sharp=sharp,
        uv=None if corner_uv is None else np.ascontiguousarray(corner_uv, np.float32),
        normals=np.ascontiguousarray(shading, np.float32) if told else None,
        smooth=normals is not None,
        confidence=None if confidence is None else np.ascontiguousarray(confidence[first], np.float32),
        surface=_surface(glb, primitive),
        foot=foot,
        box=box_of([points[faces].min((0, 1)), points[faces].max((0, 1))]),
    )


def _surface(glb: _Glb, primitive: dict[str, Any]) -> Surface:
    material = glb.document["materials"][primitive["material"]] if "material" in primitive else {}
    shine = material.get("pbrMetallicRoughness", {})
    return Surface(
        glb.picture(shine.get("baseColorTexture")),
        glb.picture(shine.get("metallicRoughnessTexture")),
        glb.picture(material.get("normalTexture")),
        float(shine.get("roughnessFactor", 1.0)),
        float(shine.get("metallicFactor", 1.0)),
    )


def _turned(gltf: NDArray[Any]) -> NDArray[np.float64]:
    """glTF's axes (Y up, front on Z) → Blender's (Z up, front on −Y)."""
    x, y, z = gltf.astype(np.float64).T
    return np.stack([x, -z, y], 1) + 0.0  # no −0, which would be another place than 0


def _linear(node: dict[str, Any]) -> NDArray[np.float64]:
    """How a node turns and scales its mesh; the engine's does neither."""
    if "matrix" in node:
        raise ValueError("a node with a matrix")
    x, y, z, w = node.get("rotation", [0, 0, 0, 1])
    turn = np.array(
        [
            [1 - 2 * (y * y + z * z), 2 * (x * y - z * w), 2 * (x * z + y * w)],
            [2 * (x * y + z * w), 1 - 2 * (x * x + z * z), 2 * (y * z - x * w)],
            [2 * (x * z - y * w), 2 * (y * z + x * w), 1 - 2 * (x * x + y * y)],
        ]
    )
    return turn * np.asarray(node.get("scale", [1, 1, 1]), float)


def _weld(told: NDArray[np.float64]) -> tuple[NDArray[Any], NDArray[Any]]:
    """Rows that are one: the first of each, and which of them each row is."""
    rows = np.ascontiguousarray(told).view([("", told.dtype)] * told.shape[1]).ravel()
    _, first, whole = np.unique(rows, return_index=True, return_inverse=True)
    return first, whole.ravel()


def _following(starts: NDArray[Any], count: int) -> NDArray[np.int64]:
    """The corner after each of ``count`` corners, round its face."""
    following = np.arange(1, count + 1)
    following[np.append(starts[1:], count) - 1] = starts
    return following


def _edges(corners: NDArray[Any], following: NDArray[Any]) -> tuple[Ints, Ints, NDArray[Any]]:
    """The edges of faces, the one that each corner begins, and a corner that begins each."""
    ends = np.sort(np.stack([corners, corners[following]], 1), 1)
    _, first, which = np.unique(ends[:, 0] * (corners.max() + 1) + ends[:, 1], return_index=True, return_inverse=True)
    return ends[first].astype(np.int32), which.ravel().astype(np.int32), first


def _parted(
    values: NDArray[Any] | None,  # (L, D) of the face corners
    corners: NDArray[Any],
    following: NDArray[Any],
    corner_edges: Ints,
    first: NDArray[Any],
    same: float,
) -> NDArray[np.bool_]:  # (E,)
    """The edges at whose ends the faces on both sides have other values."""
    parted = np.zeros(len(first), bool)
    if values is None:
        return parted
    both = np.stack([values, values[following]], 1)
    turned = corners > corners[following]
    both[turned] = both[turned, ::-1]
    apart = np.abs(both - both[first][corner_edges]).max((1, 2)) > same
    parted[corner_edges[apart]] = True
    return parted


def _tells(points: NDArray[Any], faces: NDArray[Any], normals: NDArray[Any]) -> bool:
    """Whether the file's normals say more than Blender's own, which weigh faces by their angle at the vertex."""
    _, whole = _weld(np.concatenate([points, normals], 1))  # sharp edges part vertices
    places = points[faces]
    flat = np.cross(places[:, 1] - places[:, 0], places[:, 2] - places[:, 0])
    area = np.linalg.norm(flat, axis=1)
    flat = np.divide(flat, area[:, None], out=np.zeros_like(flat), where=area[:, None] > 0)
    own = np.zeros((whole.max() + 1, 3))
    for k in range(3):
        u, v = places[:, (k + 1) % 3] - places[:, k], places[:, (k + 2) % 3] - places[:, k]
        angle = np.arctan2(np.linalg.norm(np.cross(u, v), axis=1), (u * v).sum(1))
        for axis in range(3):
            own[:, axis] += np.bincount(whole[faces[:, k]], angle * flat[:, axis], len(own))
    own /= np.maximum(np.linalg.norm(own, axis=1, keepdims=True), 1e-12)
    cosine = (own[whole[faces]] * normals[faces]).sum(2).clip(-1.0, 1.0)
    return bool(np.average(np.degrees(np.arccos(cosine)).mean(1), weights=np.maximum(area, 1e-30)) > TELLING_NORMALS)
