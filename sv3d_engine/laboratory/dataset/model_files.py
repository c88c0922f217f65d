"""Models from a folder of GLB, glTF and OBJ files, as the same kind of object that the generator makes."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor

from ...ground.colour import to_linear
from ...reconstruction.asset.glb import world_axes
from ...reconstruction.render.rasterize import look_up_texture
from ...shared.errors import UserError
from .generator import DatasetObject, creased
from .shapes.primitives import Floats, Ints

SUFFIXES = frozenset({".glb", ".gltf", ".obj"})
TEXTURE_SIZE = 1024  # pixels a side that textures are reduced to: frames show no more
log = logging.getLogger(__name__)
_unreadable: set[Path] = set()  # by this process so far
_GREY = 0.5  # linear albedo of what has no colour
_SAME = 1e-6  # of the extent: vertices nearer than this are one


@dataclass(frozen=True)
class FileTexture:
    """Albedo of a file's model: textures times colours."""

    corners: NDArray[np.float32]  # (F, 3, 3) places of the faces' corners
    uv: NDArray[np.float32]  # (F, 3, 2), v down
    tint: NDArray[np.float32]  # (F, 3, 3) linear colour at each corner
    picture: Ints  # (F,) which texture, −1 for none
    pictures: Sequence[Tensor]  # (H, W, 3) linear

    def __call__(self, points: Tensor, face: Tensor) -> Tensor:  # (P, 3), (P,) -> (P, 3)
        """Linear colours at points of the given faces."""
        device = points.device
        a, b, c = torch.from_numpy(self.corners).to(device)[face].unbind(1)
        weight = _barycentric(points, a, b, c)
        colour = (torch.from_numpy(self.tint).to(device)[face] * weight[..., None]).sum(1)
        uv = (torch.from_numpy(self.uv).to(device)[face] * weight[..., None]).sum(1) % 1
        which = torch.from_numpy(self.picture).to(device)[face]
        for number, picture in enumerate(self.pictures):
            chosen = (which == number).nonzero()[:, 0]
            if len(chosen):
                colour[chosen] *= look_up_texture(picture.to(device), uv[chosen])
        return colour


def model_files(folder: Path) -> list[Path]:
    """All models in a folder and the folders in it, in order of their names.  Raises UserError if there is none."""
    found = sorted(p for p in folder.rglob("*") if p.suffix.lower() in SUFFIXES) if folder.is_dir() else []
    if not found:
        raise UserError(f"There is no GLB, glTF or OBJ file in {folder}.", "Choose the folder that holds the models.")
    return found


def first_object(files: Sequence[Path]) -> DatasetObject:
    """The first model that can be read; those before it are named in the log.  Raises UserError if none can be."""
    for path in files:
        if path in _unreadable:
            continue
        try:
            return load_object(path)
        except UserError as error:
            _unreadable.add(path)
            log.warning("%s is left out: %s", path, error.details)
    raise UserError(
        f"None of {len(files)} models can be read.",
        "Export them anew as GLB, glTF or OBJ.",
        ", ".join(map(str, files[:9])),
    )


def load_object(path: Path, front: str = "z", fitted: bool = True) -> DatasetObject:
    """A file's model, largest extent 1, centred, front on +X, Z up; its family is "file".

    Files are Y up; ``front`` names the file's axis that the model looks along: "z", glTF's convention, or "x".
    With ``fitted`` False it keeps its size and place.  Raises UserError for a file that is no model.
    """
    import trimesh

    assert front in ("z", "x"), front
    try:
        scene: Any = trimesh.load_scene(path)
        meshes = [m for m in scene.dump() if isinstance(m, trimesh.Trimesh) and len(m.faces)]
    except Exception as error:  # a damaged file fails in as many ways as there are parsers
        raise _no_model(path, repr(error)) from error
    if not meshes:
        raise _no_model(path, "no triangles")
    vertices, faces, texture = _merged(meshes)
    if not np.isfinite(vertices).all() or np.ptp(vertices, axis=0).max() == 0:
        raise _no_model(path, "no extent")
    world = world_axes(vertices) if front == "z" else vertices[:, [0, 2, 1]] * (1.0, -1.0, 1.0)
    if fitted:
        low, high = world.min(0), world.max(0)
        world = (world - (low + high) / 2) / (high - low).max()
    whole, joined = np.unique(np.rint(world / _SAME).astype(np.int64), axis=0, return_inverse=True)
    points, split, normals = creased(whole * _SAME, joined.reshape(-1)[faces])
    albedo = FileTexture(world[faces].astype(np.float32), *texture)
    part = np.zeros(len(faces), np.int64)
    return DatasetObject(
        points.astype(np.float32), normals.astype(np.float32), split, part, albedo, "file", closed=False
    )


def _no_model(path: Path, details: str) -> UserError:
    return UserError(f"{path.name} cannot be read as a model.", "Take it out of the folder or export it anew.", details)


def _merged(meshes: Sequence[Any]) -> tuple[Floats, Ints, tuple[Any, Any, Ints, list[Tensor]]]:
    """Vertices, faces and texture of all meshes as one, in the file's axes."""
    uvs, tints, numbers, faces = [], [], [], []
    pictures: list[Tensor] = []
    offset = 0
    for mesh in meshes:
        uv, tint, picture = _surface(mesh)
        corners = np.asarray(mesh.faces, np.int64)
        uvs.append(uv[corners])
        tints.append(tint[corners])
        numbers.append(np.full(len(corners), len(pictures) if picture is not None else -1))
        pictures += [picture] if picture is not None else []
        faces.append(corners + offset)
        offset += len(mesh.vertices)
    texture = (
        np.concatenate(uvs).astype(np.float32),
        np.concatenate(tints).astype(np.float32),
        np.concatenate(numbers),
        pictures,
    )
    return np.concatenate([np.asarray(m.vertices, np.float64) for m in meshes]), np.concatenate(faces), texture


def _surface(mesh: Any) -> tuple[Floats, Floats, Tensor | None]:
    """UV (V, 2) with v down, linear colour (V, 3) and picture (H, W, 3) of one mesh."""
    count = len(mesh.vertices)
    uv, tint, picture = np.zeros((count, 2)), np.full((count, 3), _GREY), None
    if mesh.visual.kind == "texture":
        material = mesh.visual.material
        material = material.to_pbr() if hasattr(material, "to_pbr") else material
        image = getattr(material, "baseColorTexture", None)
        factor = getattr(material, "baseColorFactor", None)
        tint[:] = 1.0 if image is not None else _GREY
        if factor is not None:  # linear in the file; trimesh keeps it as bytes
            factor = np.asarray(factor)
            tint[:] = factor[:3] / 255 if factor.dtype.kind in "ui" else factor[:3]
        if image is not None and mesh.visual.uv is not None:
            uv = np.asarray(mesh.visual.uv, float) * (1, -1) + (0, 1)
            picture = _linear_picture(image)
    elif mesh.visual.kind in ("vertex", "face"):
        colours = torch.from_numpy(np.asarray(mesh.visual.vertex_colors)[:, :3] / 255)
        tint = to_linear(colours).numpy()
    return uv, tint, picture


def _linear_picture(image: Image.Image) -> Tensor:  # (H, W, 3)
    """A texture in linear light, reduced to TEXTURE_SIZE."""
    image = image.convert("RGB")
    image.thumbnail((TEXTURE_SIZE, TEXTURE_SIZE), Image.Resampling.BOX)
    return to_linear(torch.from_numpy(np.asarray(image).copy()).float() / 255)


def _barycentric(p: Tensor, a: Tensor, b: Tensor, c: Tensor) -> Tensor:  # (P, 3) each -> (P, 3)
    """Weights of the corners of each point's triangle, kept inside it."""
    u, v, w = b - a, c - a, p - a
    uu, uv, vv = (u * u).sum(-1), (u * v).sum(-1), (v * v).sum(-1)
    wu, wv = (w * u).sum(-1), (w * v).sum(-1)
    scale = 1 / (uu * vv - uv * uv).clamp_min(1e-20)
    second, third = (vv * wu - uv * wv) * scale, (uu * wv - uv * wu) * scale
    weight = torch.stack([1 - second - third, second, third], -1).clamp(0, 1)
    return weight / weight.sum(-1, keepdim=True)
