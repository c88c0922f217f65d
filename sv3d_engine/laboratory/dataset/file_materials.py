"""What a file says of a mesh's surface: base colour, picture, vertex colours and opacity, as in glTF 2.0 and MTL.

glTF's colours are linear.  MTL has no word on it, and colours are sRGB there in practice, as they are on vertices of an
OBJ file.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from ...ground.colour import to_linear, to_linear_array
from ...shared.job_files import inside
from .file_texture import BLENDED
from .shapes.primitives import Floats

TEXTURE_SIZE = 1024  # pixels a side that textures are reduced to: frames show no more
_GREY = 0.5  # linear albedo of what has no colour
_CUTOFF = 0.5  # glTF's, where a file names none


@dataclass(frozen=True)
class Surface:
    """One material on one mesh."""

    uv: Floats  # (V, 2), v down
    tint: Floats  # (V, 4) linear colour and opacity
    picture: Tensor | None  # (H, W, 4) linear, premultiplied
    cutoff: float = BLENDED


def surface(mesh: Any, path: Path) -> Surface:
    """The surface of one of trimesh's meshes, which was read from ``path``."""
    visual, count = mesh.visual, len(mesh.vertices)
    linear = path.suffix.lower() != ".obj"
    if visual.kind in ("vertex", "face"):
        tint = _colours(visual.vertex_colors, linear)
        tint[:, 3] = 1.0  # without a material glTF's alpha says nothing, and OBJ has none
        return Surface(np.zeros((count, 2)), tint, None)
    if visual.kind != "texture":
        return Surface(np.zeros((count, 2)), np.tile((_GREY, _GREY, _GREY, 1.0), (count, 1)), None)
    has_uv = visual.uv is not None
    tell = _of_gltf if hasattr(visual.material, "baseColorFactor") else _of_mtl
    colour, picture, cutoff = tell(visual.material, has_uv, path)
    painted = visual.vertex_attributes.get("color") if linear else None
    if painted is not None and len(painted) == count:
        if colour is None and picture is None:
            colour = np.ones(4)
        tint = _colours(painted, True) * (np.ones(4) if colour is None else colour)
    else:
        plain = np.ones(4) if picture is not None else np.array((_GREY, _GREY, _GREY, 1.0))
        tint = np.tile(plain if colour is None else colour, (count, 1))
    if cutoff is None:
        tint[:, 3] = 1.0
        picture = None if picture is None else _opaque(picture)
    uv = np.asarray(visual.uv, float) * (1, -1) + (0, 1) if has_uv else np.zeros((count, 2))
    return Surface(uv, tint, None if picture is None else _linear_picture(picture), cutoff or BLENDED)


# Colour (4,) or None for none named, picture, and cut-off: BLENDED for opacity as it is, None for no opacity at all.
_Told = tuple[Floats | None, Image.Image | None, float | None]


def _of_gltf(material: Any, has_uv: bool, path: Path) -> _Told:
    factor = material.baseColorFactor
    colour = None
    if factor is not None:
        factor = np.asarray(factor)
        colour = factor / 255 if factor.dtype.kind in "ui" else factor.astype(float)  # trimesh keeps bytes
    picture = material.baseColorTexture if has_uv else None
    mode = material.alphaMode or "OPAQUE"
    if mode == "MASK":
        given = material.alphaCutoff
        return colour, picture, max(_CUTOFF if given is None else float(given), 1e-6)
    return colour, picture, BLENDED if mode == "BLEND" else None


def _of_mtl(material: Any, has_uv: bool, path: Path) -> _Told:
    told = material.kwargs
    opacity = _number(told, "d", 1.0) if "d" in told else 1 - _number(told, "tr", 0.0)
    picture = material.image if has_uv else None
    colour = None
    if "kd" in told or picture is None:
        colour = np.append(to_linear_array(np.asarray(material.diffuse)[:3] / 255), 1.0)
        if picture is not None and not colour[:3].any():
            colour[:] = 1.0  # many programs write black beside a picture and mean the picture
    colour = np.ones(4) if colour is None else colour
    colour[3] = np.clip(opacity, 0, 1)
    mask = _mask(told.get("map_d"), path) if has_uv else None
    if mask is not None:
        base = picture or Image.new("RGB", mask.size, "white")
        picture = base.convert("RGB").resize(mask.size)
        picture.putalpha(mask)
    return colour, picture, BLENDED


def _number(told: dict[str, Any], key: str, default: float) -> float:
    try:
        return float(told[key][-1])  # after options, as in "d -halo 0.5"
    except (KeyError, IndexError, TypeError, ValueError):
        return default


def _mask(words: Any, path: Path) -> Image.Image | None:
    """map_d's picture: its alpha if it has one, else its lightness; None where the model's folder has none to read."""
    if not words:
        return None
    for name in (" ".join(words), words[-1]):
        file = inside(path.parent, name.replace("\\", "/"))
        if file is not None and file.is_file():
            with Image.open(file) as picture:
                has_alpha = "A" in picture.getbands() or "transparency" in picture.info
                return picture.convert("RGBA").getchannel("A") if has_alpha else picture.convert("L")
    return None


def _opaque(picture: Image.Image) -> Image.Image:
    return picture.convert("RGBA").convert("RGB")


def _colours(values: Any, linear: bool) -> Floats:  # (V, 3 or 4) bytes, shorts or floats -> (V, 4) linear
    values = np.asarray(values)
    if values.dtype.kind in "ui":
        values = values / np.iinfo(values.dtype).max
    colour = np.ones((len(values), 4))
    colour[:, : values.shape[1]] = values
    if not linear:
        colour[:, :3] = to_linear_array(colour[:, :3])
    return colour


def _linear_picture(image: Image.Image) -> Tensor:  # (H, W, 4)
    """A texture in linear light, premultiplied, reduced to TEXTURE_SIZE."""
    image = image.convert("RGBA")
    image.thumbnail((TEXTURE_SIZE, TEXTURE_SIZE), Image.Resampling.BOX)
    values = torch.from_numpy(np.asarray(image).copy()).float() / 255
    alpha = values[..., 3:]
    return torch.cat([to_linear(values[..., :3]) * alpha, alpha], -1)
