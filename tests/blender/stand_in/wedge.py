"""A finished job made without the engine: a coloured wedge, its orbit and its mesh.  Standard library only.

The frames are drawn with the convention of the orbit cameras (front on +X, Z up), the mesh is written as the engine
writes it (glTF (x, y, z) = world (y, z, x)); so whoever shows both together can see whether they agree.
"""

import json
import math
import random
import struct
import zlib
from functools import cache
from operator import add, or_
from pathlib import Path

COUNT, SIZE = 21, 96
FOV_DEG, DISTANCE = 33.8, 2.2
HASH = 64 * "5"  # of a picture, in a report

# World coordinates; the foot is larger than the top, and no two sides are alike.
VERTICES = [
    (-0.25, -0.30, -0.45), (0.35, -0.30, -0.45), (0.35, 0.20, -0.45), (-0.25, 0.20, -0.45),
    (-0.10, -0.20, 0.30), (0.30, -0.20, 0.30), (0.30, 0.05, 0.30), (-0.10, 0.05, 0.30),
]  # fmt: skip
FACES = [(3, 2, 1, 0), (4, 5, 6, 7), (0, 1, 5, 4), (1, 2, 6, 5), (2, 3, 7, 6), (3, 0, 4, 7)]
COLOURS = [(90, 90, 90), (235, 235, 235), (60, 160, 80), (240, 130, 30), (70, 110, 220), (150, 60, 150)]  # +X is orange

DATA = Path(__file__).resolve().parents[2] / "data"


def angles() -> list[tuple[float, float]]:
    """Elevation and azimuth of each frame in degrees: one sine up and down, the last from the front."""
    turns = [(i + 1) / COUNT for i in range(COUNT)]
    return [(10 + 20 * math.sin(math.tau * t), 360 * t % 360) for t in turns]


def write_orbit(folder: Path, noise: float = 0.0) -> None:
    """The frames as 000.png …; ``noise`` of 1 leaves nothing else to be seen."""
    folder.mkdir(parents=True, exist_ok=True)
    for i, (elevation, azimuth) in enumerate(angles()):
        partial = folder / f"{i:03d}.part"
        frame = _draw(elevation, azimuth)
        partial.write_bytes(_png(_noisy(frame, noise) if noise else frame, SIZE))
        partial.replace(partial.with_suffix(".png"))


def write_cameras(path: Path, *, with_distance: bool = True) -> None:
    frames = [{"file": f"{i:03d}.png", "elevation": e, "azimuth": a} for i, (e, a) in enumerate(angles())]
    distance = {"distance": DISTANCE} if with_distance else {}
    path.write_text(json.dumps({"fov_deg": FOV_DEG, **distance, "frames": frames}), encoding="utf-8")


def write_picture(path: Path) -> None:
    """The wedge from the front, cut out."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(_png(_draw(*angles()[-1]), SIZE))


def write_weights(path: Path, variant: str = "p", **facts: int | str) -> Path:
    """The header of a small SV3D's weights: enough to recognise them."""
    shapes = json.loads((DATA / f"tiny_{variant}_manifest.json").read_text(encoding="utf-8"))
    tensors = {name: {"dtype": "F16", "shape": shape, "data_offsets": [0, 0]} for name, shape in shapes.items()}
    header = json.dumps({**tensors, "__metadata__": {"sv3d": json.dumps(facts)}}).encode()
    path.write_bytes(struct.pack("<Q", len(header)) + header)
    return path


def write_orbit_job(out: Path) -> None:
    """The folder of an orbit job as the engine leaves it."""
    write_orbit(out / "frames")
    write_cameras(out / "cameras.json", with_distance=False)
    write_picture(out / "picture.png")
    write_picture(out / "contact_sheet.png")
    (out / "report.json").write_text("{}", encoding="utf-8")


def write_request(out: Path, request: dict) -> None:
    """What the engine notes first."""
    out.mkdir(parents=True, exist_ok=True)
    (out / "job.json").write_text(json.dumps(request), encoding="utf-8")


def write_job(out: Path, request: str = "{}") -> None:
    """A job folder as the engine leaves it, as far as the add-on reads it; ``request`` is the job as a line."""
    write_orbit(out / "frames")
    write_cameras(out / "cameras.json")
    (out / "mesh.glb").write_bytes(glb())
    (out / "turntable").mkdir(exist_ok=True)
    for name in ("light.json", "light.hdr"):
        (out / name).write_text("{}", encoding="utf-8")
    asked = json.loads(request)
    asked.pop("type", None)
    write_request(out, asked)
    report = {"versions": {"sv3d_engine": "0.1.0", "torch": "2.13.0"}}
    if "picture" in asked:
        report |= {"model": "SV3D_p", "stages": {"picture": {"picture_sha256": HASH}}}
    (out / "report.json").write_text(json.dumps(report), encoding="utf-8")


def project(point: tuple[float, float, float], elevation: float, azimuth: float) -> tuple[float, float, float]:
    """Pixel column and row of a world point, and its depth; pixel centres at half-integers."""
    e, a = math.radians(elevation), math.radians(azimuth)
    backward = (math.cos(e) * math.cos(a), math.cos(e) * math.sin(a), math.sin(e))
    right = (-math.sin(a), math.cos(a), 0.0)
    up = (-math.sin(e) * math.cos(a), -math.sin(e) * math.sin(a), math.cos(e))
    x, y, z = (sum(p * q for p, q in zip(point, axis, strict=True)) for axis in (right, up, backward))
    depth = DISTANCE - z
    scale = SIZE / 2 / (depth * math.tan(math.radians(FOV_DEG / 2)))
    return SIZE / 2 + x * scale, SIZE / 2 - y * scale, depth


@cache
def _draw(elevation: float, azimuth: float) -> bytes:
    """One frame, RGBA: the faces that look at the camera, which hide nothing of each other on a convex body."""
    picture = bytearray(SIZE * SIZE * 4)
    corners = [project(v, elevation, azimuth) for v in VERTICES]
    for face, colour in zip(FACES, COLOURS, strict=True):
        polygon = [corners[i][:2] for i in face]
        edges = list(zip(polygon, polygon[1:] + polygon[:1], strict=True))
        if sum(x0 * y1 - x1 * y0 for (x0, y0), (x1, y1) in edges) > 0:  # rows grow downwards: it looks away
            continue
        columns, rows = zip(*polygon, strict=True)
        for row in range(int(min(rows)), int(max(rows)) + 1):
            for column in range(int(min(columns)), int(max(columns)) + 1):
                x, y = column + 0.5, row + 0.5
                if all((x1 - x0) * (y - y0) <= (y1 - y0) * (x - x0) for (x0, y0), (x1, y1) in edges):
                    first = 4 * (row * SIZE + column)
                    picture[first : first + 4] = *colour, 255
    return bytes(picture)


def _noisy(picture: bytes, noise: float) -> bytes:
    """A frame on white as one sees it before it is finished.  In whole strings of bytes: tests make thousands."""
    clear = picture[3::4].translate(bytes(255 - alpha for alpha in range(256)))
    white = bytearray(picture)
    for channel in range(3):
        white[channel::4] = bytes(map(or_, picture[channel::4], clear))
    kept, added = (bytes(int(share * value) for value in range(256)) for share in (1 - noise, noise))
    dice = random.Random(0).randbytes(len(picture))
    mixed = bytearray(map(add, white.translate(kept), dice.translate(added)))
    mixed[3::4] = b"\xff" * (SIZE * SIZE)
    return bytes(mixed)


def _png(picture: bytes, width: int) -> bytes:
    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    rows = [picture[first : first + 4 * width] for first in range(0, len(picture), 4 * width)]
    head = struct.pack(">IIBBBBB", width, len(rows), 8, 6, 0, 0, 0)
    body = zlib.compress(b"".join(b"\0" + row for row in rows), 1)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", body) + chunk(b"IEND", b"")


def glb(**node: list[float]) -> bytes:
    """One mesh, one material whose base colour texture has a texel for each face; ``node`` may move the mesh."""
    positions = [v for face in FACES for v in (VERTICES[i] for i in face)]
    uvs = [((f + 0.5) / len(FACES), 0.5) for f in range(len(FACES)) for _ in range(4)]
    triangles = [4 * f + k for f in range(len(FACES)) for k in (0, 1, 2, 0, 2, 3)]
    texture = _png(b"".join(bytes((*colour, 255)) for colour in COLOURS), len(COLOURS))
    parts = [
        b"".join(struct.pack("<3f", y, z, x) for x, y, z in positions),
        b"".join(struct.pack("<2f", *uv) for uv in uvs),
        struct.pack(f"<{len(triangles)}H", *triangles),
        texture,
    ]
    views, binary = [], b""
    for part in parts:
        views.append({"buffer": 0, "byteOffset": len(binary), "byteLength": len(part)})
        binary += part + b"\0" * (-len(part) % 4)
    turned = [(y, z, x) for x, y, z in positions]
    low, high = ([f(axis) for axis in zip(*turned, strict=True)] for f in (min, max))
    scene = {
        "asset": {"version": "2.0"},
        "scene": 0,
        "scenes": [{"nodes": [0]}],
        "nodes": [{"mesh": 0, "name": "object", **node}],
        "meshes": [{"primitives": [{"attributes": {"POSITION": 0, "TEXCOORD_0": 1}, "indices": 2, "material": 0}]}],
        "materials": [
            {"name": "albedo", "pbrMetallicRoughness": {"baseColorTexture": {"index": 0}, "metallicFactor": 0}}
        ],
        "textures": [{"source": 0}],
        "images": [{"bufferView": 3, "mimeType": "image/png"}],
        "accessors": [
            {"bufferView": 0, "componentType": 5126, "count": len(positions), "type": "VEC3", "min": low, "max": high},
            {"bufferView": 1, "componentType": 5126, "count": len(uvs), "type": "VEC2"},
            {"bufferView": 2, "componentType": 5123, "count": len(triangles), "type": "SCALAR"},
        ],
        "bufferViews": views,
        "buffers": [{"byteLength": len(binary)}],
    }
    text = json.dumps(scene).encode()
    text += b" " * (-len(text) % 4)
    length = 12 + 8 + len(text) + 8 + len(binary)
    return (
        struct.pack("<4sII", b"glTF", 2, length)
        + struct.pack("<I4s", len(text), b"JSON") + text
        + struct.pack("<I4s", len(binary), b"BIN\0") + binary
    )  # fmt: skip
