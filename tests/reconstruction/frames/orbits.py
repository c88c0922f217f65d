"""Little orbits of a known shape, drawn by ray casting."""

import json
import math
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image

from sv3d_engine.orbit.cameras import CameraOrbit, View

RED = (0.75, 0.1, 0.12)


def sine_orbit(count: int = 12, distance: float = 2.2) -> CameraOrbit:
    """All round at elevations from −20° to 40°."""
    turns = [i / count for i in range(count)]
    views = tuple(View(f"{i:03d}.png", 10 + 30 * math.sin(2 * math.pi * t), 360 * t) for i, t in enumerate(turns))
    return CameraOrbit(33.8, distance, views)


def sphere_alpha(
    orbit: CameraOrbit, size: int, radius: float, centre: tuple[float, float, float] = (0, 0, 0)
) -> torch.Tensor:
    """Anti-aliased silhouettes (N, S, S) of a sphere."""
    fine = 4 * size
    axis = ((torch.arange(fine) + 0.5) / fine * 2 - 1) * orbit.tan_half_fov
    rays = torch.stack([axis.expand(fine, fine), -axis[:, None].expand(fine, fine), -torch.ones(fine, fine)], -1)
    rays = torch.nn.functional.normalize(rays, dim=-1)
    masks = []
    for position, rotation in zip(orbit.positions(), orbit.rotations(), strict=True):
        to_centre = rotation @ (torch.tensor(centre) - position)
        nearest = (rays @ to_centre).square()
        hit = (to_centre.square().sum() - nearest < radius**2).float()
        masks.append(torch.nn.functional.avg_pool2d(hit[None, None], 4)[0, 0])
    return torch.stack(masks)


def picture(alpha: NDArray[np.float32], colour: tuple[float, float, float] = RED) -> Image.Image:
    """Straight-alpha RGBA of one colour."""
    rgba = np.empty((*alpha.shape, 4), np.float32)
    rgba[..., :3] = colour
    rgba[..., 3] = alpha
    return Image.fromarray((rgba * 255 + 0.5).astype(np.uint8))


def on_white(image: Image.Image) -> Image.Image:
    paper = Image.new("RGBA", image.size, "white")
    paper.alpha_composite(image)
    return paper.convert("RGB")


def save_orbit(folder: Path, count: int = 12, size: int = 96, white: bool = False) -> CameraOrbit:
    """An orbit of a red sphere of diameter 0.9 as PNGs with a cameras.json that gives no distance."""
    orbit = sine_orbit(count)
    folder.mkdir(parents=True, exist_ok=True)
    for view, alpha in zip(orbit.views, sphere_alpha(orbit, size, 0.45), strict=True):
        image = picture(alpha.numpy())
        (on_white(image) if white else image).save(folder / view.file)
    frames = [{"file": v.file, "elevation": v.elevation, "azimuth": v.azimuth} for v in orbit.views]
    (folder / "cameras.json").write_text(json.dumps({"fov_deg": orbit.fov_deg, "frames": frames}))
    return orbit
