"""Models from a folder of GLB, glTF and OBJ files, as the same kind of object that the generator makes."""

import logging
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from ...reconstruction.asset.glb import world_axes
from ...shared.errors import UserError
from .file_materials import surface
from .file_texture import FileTexture
from .generator import DatasetObject, creased
from .placed_meshes import PlacedMesh, placed_meshes
from .shapes.primitives import Floats, Ints

Front = Literal["x", "z"]  # the axis of a file that looks at the camera at azimuth 0; glTF's own is z
SUFFIXES = frozenset({".glb", ".gltf", ".obj"})
log = logging.getLogger(__name__)
_unreadable: set[Path] = set()  # by this process so far
_SAME = 1e-6  # of the extent: vertices nearer than this are one


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


def load_object(path: Path, front: Front = "z", fitted: bool = True) -> DatasetObject:
    """A file's model, largest extent 1, centred, front on +X, Z up; its family is "file".

    Files are Y up; ``front`` names the file's axis that the model looks along: "z", glTF's convention, or "x".
    With ``fitted`` False it keeps its size and place.  Raises UserError for a file that is no model.
    """
    import trimesh

    try:
        scene: Any = trimesh.load_scene(path)
        meshes = placed_meshes(scene)
        vertices, faces, texture = _merged(meshes, path) if meshes else (np.zeros((0, 3)), None, ())
    except Exception as error:  # a damaged file fails in as many ways as there are parsers
        raise _no_model(path, repr(error)) from error
    if faces is None:
        raise _no_model(path, "no triangles")
    if not np.isfinite(vertices).all() or np.ptp(vertices, axis=0).max() == 0:
        raise _no_model(path, "no extent")
    world = to_world(vertices, front)
    if fitted:
        low, high = world.min(0), world.max(0)
        world = (world - (low + high) / 2) / (high - low).max()
    whole, joined = np.unique(np.rint(world / _SAME).astype(np.int64), axis=0, return_inverse=True)
    points, split, normals = creased(np.asarray(whole * _SAME, np.float64), joined.reshape(-1)[faces])
    albedo = FileTexture(world[faces].astype(np.float32), *texture)
    part = np.zeros(len(faces), np.int64)
    if not albedo.visible:
        raise _no_model(path, "nothing of it can be seen")
    opacity = albedo.opacity if albedo.see_through.any() else None
    return DatasetObject(
        points.astype(np.float32),
        normals.astype(np.float32),
        split,
        part,
        albedo,
        "file",
        closed=False,
        opacity=opacity,
    )


def to_world(vertices: NDArray[np.floating], front: Front) -> NDArray[np.floating]:  # (N, 3)
    """A file's axes, Y up, to the world's: Z up, front on +X."""
    return world_axes(vertices) if front == "z" else vertices[:, [0, 2, 1]] * (1.0, -1.0, 1.0)


def _no_model(path: Path, details: str) -> UserError:
    return UserError(f"{path.name} cannot be read as a model.", "Take it out of the folder or export it anew.", details)


def _merged(meshes: Sequence[PlacedMesh], path: Path) -> tuple[Floats, Ints, tuple[Any, ...]]:
    """Vertices and faces of all meshes as one, in the file's axes, and what FileTexture wants beside its corners."""
    uvs, tints, numbers, cutoffs, faces = [], [], [], [], []
    points = np.concatenate([each.vertices for each in meshes])
    pictures: list[Tensor] = []
    offset = 0
    for each in meshes:
        told, corners = surface(each.mesh, path), each.faces
        uvs.append(told.uv[corners])
        tints.append(told.tint[corners])
        numbers.append(np.full(len(corners), len(pictures) if told.picture is not None else -1))
        cutoffs.append(np.full(len(corners), told.cutoff, np.float32))
        pictures += [told.picture] if told.picture is not None else []
        faces.append(corners + offset)
        offset += len(each.vertices)
    uv, tint = np.concatenate(uvs).astype(np.float32), np.concatenate(tints).astype(np.float32)
    texture = (uv, tint, np.concatenate(numbers), pictures, np.concatenate(cutoffs))
    return points, np.concatenate(faces), texture
