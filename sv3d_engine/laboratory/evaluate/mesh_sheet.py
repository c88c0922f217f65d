"""Pictures to judge meshes by: clay and albedo from several sides, beside the truth or the frames that they are of."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from ...ground.colour import to_srgb_bytes
from ...orbit.cameras import CameraOrbit, View
from ...orbit.orbit_files import read_orbit
from ..dataset.generator import DatasetObject
from ..dataset.model_files import load_object
from ..dataset.rendering import averaged, seen_surface, tall_screen
from .relight import compare, over_white, shown

SIZE = 192  # pixels a picture
SIDES = ((0.0, 0.0), (0.0, 90.0), (0.0, 180.0), (40.0, 45.0))  # elevation, azimuth: front, right, back, above
REAL_SIDES = 8
SUPERSAMPLE = 3
_WORST_ANGLE = 45.0  # degrees between normals, that are as red as it gets
_WORST_COLOUR = 0.4  # mean difference of sRGB values, likewise
_MARGIN, _LINE = 8, 18  # pixels
_PAPER, _INK = (225, 225, 225), (40, 40, 40)

Pictures = NDArray[np.uint8]  # (N, S, S, 3)
Layers = NDArray[np.float32]  # (N, S, S, 7): unit normal, linear albedo, coverage


def object_sheet(name: str, truth: Path, made: Path, cameras: CameraOrbit) -> Image.Image:
    """Rows: the true mesh, the rebuilt one, and where normals and colours differ; clay at the left, albedo right.

    ``cameras`` gives lens and distance; the true file looks along +X, the rebuilt one along +Z.
    """
    orbit = CameraOrbit(cameras.fov_deg, cameras.distance, tuple(View("", *side) for side in SIDES))
    true = surface_layers(load_object(truth, front="x", fitted=False), orbit, SIZE)
    ours = surface_layers(load_object(made, fitted=False), orbit, SIZE)
    rows = {
        "truth": [*clay(true, orbit, two_sided=True), *albedo(true)],
        "rebuilt": [*clay(ours, orbit), *albedo(ours)],
        "difference": [*normal_difference(true, ours), *albedo_difference(true, ours)],
    }
    return tabulated(name, rows)


def real_sheet(name: str, frames: Path, made: Path, cameras: Path) -> Image.Image:
    """Rows: an orbit's own frames from eight sides, the rebuilt mesh from there as clay, and its albedo.

    ``cameras`` is the job's cameras.json, its files in the folder ``frames``.
    """
    fitted = read_orbit(cameras)
    count = len(fitted.views)
    views = tuple(fitted.views[i * count // REAL_SIDES] for i in range(REAL_SIDES))  # an orbit has no fewer
    orbit = CameraOrbit(fitted.fov_deg, fitted.distance, views)
    ours = surface_layers(load_object(made, fitted=False), orbit, SIZE)
    seen = []
    for view in views:
        with Image.open(frames / view.file) as picture:
            white = Image.new("RGBA", picture.size, (255, 255, 255, 255))
            over = Image.alpha_composite(white, picture.convert("RGBA")).convert("RGB")
            seen.append(np.asarray(over.resize((SIZE, SIZE), Image.Resampling.BOX)))
    return tabulated(name, {"frames": seen, "clay": list(clay(ours, orbit)), "albedo": list(albedo(ours))})


def stacked(sheets: Sequence[Path]) -> Image.Image:
    """Sheets of several objects as one, below each other."""
    pictures = [Image.open(path).convert("RGB") for path in sheets]
    paper = Image.new("RGB", (max(p.width for p in pictures), sum(p.height for p in pictures)), _PAPER)
    top = 0
    for picture in pictures:
        paper.paste(picture, (0, top))
        top += picture.height
    return paper


@torch.no_grad()
def surface_layers(thing: DatasetObject, orbit: CameraOrbit, size: int) -> Layers:
    """What each camera sees of an object, averaged over the pixel."""
    views, fine = len(orbit.views), size * SUPERSAMPLE
    vertices, faces = torch.from_numpy(thing.vertices), torch.from_numpy(thing.faces)
    attributes = torch.cat([vertices, torch.from_numpy(thing.normals)], 1)
    screen = tall_screen(vertices, orbit, fine)
    pixels, face, seen = seen_surface(screen, faces, attributes, views * fine, fine)
    values = torch.cat([seen[:, 3:], thing.albedo(seen[:, :3], face).clamp(0, 1)], 1)
    picture = averaged(values, pixels, views * size, size, SUPERSAMPLE).numpy().reshape(views, size, size, 7)
    length = np.linalg.norm(picture[..., :3], axis=-1, keepdims=True)
    colour = picture[..., 3:6] / np.maximum(picture[..., 6:], 1e-6)
    return np.concatenate([picture[..., :3] / np.maximum(length, 1e-6), colour, picture[..., 6:]], -1)


def clay(layers: Layers, orbit: CameraOrbit, two_sided: bool = False) -> Pictures:
    """Grey, lit from the camera; faces that look away are dark unless ``two_sided``."""
    facing = np.einsum("nhwc,nc->nhw", layers[..., :3], orbit.rotations()[:, 2].numpy())
    facing = np.abs(facing) if two_sided else np.maximum(facing, 0)
    grey = np.repeat((60 + 180 * facing)[..., None] / 255, 3, -1)
    return np.rint(255 * over_white(grey, layers[..., 6:])).astype(np.uint8)


def albedo(layers: Layers) -> Pictures:
    """Base colour without light."""
    return shown(layers[..., 3:])


def normal_difference(a: Layers, b: Layers) -> Pictures:
    """White where normals agree, the redder the more they differ, red where only one of the two is seen."""
    cosine = np.abs((a[..., :3] * b[..., :3]).sum(-1)).clip(0, 1)
    return _reddened(np.degrees(np.arccos(cosine)) / _WORST_ANGLE, a, b)


def albedo_difference(a: Layers, b: Layers) -> Pictures:
    """The same of base colours, after the benchmark's one factor a channel."""
    _, scaled = compare(a[..., 3:], b[..., 3:])
    colours = [to_srgb_bytes(colour[..., :3]).astype(np.float32) / 255 for colour in (a[..., 3:], scaled)]
    return _reddened(np.abs(colours[0] - colours[1]).mean(-1) / _WORST_COLOUR, a, b)


def tabulated(name: str, rows: dict[str, list[NDArray[np.uint8]]]) -> Image.Image:
    """Named rows of pictures under an object's name."""
    font = ImageFont.load_default(13)
    strips = {title: np.concatenate(pictures, 1) for title, pictures in rows.items()}
    height, width = next(iter(strips.values())).shape[:2]
    paper = Image.new("RGB", (width + 2 * _MARGIN, _LINE + (_MARGIN + height) * len(strips) + _MARGIN), _PAPER)
    draw = ImageDraw.Draw(paper)
    draw.text((_MARGIN, _LINE), name, _INK, font, anchor="ls")
    for row, (title, strip) in enumerate(strips.items()):
        top = _LINE + _MARGIN + row * (height + _MARGIN)
        paper.paste(Image.fromarray(strip), (_MARGIN, top))
        draw.text((_MARGIN + 4, top + 14), title, _INK, font, anchor="ls")
    return paper


def _reddened(share: NDArray[np.floating], a: Layers, b: Layers) -> Pictures:
    """``share`` (N, S, S) of the worst, as red over a pale grey; red where only one of the two covers the pixel."""
    first, second = a[..., 6] > 0.5, b[..., 6] > 0.5
    pale = 240 * (1 - np.where(first & second, share.clip(0, 1), 1.0))
    picture = np.stack([np.full_like(pale, 240), pale, pale], -1)
    return np.rint(np.where((first | second)[..., None], picture, 255)).astype(np.uint8)
