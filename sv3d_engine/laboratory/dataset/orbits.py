"""The orbit, the light and the background of a seed."""

import math
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from ...orbit.cameras import CameraOrbit, View
from ...shared.trajectory import MAX_ELEVATION, SV3D_FOV_DEG, SV3D_FRAME_COUNT, dynamic, sine, static
from .generator import DatasetObject, generator

ELEVATIONS = (-5.0, 30.0)  # degrees, of static orbits and of a dynamic orbit's front view
FILL = (0.84, 0.98)  # of half the frame, that the furthest point of any view comes to
MEAN_RADIANCE = (0.6, 1.05)  # over the sphere
WHITE = (1.0, 1.0, 1.0)

_ORBIT, _LIGHT, _BACKGROUND, _SINE, _VIEWS = 2, 3, 4, 5, 6


@dataclass(frozen=True)
class Framing:
    """How orbits go and how large an object is in them."""

    fill: tuple[float, float] = FILL
    sine: float = 0.0  # share of moving orbits that go up and down once, by 30°, as those for meshes do
    views: int = SV3D_FRAME_COUNT  # that are kept of an orbit: chance ones, and the last


AS_GENERATED = Framing()


@dataclass(frozen=True)
class Light:
    """White Spherical Gaussians fixed to the object, as ``reconstruction.light`` takes them."""

    axes: Tensor  # (K, 3) unit
    sharpness: Tensor  # (K,)
    amplitude: Tensor  # (K,)

    def to(self, device: torch.device | str) -> "Light":
        """The same on another device."""
        return Light(self.axes.to(device), self.sharpness.to(device), self.amplitude.to(device))


def sample_orbit(seed: int, thing: DatasetObject, moving: bool, framing: Framing = AS_GENERATED) -> CameraOrbit:
    """The seed's cameras round an object: 21 views, the last the front, nothing clipped.

    Static orbits keep their elevation; moving ones start and end at the same one and wave round it.
    """
    draw = generator(seed, _ORBIT)
    elevation = float(draw.uniform(*ELEVATIONS))
    fill = float(draw.uniform(*framing.fill))
    if not moving:
        poses = static(elevation)
    elif framing.sine and generator(seed, _SINE).random() < framing.sine:
        poses = sine(elevation)
    else:
        poses = dynamic(elevation, int(draw.integers(2**31)))
    assert len(poses) == SV3D_FRAME_COUNT and max(abs(p.elevation) for p in poses) <= MAX_ELEVATION
    views = tuple(View(f"{i:03d}.png", p.elevation, p.azimuth) for i, p in enumerate(poses))
    distance = fitted_distance(thing.vertices, views, fill)
    if framing.views < len(views):
        kept = generator(seed, _VIEWS).choice(len(views) - 1, framing.views - 1, replace=False)
        views = tuple(views[i] for i in (*sorted(kept.tolist()), -1))
    return CameraOrbit(SV3D_FOV_DEG, distance, views)


def fitted_distance(vertices: NDArray[np.float32], views: tuple[View, ...], fill: float) -> float:
    """The least distance at which every point (V, 3) is within ``fill`` of half the frame in every view.

    |x| ≤ fill·tan(fov/2)·(r − depth towards the camera) for both axes of the picture, solved for r.
    """
    rotations = CameraOrbit(SV3D_FOV_DEG, 1.0, views).rotations().double().numpy()
    camera = np.einsum("nij,vj->niv", rotations, vertices.astype(np.float64))
    reach = np.abs(camera[:, :2]).max(1) / (fill * math.tan(math.radians(SV3D_FOV_DEG / 2)))
    return float((reach + camera[:, 2]).max())


def sample_light(seed: int) -> Light:
    """A soft sky, one main light and up to three more, of random directions, sizes and strengths."""
    draw = generator(seed, _LIGHT)
    count = int(draw.integers(1, 5))
    axes = draw.normal(size=(count, 3))
    axes[0] = [draw.normal(0.6, 0.8), draw.normal(0, 0.9), abs(draw.normal(0.6, 0.6))]  # mostly from where one looks
    axes[:, 2] += 0.3
    sky = np.array([[0.0, 0.0, 1.0], [0.0, 0.0, -1.0]])
    axes = np.concatenate([sky, axes / np.linalg.norm(axes, axis=1, keepdims=True)])
    sharpness = np.concatenate([[0.6, 0.6], np.exp(draw.uniform(math.log(1.0), math.log(25.0), count))])
    power = np.concatenate([[1.0, draw.uniform(0.35, 0.9)], draw.uniform(0.05, 0.6, count)])
    power[2] *= draw.uniform(0.5, 3.0)
    # ∫G over the sphere is 2πa(1 − e^{−2λ})/λ: each lobe's share of the mean radiance is its power's.
    amplitude = power / power.sum() * float(draw.uniform(*MEAN_RADIANCE)) * 2 * sharpness / -np.expm1(-2 * sharpness)
    return Light(*(torch.from_numpy(a).float() for a in (axes, sharpness, amplitude)))


def sample_background(seed: int, white: float = 0.5) -> tuple[float, float, float]:
    """sRGB in [0, 1]: white with the given probability, else any colour."""
    draw = generator(seed, _BACKGROUND)
    if draw.random() < white:
        return WHITE
    r, g, b = (float(x) for x in draw.random(3))
    return (r, g, b)
