"""Photographs by hand of a known object: the cameras file tells where they were taken, and the way back holds."""

from pathlib import Path

import numpy as np
import pytest
import trimesh
from PIL import Image

from sv3d_engine.ground.progress import Progress
from sv3d_engine.laboratory.dataset.model_files import load_object
from sv3d_engine.laboratory.evaluate.photo_figures import (
    HEIGHT,
    WIDTH,
    brought_back,
    photograph,
    tool_world,
    walk,
    write_colmap,
)
from sv3d_engine.reconstruction.asset.topology import unit
from sv3d_engine.reconstruction.frames.preparation import look_at_frames

DISTANCE = 2.35


@pytest.fixture(scope="module")
def box(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A box that no turn leaves as it is, as the benchmark's files stand: Y up, front on X."""
    file = tmp_path_factory.mktemp("box") / "mesh.glb"
    trimesh.creation.box((0.8, 0.5, 0.3), trimesh.transformations.translation_matrix((0.05, 0.1, -0.05))).export(file)
    return file


def test_photographs_show_the_object_where_the_model_has_it(box: Path, tmp_path: Path) -> None:
    thing, world = load_object(box, front="x", fitted=False), tool_world(1)
    walked = walk(DISTANCE, 1)[::3]
    photograph(thing, walked, 1, tmp_path)
    write_colmap([world.photograph(one) for one in walked], tmp_path / "sparse")
    for one in walked:
        local = (thing.vertices - one.position) @ one.axes.T
        places = WIDTH * one.lens.shown(local[:, :2] * [1, -1] / -local[:, 2:], HEIGHT / WIDTH)
        rows, columns = np.nonzero(np.asarray(Image.open(tmp_path / one.file))[..., 3] > 127)
        extent = [columns.min(), rows.min(), columns.max() + 1, rows.max() + 1]
        assert extent == pytest.approx([*places.min(0), *places.max(0)], abs=1.5)

    prepared, frames = look_at_frames(tmp_path, tmp_path / "sparse", 10.0, Progress(), 256, "none")
    assert frames.shape == (8, 256, 256, 4)
    there = np.linalg.inv(np.array(prepared.to_world))
    in_tool = world.scale * thing.vertices @ world.rotation.T + world.shift
    points = in_tool @ there[:3, :3].T + there[:3, 3]
    positions, rotations = prepared.orbit.positions().double().numpy(), prepared.orbit.rotations().double().numpy()
    for position, rotation, frame in zip(positions, rotations, frames, strict=True):
        local = (points - position) @ rotation.T
        places = 128 + 128 * local[:, :2] * [1, -1] / -local[:, 2:] / prepared.orbit.tan_half_fov
        rows, columns = np.nonzero(frame[..., 3] > 127)
        extent = [columns.min(), rows.min(), columns.max() + 1, rows.max() + 1]
        assert extent == pytest.approx([*places.min(0), *places.max(0)], abs=1.5)


def test_a_mesh_is_brought_back_to_where_the_object_stands(tmp_path: Path) -> None:
    world, to_world = tool_world(2), np.eye(4)
    to_world[:3, :3] = 0.7 * tool_world(3).rotation
    to_world[:3, 3] = (3, -2, 1)
    standing = trimesh.creation.box((0.8, 0.5, 0.3))  # as a file has it: x, y, z are the object's Y, Z, X
    points = standing.vertices[:, [2, 0, 1]]
    in_tool = world.scale * points @ world.rotation.T + world.shift
    there = np.linalg.inv(to_world)
    there_too = (in_tool @ there[:3, :3].T + there[:3, 3])[:, [1, 2, 0]]
    own = unit(np.random.default_rng(0).normal(size=points.shape))  # normals that only the file can tell
    turn = to_world[:3, :3] / np.cbrt(np.linalg.det(to_world[:3, :3]))
    of_job = (own[:, [2, 0, 1]] @ world.rotation.T @ turn)[:, [1, 2, 0]]
    trimesh.Trimesh(there_too, standing.faces, vertex_normals=of_job, process=False).export(
        tmp_path / "made.glb", include_normals=True
    )
    brought_back(tmp_path / "made.glb", to_world, world, tmp_path / "back.glb")
    (back,) = trimesh.load_scene(tmp_path / "back.glb", process=False).geometry.values()
    np.testing.assert_allclose(back.vertices, standing.vertices, atol=1e-5)
    np.testing.assert_allclose(back.vertex_normals, own, atol=1e-5)
