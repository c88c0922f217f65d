"""What a mesh looks like in the picture's light: base colour × irradiance × occlusion.

Gloss is left out, as the heat map is about shape and colours; highlights are told as a difference.
"""

import math
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from .palette import to_linear, to_srgb
from .raster import View, rasterize

_COSINE_SHARPNESS = 2.133  # of the clamped cosine as a Spherical Gaussian (Wang et al. 2009)

Floats = NDArray[np.float32]
Bytes = NDArray[np.uint8]


def white_light() -> Floats:
    """Radiance 1 from everywhere: nothing but the base colour is seen."""
    return np.array([1 / 0.282095, *[0.0] * 8], np.float32)


@dataclass(frozen=True)
class Coat:
    """A material: a picture of its base colour, sRGB, or one colour, and perhaps one of its occlusion."""

    colour: tuple[float, float, float] = (0.8, 0.8, 0.8)  # linear
    picture: Bytes | None = None  # (H, W, 4), lowest row first
    occlusion: Bytes | None = None  # (H, W, 4), in red


@dataclass(frozen=True)
class Model:
    """A mesh to be seen; what belongs to corners is in the order of ``triangles``."""

    points: Floats  # (V, 3)
    triangles: NDArray[np.int32]  # (T, 3)
    normals: Floats  # (T, 3, 3) of the corners
    uv: Floats  # (T, 3, 2)
    coat_of: NDArray[np.int32]  # (T,) an index of ``coats``
    coats: tuple[Coat, ...] = (Coat(),)
    light: Floats = field(default_factory=white_light)  # (9,) irradiance / π by spherical harmonics


def look(model: Model, view: View) -> Floats:  # (S, S, 4) straight sRGB, lowest row first
    """The mesh alone on nothing."""
    seen = rasterize(model.points, model.triangles, view)
    weights = seen.weights[:, :, None]
    normals = (model.normals[seen.triangles] * weights).sum(1)
    normals /= np.maximum(np.linalg.norm(normals, axis=1, keepdims=True), 1e-9)
    uv = (model.uv[seen.triangles] * weights).sum(1)
    albedo = np.empty((len(uv), 3), np.float32)
    for index, coat in enumerate(model.coats):
        here = model.coat_of[seen.triangles] == index
        albedo[here] = coat.colour if coat.picture is None else to_linear(sampled(coat.picture, uv[here])[:, :3])
        if coat.occlusion is not None:
            albedo[here] *= sampled(coat.occlusion, uv[here])[:, :1]
    picture = np.zeros((view.side**2, 4), np.float32)
    picture[seen.pixels, :3] = to_srgb(albedo * np.maximum(harmonics(normals) @ model.light, 0.0)[:, None])
    picture[seen.pixels, 3] = 1.0
    return picture.reshape(view.side, view.side, 4)


def sampled(picture: Bytes, uv: Floats) -> Floats:  # (H, W, C), (N, 2) → (N, C) in [0, 1]
    """The picture at these places, linear between its texels and held at its ends."""
    height, width, _ = picture.shape
    size = np.array([width, height])
    place = (uv * size - 0.5).clip(0, size - 1)
    low = np.minimum(place.astype(np.intp), np.maximum(size - 2, 0))
    high = np.minimum(low + 1, size - 1)
    x, y = (place - low).astype(np.float32).T[:, :, None]
    below = picture[low[:, 1], low[:, 0]] * (1 - x) + picture[low[:, 1], high[:, 0]] * x
    above = picture[high[:, 1], low[:, 0]] * (1 - x) + picture[high[:, 1], high[:, 0]] * x
    return (below * (1 - y) + above * y) / 255


def harmonics(directions: Floats) -> Floats:  # (N, 3) unit → (N, 9)
    """The real spherical harmonics up to the second order."""
    x, y, z = directions.T
    return np.stack(
        [
            np.full_like(x, 0.282095),
            0.488603 * y,
            0.488603 * z,
            0.488603 * x,
            1.092548 * x * y,
            1.092548 * y * z,
            0.315392 * (3 * z * z - 1),
            1.092548 * x * z,
            0.546274 * (x * x - y * y),
        ],
        1,
    )


def irradiance(panorama: Floats) -> Floats:  # (H, W, 3) → (9,)
    """Irradiance / π of an equirectangular panorama, grey, lowest row first, as Blender turns a World's.

    Nine numbers are enough for it (Ramamoorthi and Hanrahan 2001).  The cosine is the Spherical Gaussian by which the
    engine found light and base colour, so that their product is what it found.
    """
    height, width, _ = panorama.shape
    up = ((np.arange(height) + 0.5) / height - 0.5) * math.pi
    azimuth = (0.5 - (np.arange(width) + 0.5) / width) * math.tau
    up, azimuth = (grid.ravel() for grid in np.meshgrid(up, azimuth, indexing="ij"))
    directions = np.stack([np.cos(up) * np.cos(azimuth), np.cos(up) * np.sin(azimuth), np.sin(up)], 1)
    solid = np.cos(up) * (math.pi / height) * (math.tau / width)
    told = harmonics(directions).T @ (panorama.mean(-1).ravel() * solid)
    first = 1 / math.tanh(_COSINE_SHARPNESS) - 1 / _COSINE_SHARPNESS  # what the cosine leaves of each order
    second = 1 - 3 * first / _COSINE_SHARPNESS
    spread = np.array([1.0, *[first] * 3, *[second] * 5])
    return (told * spread).astype(np.float32)
