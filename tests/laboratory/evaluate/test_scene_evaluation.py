"""Finished jobs in Blender: the picture that is made for a job of frames, and what is compared with what."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch
import trimesh
from PIL import Image

from sv3d_engine.ground.progress import Progress
from sv3d_engine.laboratory.evaluate import scene_evaluation
from sv3d_engine.laboratory.evaluate.scene_evaluation import (
    Order,
    evaluate_scene,
    iou,
    lit_by_picture,
    off_centre_job,
    seen_through_picture,
)
from sv3d_engine.orbit.cameras import static_orbit
from sv3d_engine.orbit.orbit_files import write_cameras, write_frames
from sv3d_engine.reconstruction.asset.glb import TexturedMesh, read_glb, write_glb
from sv3d_engine.reconstruction.asset.previews import load_model, render_view
from sv3d_engine.reconstruction.asset.topology import TriMesh, vertex_normals
from sv3d_engine.reconstruction.light import Lights, save_light, shading
from sv3d_engine.shared.crop import read_crop
from sv3d_engine.shared.errors import UserError

ORBIT, SIDE = static_orbit(10, 2.0, 8), 192
LIGHT = Lights().gaussians()


@pytest.fixture
def results(tmp_path: Path) -> Path:
    """One job: a pebble off the middle, and frames of it."""
    folder = tmp_path / "results" / "pebble"
    (folder / "frames").mkdir(parents=True)
    ball = trimesh.creation.icosphere(subdivisions=3, radius=0.3)
    faces = np.asarray(ball.faces, np.int64)
    vertices = np.asarray(ball.vertices) * (0.6, 1.1, 0.8) + (0.0, 0.05, -0.08)
    texture = np.full((4, 4, 3), 150, np.uint8)
    uv = np.full((len(vertices), 2), 0.5)
    mesh = TexturedMesh(vertices, vertex_normals(TriMesh(vertices, faces)), uv, faces, texture)
    write_glb(mesh, folder / "mesh.glb")
    write_cameras(ORBIT, folder / "cameras.json")
    save_light(LIGHT, folder / "light.json")
    (folder / "report.json").write_text('{"stages": {"frames": {}}}')
    model = load_model(read_glb(folder / "mesh.glb"))
    frames = []
    for index in range(8):
        rgb = render_view(model, lambda normals: shading(normals, *LIGHT), ORBIT, index, SIDE)
        seen = render_view(model, lambda normals: torch.zeros_like(normals[:, 0]), ORBIT, index, SIDE)
        frames.append(np.concatenate([rgb, 255 - seen[..., :1]], -1))
    write_frames(np.stack(frames), [view.file for view in ORBIT.views], folder / "frames", Progress())
    return folder.parent


@pytest.fixture
def orders(monkeypatch: pytest.MonkeyPatch) -> list[Order]:
    """In Blender's place: white squares, or the picture itself; what was asked for."""
    asked: list[Order] = []

    def render(order: Order, python: str) -> None:
        asked.append(order)
        if order.through_picture:
            Image.open(Path(order.job) / "orbit" / "original.png").save(Path(order.out) / "000.png")
        for frame in order.frames:
            Image.new("RGBA", (order.size, order.size), (255, 255, 255, 255)).save(Path(order.out) / f"{frame:03d}.png")

    monkeypatch.setattr(scene_evaluation, "render", render)
    return asked


@pytest.mark.parametrize("place", scene_evaluation._PLACES)
def test_a_job_of_frames_becomes_one_of_a_larger_picture(results: Path, tmp_path: Path, place) -> None:
    job = off_centre_job(results / "pebble", tmp_path / "job", place)
    crop = read_crop(json.loads((job / "report.json").read_text())["stages"]["picture"]["crop"])
    assert crop and (crop.width, crop.height) == place[:2] and crop.width != crop.height
    assert abs(crop.left + crop.side / 2 - crop.width / 2) > 0.075 * crop.width, "the object is off the middle"
    assert np.asarray(Image.open(job / "orbit" / "original.png")).shape == (place[1], place[0], 4)
    assert scene_evaluation._frame_iou(job) > 0.985
    assert scene_evaluation._frame_iou(results / "pebble") > 0.985


def test_a_mesh_that_is_elsewhere_is_told(results: Path, tmp_path: Path) -> None:
    job = off_centre_job(results / "pebble", tmp_path / "job", scene_evaluation._PLACES[0])
    (job / "mesh.glb").write_bytes((results / "pebble" / "mesh.glb").read_bytes())
    assert scene_evaluation._frame_iou(job) < 0.97


def test_silhouettes_are_compared_in_the_picture(results: Path, tmp_path: Path, orders: list[Order]) -> None:
    seen = seen_through_picture(results / "pebble", tmp_path / "out", "python")
    assert seen.picture == 1.0 and seen.frame > 0.985
    (order,) = orders
    assert order.through_picture and not order.frames
    assert iou(np.array([[True, True]]), np.array([[True, False]])) == 0.5


def test_blender_and_the_engine_are_compared_with_the_same_frames(
    results: Path, tmp_path: Path, orders: list[Order], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(scene_evaluation, "SIZE", SIDE)
    lit = lit_by_picture(results / "pebble", tmp_path / "out", "python", (0, 7))
    assert lit.engine > 40
    assert lit.blender < 25 and lit.delivered == lit.blender
    assert [(order.matt, order.frames) for order in orders] == [(True, (0, 7)), (False, (0, 7))]


def test_the_table_has_a_row_for_each_job(results: Path, tmp_path: Path, orders: list[Order]) -> None:
    told: list[str] = []
    table = evaluate_scene(results, (), tmp_path / "out", "python", picture=True, light=False, tell=told.append)
    assert table.splitlines()[2].startswith("| pebble | 1.0000 | 0.9") and told
    assert json.loads((tmp_path / "out" / "pebble.json").read_text())["lit"] is None


def test_a_python_without_blender_is_told(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="did not render") as caught:
        scene_evaluation.render(Order(str(tmp_path), str(tmp_path)), "/bin/false")
    assert "--bpy-python" in caught.value.remedy
