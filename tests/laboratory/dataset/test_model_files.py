from pathlib import Path

import numpy as np
import pytest
import torch
import trimesh

from sv3d_engine.laboratory.dataset.model_files import load_object, model_files
from sv3d_engine.laboratory.dataset.rendering import render_sample
from sv3d_engine.reconstruction.asset.glb import TexturedMesh, write_glb
from sv3d_engine.shared.errors import UserError

RED, BLUE = (200, 30, 20), (20, 40, 180)


def wedge() -> TexturedMesh:
    """A block 2 × 1 × ½ whose faces towards +X and up look up red, all others blue."""
    block = trimesh.creation.box((2, 1, 0.5))
    block.unmerge_vertices()
    corners = np.asarray(block.triangles).reshape(-1, 3)
    normals = np.repeat(block.face_normals, 3, 0)
    left = (normals @ [1, 0, 1]) > 0.5
    uv = np.stack([np.where(left, 0.25, 0.75), np.full(len(corners), 0.5)], 1)
    texture = np.zeros((8, 8, 3), np.uint8)
    texture[:, :4], texture[:, 4:] = RED, BLUE
    return TexturedMesh(corners + np.array([5, 6, 7]), normals, uv, np.arange(len(corners)).reshape(-1, 3), texture)


def test_a_glb_comes_back_centred_with_its_colours(tmp_path: Path) -> None:
    write_glb(wedge(), tmp_path / "a.glb")
    thing = load_object(tmp_path / "a.glb")
    assert np.allclose(thing.vertices.min(0), [-0.5, -0.25, -0.125], atol=1e-5)
    assert np.allclose(thing.vertices.max(0), [0.5, 0.25, 0.125], atol=1e-5)
    middles = torch.from_numpy(thing.vertices[thing.faces].mean(1))
    colour = thing.albedo(middles, torch.arange(len(middles)))
    normals = thing.normals[thing.faces[:, 0]]
    red = normals @ [1, 0, 1] > 0.5
    assert (colour[red][:, 0] > 0.5).all() and (colour[red][:, 2] < 0.02).all()
    assert (colour[~red][:, 2] > 0.4).all() and (colour[~red][:, 0] < 0.02).all()


def test_edges_stay_sharp_although_vertices_are_joined(tmp_path: Path) -> None:
    write_glb(wedge(), tmp_path / "a.glb")
    thing = load_object(tmp_path / "a.glb")
    assert len(thing.vertices) == 24
    assert np.allclose(np.abs(thing.normals).max(1), 1)


def test_front_may_be_the_other_axis(tmp_path: Path) -> None:
    trimesh.creation.box((4, 2, 1)).export(tmp_path / "a.obj")  # Y up: 2 high
    along_z, along_x = load_object(tmp_path / "a.obj"), load_object(tmp_path / "a.obj", front="x")
    assert np.allclose(np.ptp(along_z.vertices, 0), [0.25, 1, 0.5], atol=1e-5)
    assert np.allclose(np.ptp(along_x.vertices, 0), [1, 0.25, 0.5], atol=1e-5)


def test_a_file_takes_the_same_way_as_a_generated_object(tmp_path: Path) -> None:
    write_glb(wedge(), tmp_path / "a.glb")
    made = render_sample(3, 32, moving=True, thing=load_object(tmp_path / "a.glb"))
    front = made.frames[-1].float()
    assert made.family == "file"
    shown = (front < 250).any(0)
    assert (front[0][shown] > front[2][shown]).float().mean() > 0.8  # red is in front


def test_vertex_colours_and_no_colours(tmp_path: Path) -> None:
    ball = trimesh.creation.icosphere(subdivisions=1)
    ball.visual.vertex_colors = np.tile([255, 0, 0, 255], (len(ball.vertices), 1))
    ball.export(tmp_path / "a.glb")
    trimesh.creation.box().export(tmp_path / "b.obj")
    for name, expected in (("a.glb", [1.0, 0, 0]), ("b.obj", [0.5, 0.5, 0.5])):
        thing = load_object(tmp_path / name)
        colour = thing.albedo(torch.from_numpy(thing.vertices[thing.faces[:, 0]]), torch.arange(len(thing.faces)))
        assert torch.allclose(colour, torch.tensor(expected).expand_as(colour), atol=0.01)


def test_folders_and_files_without_models_are_explained(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="no GLB"):
        model_files(tmp_path)
    (tmp_path / "b").mkdir()
    (tmp_path / "b" / "x.GLB").write_bytes(b"nothing")
    (tmp_path / "a.obj").write_text("# empty\n")
    assert [p.name for p in model_files(tmp_path)] == ["a.obj", "x.GLB"]
    for path in model_files(tmp_path):
        with pytest.raises(UserError, match="cannot be read as a model"):
            load_object(path)
