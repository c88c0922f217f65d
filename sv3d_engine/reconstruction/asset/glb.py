"""Writing the one kind of GLB this engine makes: a textured mesh (glTF 2.0, Khronos 2021)."""

import io
import json
import struct
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from ...ground.files import whole_file
from .topology import Floats, Ints

MAGIC, VERSION = 0x46546C67, 2
JSON_CHUNK, BINARY_CHUNK = 0x4E4F534A, 0x004E4942
FLOAT, UNSIGNED_INT = 5126, 5125
ARRAY_BUFFER, ELEMENT_ARRAY_BUFFER = 34962, 34963
LINEAR, LINEAR_MIPMAP_LINEAR, CLAMP_TO_EDGE = 9729, 9987, 33071
ROUGHNESS = 0.8  # of the light's spread only Lambert's law is known; this is how most painted things look


@dataclass(frozen=True)
class TexturedMesh:
    """What goes into the file, in world axes (Z up, front on +X)."""

    vertices: Floats  # (W, 3)
    normals: Floats  # (W, 3) unit
    uv: Floats  # (W, 2), v up
    faces: Ints  # (F, 3)
    texture: NDArray[np.uint8]  # (S, S, 3) sRGB, first row at v = 1


def gltf_axes(world: Floats) -> NDArray[np.float32]:  # (N, 3) -> (N, 3)
    """World (x front, y, z up) → glTF (y, z up, x front)."""
    return np.ascontiguousarray(world[:, [1, 2, 0]], np.float32)


def world_axes(gltf: Floats) -> Floats:  # (N, 3) -> (N, 3)
    """The way back from ``gltf_axes``."""
    return gltf[:, [2, 0, 1]]


def write_glb(mesh: TexturedMesh, path: Path) -> None:
    """Write the file whole or not at all; the texture is stored as PNG."""
    binary, views = _binary(mesh)
    document = json.dumps(_document(mesh, views, len(binary)), separators=(",", ":")).encode()
    document += b" " * (-len(document) % 4)
    total = 12 + 8 + len(document) + 8 + len(binary)
    with whole_file(path) as partial, partial.open("wb") as file:
        file.write(struct.pack("<III", MAGIC, VERSION, total))
        file.write(struct.pack("<II", len(document), JSON_CHUNK) + document)
        file.write(struct.pack("<II", len(binary), BINARY_CHUNK) + binary)


def read_glb(path: Path) -> TexturedMesh:
    """Read back a file of ``write_glb``, in world axes; it is no reader for other GLBs."""
    data = path.read_bytes()
    length = struct.unpack_from("<I", data, 12)[0]
    document = json.loads(data[20 : 20 + length])
    binary = data[20 + length + 8 :]

    def view(number: int) -> bytes:
        place = document["bufferViews"][number]
        return binary[place["byteOffset"] : place["byteOffset"] + place["byteLength"]]

    vertices, normals = (np.frombuffer(view(k), "<f4").reshape(-1, 3) for k in (0, 1))
    uv = np.frombuffer(view(2), "<f4").reshape(-1, 2)
    with Image.open(io.BytesIO(view(4))) as picture:
        texture = np.asarray(picture)
    return TexturedMesh(
        world_axes(vertices).astype(np.float64),
        world_axes(normals).astype(np.float64),
        np.stack([uv[:, 0], 1 - uv[:, 1]], 1),
        np.frombuffer(view(3), "<u4").reshape(-1, 3).astype(np.int64),
        texture,
    )


def _binary(mesh: TexturedMesh) -> tuple[bytes, list[dict[str, Any]]]:
    """The binary chunk and the buffer views into it: positions, normals, UVs, indices, picture."""
    picture = io.BytesIO()
    Image.fromarray(mesh.texture).save(picture, "PNG", compress_level=4)
    uv = np.stack([mesh.uv[:, 0], 1 - mesh.uv[:, 1]], 1).astype("<f4")  # glTF's v runs down
    parts = [
        (gltf_axes(mesh.vertices).astype("<f4").tobytes(), ARRAY_BUFFER),
        (gltf_axes(mesh.normals).astype("<f4").tobytes(), ARRAY_BUFFER),
        (uv.tobytes(), ARRAY_BUFFER),
        (mesh.faces.astype("<u4").tobytes(), ELEMENT_ARRAY_BUFFER),
        (picture.getvalue(), None),
    ]
    chunks, views, offset = [], [], 0
    for data, target in parts:
        view = {"buffer": 0, "byteOffset": offset, "byteLength": len(data)}
        views.append(view | ({"target": target} if target else {}))
        padded = data + b"\0" * (-len(data) % 4)
        chunks.append(padded)
        offset += len(padded)
    return b"".join(chunks), views


def _document(mesh: TexturedMesh, views: list[dict[str, Any]], length: int) -> dict[str, Any]:
    count = len(mesh.vertices)
    positions = gltf_axes(mesh.vertices)
    bounds = {"min": positions.min(0).tolist(), "max": positions.max(0).tolist()}

    def accessor(view: int, kind: str, number: int, component: int = FLOAT) -> dict[str, Any]:
        return {"bufferView": view, "componentType": component, "count": number, "type": kind}

    return {
        "asset": {"version": "2.0", "generator": "SV3D"},
        "scene": 0,
        "scenes": [{"nodes": [0]}],
        "nodes": [{"mesh": 0, "name": "SV3D"}],
        "meshes": [
            {
                "name": "SV3D",
                "primitives": [
                    {"attributes": {"POSITION": 0, "NORMAL": 1, "TEXCOORD_0": 2}, "indices": 3, "material": 0}
                ],
            }
        ],
        "materials": [
            {
                "name": "SV3D",
                "pbrMetallicRoughness": {
                    "baseColorTexture": {"index": 0},
                    "metallicFactor": 0.0,
                    "roughnessFactor": ROUGHNESS,
                },
                "doubleSided": False,
            }
        ],
        "textures": [{"sampler": 0, "source": 0}],
        "samplers": [
            {
                "magFilter": LINEAR,
                "minFilter": LINEAR_MIPMAP_LINEAR,
                "wrapS": CLAMP_TO_EDGE,
                "wrapT": CLAMP_TO_EDGE,
            }
        ],
        "images": [{"name": "albedo", "mimeType": "image/png", "bufferView": 4}],
        "accessors": [
            accessor(0, "VEC3", count) | bounds,
            accessor(1, "VEC3", count),
            accessor(2, "VEC2", count),
            accessor(3, "SCALAR", 3 * len(mesh.faces), UNSIGNED_INT),
        ],
        "bufferViews": views,
        "buffers": [{"byteLength": length}],
    }
