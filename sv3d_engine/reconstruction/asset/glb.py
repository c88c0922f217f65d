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

from ...ground.files import reading, whole_file
from .topology import Floats, Ints

MAGIC, VERSION = 0x46546C67, 2
JSON_CHUNK, BINARY_CHUNK = 0x4E4F534A, 0x004E4942
FLOAT, UNSIGNED_INT = 5126, 5125
ARRAY_BUFFER, ELEMENT_ARRAY_BUFFER = 34962, 34963
LINEAR, LINEAR_MIPMAP_LINEAR, CLAMP_TO_EDGE = 9729, 9987, 33071
ROUGHNESS = 0.8  # where no map tells: how most painted things look
TYPES = {1: "SCALAR", 2: "VEC2", 3: "VEC3", 4: "VEC4"}
CONFIDENCE = "_CONFIDENCE"  # glTF's names for attributes of one's own begin so


@dataclass(frozen=True)
class TexturedMesh:
    """What goes into the file, in world axes (Z up, front on +X).  Pictures have their first row at v = 1."""

    vertices: Floats  # (W, 3)
    normals: Floats  # (W, 3) unit
    uv: Floats  # (W, 2), v up
    faces: Ints  # (F, 3)
    texture: NDArray[np.uint8]  # (S, S, 3) base colour, sRGB
    orm: NDArray[np.uint8] | None = None  # (S, S, 3) occlusion, roughness, metallic
    normal_map: NDArray[np.uint8] | None = None  # (S, S, 3) in the tangent space of ``normals`` and ``tangents``
    tangents: Floats | None = None  # (W, 4) unit, and the bitangents' sign
    confidence: Floats | None = None  # (W,) in [0, 1]


def gltf_axes(world: Floats) -> NDArray[np.float32]:  # (N, 3) -> (N, 3)
    """World (x front, y, z up) → glTF (y, z up, x front)."""
    return np.ascontiguousarray(world[:, [1, 2, 0]], np.float32)


def world_axes(gltf: Floats) -> Floats:  # (N, 3) -> (N, 3)
    """The way back from ``gltf_axes``."""
    return gltf[:, [2, 0, 1]]


def write_glb(mesh: TexturedMesh, path: Path) -> None:
    """Write the file whole or not at all; pictures are stored as PNG."""
    buffer = _Buffer()
    gltf = {
        "asset": {"version": "2.0", "generator": "SV3D"},
        "scene": 0,
        "scenes": [{"nodes": [0]}],
        "nodes": [{"mesh": 0, "name": "SV3D"}],
        "meshes": [{"name": "SV3D", "primitives": [_primitive(mesh, buffer)]}],
        **_material(mesh, buffer),
        "accessors": buffer.accessors,
        "bufferViews": buffer.views,
        "buffers": [{"byteLength": buffer.length}],
    }
    document = json.dumps(gltf, separators=(",", ":")).encode()
    document += b" " * (-len(document) % 4)
    total = 12 + 8 + len(document) + 8 + buffer.length
    with whole_file(path) as partial, partial.open("wb") as file:
        file.write(struct.pack("<III", MAGIC, VERSION, total))
        file.write(struct.pack("<II", len(document), JSON_CHUNK) + document)
        file.write(struct.pack("<II", buffer.length, BINARY_CHUNK))
        file.writelines(buffer.chunks)


class _Buffer:
    """The binary chunk, the views into it, and the accessors of those that hold numbers."""

    def __init__(self) -> None:
        self.chunks: list[bytes] = []
        self.views: list[dict[str, int]] = []
        self.accessors: list[dict[str, Any]] = []
        self.length = 0

    def add(self, data: bytes, **about: int) -> int:
        """Append bytes, each view at a multiple of four; the view's number."""
        self.views.append({"buffer": 0, "byteOffset": self.length, "byteLength": len(data), **about})
        self.chunks.append(data + b"\0" * (-len(data) % 4))
        self.length += len(self.chunks[-1])
        return len(self.views) - 1

    def add_attribute(self, values: Floats, **about: object) -> int:  # (W, C)
        """Append a value for each vertex; the accessor's number."""
        view = self.add(values.astype("<f4").tobytes(), target=ARRAY_BUFFER)
        return self._accessor(view, FLOAT, len(values), TYPES[values.shape[1]], **about)

    def add_faces(self, faces: Ints) -> int:
        """Append the corners of the faces; the accessor's number."""
        view = self.add(faces.astype("<u4").tobytes(), target=ELEMENT_ARRAY_BUFFER)
        return self._accessor(view, UNSIGNED_INT, faces.size, "SCALAR")

    def _accessor(self, view: int, component: int, count: int, kind: str, **about: object) -> int:
        self.accessors.append({"bufferView": view, "componentType": component, "count": count, "type": kind, **about})
        return len(self.accessors) - 1


def _primitive(mesh: TexturedMesh, buffer: _Buffer) -> dict[str, Any]:
    positions = gltf_axes(mesh.vertices)
    bounds = {"min": positions.min(0).tolist(), "max": positions.max(0).tolist()}
    attributes = {
        "POSITION": buffer.add_attribute(positions, **bounds),
        "NORMAL": buffer.add_attribute(gltf_axes(mesh.normals)),
        "TEXCOORD_0": buffer.add_attribute(_flip_v(mesh.uv)),
    }
    if mesh.tangents is not None:
        turned = np.concatenate([gltf_axes(mesh.tangents[:, :3]), mesh.tangents[:, 3:]], 1)
        attributes["TANGENT"] = buffer.add_attribute(turned)
    if mesh.confidence is not None:
        attributes[CONFIDENCE] = buffer.add_attribute(mesh.confidence[:, None])
    return {"attributes": attributes, "indices": buffer.add_faces(mesh.faces), "material": 0}


def _material(mesh: TexturedMesh, buffer: _Buffer) -> dict[str, Any]:
    """Its images, textures and the material that uses them."""
    sides = {"magFilter": LINEAR, "minFilter": LINEAR_MIPMAP_LINEAR, "wrapS": CLAMP_TO_EDGE, "wrapT": CLAMP_TO_EDGE}
    images: list[dict[str, Any]] = []

    def texture(name: str, pixels: NDArray[np.uint8]) -> dict[str, int]:
        images.append({"name": name, "mimeType": "image/png", "bufferView": buffer.add(_png(pixels))})
        return {"index": len(images) - 1}

    surface: dict[str, Any] = {"baseColorTexture": texture("base_color", mesh.texture)}
    material = {"name": "SV3D", "pbrMetallicRoughness": surface, "doubleSided": False}
    if mesh.orm is None:
        surface |= {"metallicFactor": 0.0, "roughnessFactor": ROUGHNESS}
    else:
        surface["metallicRoughnessTexture"] = orm = texture("occlusion_roughness_metallic", mesh.orm)
        material["occlusionTexture"] = orm
    if mesh.normal_map is not None:
        material["normalTexture"] = texture("normal", mesh.normal_map)
    textures = [{"sampler": 0, "source": i} for i in range(len(images))]
    return {"materials": [material], "textures": textures, "samplers": [sides], "images": images}


def _png(pixels: NDArray[np.uint8]) -> bytes:
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "PNG", compress_level=4)
    return file.getvalue()


def _flip_v(uv: Floats) -> Floats:  # (W, 2) -> (W, 2)
    """v up → v down, as glTF has it, or back."""
    return np.stack([uv[:, 0], 1 - uv[:, 1]], 1)


def read_glb(path: Path) -> TexturedMesh:
    """Read back a file of ``write_glb``, in world axes; it is no reader for other GLBs.  Raises Damaged."""
    with reading(path):
        return _mesh(path.read_bytes())


def _mesh(data: bytes) -> TexturedMesh:
    length = struct.unpack_from("<I", data, 12)[0]
    gltf, binary = json.loads(data[20 : 20 + length]), data[20 + length + 8 :]
    (primitive,), (material,) = gltf["meshes"][0]["primitives"], gltf["materials"]
    attributes, surface = primitive["attributes"], material["pbrMetallicRoughness"]

    def view(number: int) -> bytes:
        place = gltf["bufferViews"][number]
        return binary[place["byteOffset"] : place["byteOffset"] + place["byteLength"]]

    def values(number: int, kind: str = "<f4") -> NDArray[Any]:
        accessor = gltf["accessors"][number]
        return np.frombuffer(view(accessor["bufferView"]), kind).reshape(accessor["count"], -1).astype(kind[1] + "8")

    def picture(texture: dict[str, int]) -> NDArray[np.uint8]:
        image = gltf["images"][gltf["textures"][texture["index"]]["source"]]
        with Image.open(io.BytesIO(view(image["bufferView"]))) as opened:
            return np.asarray(opened)

    tangents = values(attributes["TANGENT"]) if "TANGENT" in attributes else None
    return TexturedMesh(
        world_axes(values(attributes["POSITION"])),
        world_axes(values(attributes["NORMAL"])),
        _flip_v(values(attributes["TEXCOORD_0"])),
        values(primitive["indices"], "<u4").reshape(-1, 3).astype(np.int64),
        picture(surface["baseColorTexture"]),
        picture(surface["metallicRoughnessTexture"]) if "metallicRoughnessTexture" in surface else None,
        picture(material["normalTexture"]) if "normalTexture" in material else None,
        None if tangents is None else np.concatenate([world_axes(tangents[:, :3]), tangents[:, 3:]], 1),
        values(attributes[CONFIDENCE])[:, 0] if CONFIDENCE in attributes else None,
    )
