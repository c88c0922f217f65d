"""Photographs of a known scene by cameras that stand and look anyhow, cast ray by ray, and the files of other tools."""

import json
import struct
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from sv3d_engine.orbit.lens import Lens
from sv3d_engine.orbit.photographs import Photograph

Array = NDArray[np.float64]
# Balls of no symmetry together: middle, radius and colour.
BALLS = (
    (np.array([0.0, 0.0, 0.0]), 0.30, np.array([0.75, 0.15, 0.1])),
    (np.array([0.28, 0.05, 0.12]), 0.16, np.array([0.1, 0.5, 0.2])),
    (np.array([-0.1, 0.3, 0.05]), 0.14, np.array([0.15, 0.2, 0.7])),
    (np.array([0.05, -0.1, 0.36]), 0.13, np.array([0.7, 0.6, 0.1])),
)
FINE = 2  # rays across a pixel


def looking(position: Array, target: Array, roll: float = 0.0, up: Sequence[float] = (0, 0, 1)) -> Array:  # (3, 3)
    """Rows right, up and backward of a camera that looks at a place, turned by ``roll`` degrees about its axis."""
    back = (position - target) / np.linalg.norm(position - target)
    right = np.cross(np.array(up, float), back)
    right /= np.linalg.norm(right)
    above = np.cross(back, right)
    cos, sin = np.cos(np.radians(roll)), np.sin(np.radians(roll))
    return np.stack([cos * right + sin * above, -sin * right + cos * above, back])


def photographed(lens: Lens, axes: Array, position: Array, width: int, height: int) -> NDArray[np.uint8]:  # (H, W, 4)
    """What a camera sees of BALLS moved by nothing, striped, with a transparent background."""
    x, y = np.meshgrid((np.arange(width * FINE) + 0.5) / FINE, (np.arange(height * FINE) + 0.5) / FINE)
    ahead = lens.directions(np.stack([x, y], -1) / width, height / width)
    return cast(ahead, axes, position)


def cast(ahead: Array, axes: Array, position: Array) -> NDArray[np.uint8]:  # (FINE·H, FINE·W, 2) -> (H, W, 4)
    """The scene along directions before a camera, averaged over FINE × FINE of them."""
    rays = np.concatenate([ahead[..., :1], -ahead[..., 1:], -np.ones_like(ahead[..., :1])], -1) @ axes
    rays /= np.linalg.norm(rays, axis=-1, keepdims=True)
    nearest = np.full(rays.shape[:2], np.inf)
    colour = np.zeros(rays.shape)
    for middle, radius, paint in BALLS:
        to = middle - position
        along = rays @ to
        square = radius**2 - (to @ to - along**2)
        depth = along - np.sqrt(np.maximum(square, 0))
        hit = (square > 0) & (depth < nearest) & (depth > 0)
        where = position + depth[..., None] * rays - middle
        stripes = 0.75 + 0.25 * np.sin(14 * where[..., 2:] / radius) * np.sin(11 * where[..., :1] / radius)
        colour[hit] = (paint * stripes)[hit]
        nearest[hit] = depth[hit]
    cover = np.isfinite(nearest).astype(float)
    height, width = (side // FINE for side in cover.shape)
    packed = np.concatenate([colour * cover[..., None], cover[..., None]], -1)
    packed = packed.reshape(height, FINE, width, FINE, 4).mean((1, 3))
    straight = packed[..., :3] / np.maximum(packed[..., 3:], 1e-9)
    rgba = np.concatenate([np.where(packed[..., 3:] > 0, straight, 1), packed[..., 3:]], -1)
    return np.rint(255 * rgba).astype(np.uint8)


def walk(count: int = 14, seed: int = 3) -> list[tuple[Array, Array]]:
    """Positions and axes of a hand-held walk round the balls: no one distance, height, aim or roll."""
    random = np.random.default_rng(seed)
    cameras = []
    for i in range(count):
        azimuth, elevation = 2 * np.pi * i / count + random.uniform(-0.1, 0.1), np.radians(random.uniform(-10, 45))
        away = random.uniform(1.9, 2.7)
        position = away * np.array(
            [np.cos(elevation) * np.cos(azimuth), np.cos(elevation) * np.sin(azimuth), np.sin(elevation)]
        )
        cameras.append((position, looking(position, random.uniform(-0.12, 0.12, 3), random.uniform(-8, 8))))
    return cameras


def save(folder: Path, photographs: Sequence[Photograph], width: int, height: int) -> None:
    """Draw each photograph as a PNG of its name."""
    for one in photographs:
        path = folder / one.file
        path.parent.mkdir(parents=True, exist_ok=True)
        pixels = photographed(one.lens, one.axes, one.position, width, height)
        Image.fromarray(pixels).save(path)


def write_transforms(path: Path, photographs: Sequence[Photograph], flipped: bool = False, **more: object) -> None:
    """A transforms.json with each frame's own lens; ``flipped`` writes OpenCV's axes."""
    frames = []
    for one in photographs:
        matrix = np.eye(4)
        matrix[:3, :3] = (np.diag([1.0, -1.0, -1.0]) @ one.axes if flipped else one.axes).T
        matrix[:3, 3] = one.position
        frames.append({"file_path": one.file, "transform_matrix": matrix.tolist(), **_lens(one.lens)})
    path.write_text(json.dumps({**more, "frames": frames}))


def _lens(lens: Lens) -> dict[str, float]:
    assert lens.size
    width, height = lens.size
    x, y = lens.middle(height / width)
    (k1, k2, k3), (p1, p2) = lens.radial, lens.tangential
    pixels = {"fl_x": lens.focal[0], "fl_y": lens.focal[1], "cx": x, "cy": y}
    named = {name: width * value for name, value in pixels.items()}
    return {**named, "w": width, "h": height, "k1": k1, "k2": k2, "k3": k3, "p1": p1, "p2": p2}


def quaternion(rotation: Array) -> tuple[float, ...]:
    """w, x, y, z of a rotation matrix (largest of the four first, as usual)."""
    m = rotation
    squares = np.array([1 + np.trace(m), *(1 + 2 * m[i, i] - np.trace(m) for i in range(3))]) / 4
    best = int(squares.argmax())
    value = np.sqrt(squares[best])
    rest = {
        0: (m[2, 1] - m[1, 2], m[0, 2] - m[2, 0], m[1, 0] - m[0, 1]),
        1: (m[2, 1] - m[1, 2], m[1, 0] + m[0, 1], m[0, 2] + m[2, 0]),
        2: (m[0, 2] - m[2, 0], m[1, 0] + m[0, 1], m[2, 1] + m[1, 2]),
        3: (m[1, 0] - m[0, 1], m[0, 2] + m[2, 0], m[2, 1] + m[1, 2]),
    }[best]
    others = [number / (4 * value) for number in rest]
    others.insert(best, value)
    return tuple(map(float, others))


MODELS = {"SIMPLE_PINHOLE": 0, "PINHOLE": 1, "SIMPLE_RADIAL": 2, "RADIAL": 3, "OPENCV": 4}


def parameters(model: str, lens: Lens) -> list[float]:
    """A lens in pixels, as COLMAP's camera of this kind lists them."""
    assert lens.size
    width, height = lens.size
    fx, fy = (width * f for f in lens.focal)
    cx, cy = (width * c for c in lens.middle(height / width))
    (k1, k2, _), (p1, p2) = lens.radial, lens.tangential
    return {
        "SIMPLE_PINHOLE": [fx, cx, cy],
        "PINHOLE": [fx, fy, cx, cy],
        "SIMPLE_RADIAL": [fx, cx, cy, k1],
        "RADIAL": [fx, cx, cy, k1, k2],
        "OPENCV": [fx, fy, cx, cy, k1, k2, p1, p2],
    }[model]


def write_colmap(folder: Path, photographs: Sequence[Photograph], model: str, binary: bool) -> None:
    """A COLMAP model in which every picture has a camera of its own, and some points."""
    folder.mkdir(parents=True, exist_ok=True)
    poses = []
    for one in photographs:
        to_camera = np.diag([1.0, -1.0, -1.0]) @ one.axes
        poses.append((*quaternion(to_camera), *(-to_camera @ one.position)))
    if binary:
        cameras, images = struct.pack("<Q", len(poses)), struct.pack("<Q", len(poses))
        for i, (one, pose) in enumerate(zip(photographs, poses, strict=True), 1):
            assert one.lens.size
            values = parameters(model, one.lens)
            cameras += struct.pack(f"<iiQQ{len(values)}d", i, MODELS[model], *one.lens.size, *values)
            images += struct.pack("<i7di", i, *pose, i) + one.file.encode() + b"\0"
            images += struct.pack("<Q", 2) + struct.pack("<ddq", 1.0, 2.0, -1) * 2
        (folder / "cameras.bin").write_bytes(cameras)
        (folder / "images.bin").write_bytes(images)
        return
    cameras_text, images_text = ["# Camera list"], ["# Image list"]
    for i, (one, pose) in enumerate(zip(photographs, poses, strict=True), 1):
        assert one.lens.size
        words = map(repr, parameters(model, one.lens))
        cameras_text.append(f"{i} {model} {one.lens.size[0]} {one.lens.size[1]} {' '.join(words)}")
        images_text += [f"{i} {' '.join(map(repr, map(float, pose)))} {i} {one.file}", "1.0 2.0 -1" if i % 2 else ""]
    (folder / "cameras.txt").write_text("\n".join(cameras_text) + "\n")
    (folder / "images.txt").write_text("\n".join(images_text) + "\n")
