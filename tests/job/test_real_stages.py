"""The whole way of the data with the real stages, as small as it goes: a shaded ball in, a lit mesh out."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from ball import SIZE, TINY, ball_frame
from PIL import Image
from safetensors.torch import load_file
from scenes import distance_field, egg_distance

from sv3d_engine.ground.progress import Progress
from sv3d_engine.ground.settings import PRESETS
from sv3d_engine.job import shape_stages
from sv3d_engine.job.request import job_from_request
from sv3d_engine.job.run import run_job
from sv3d_engine.job.stages import MESH_STAGES
from sv3d_engine.reconstruction.asset.glb import read_glb
from sv3d_engine.reconstruction.field import fit
from sv3d_engine.shared import protocol

COUNT = 8
MESH_STAGE_NAMES = [stage.name for stage in MESH_STAGES]


@pytest.fixture(scope="module")
def ball(tmp_path_factory):
    """Frames of a ball that is lit from above: the same from all sides."""
    folder = tmp_path_factory.mktemp("ball")
    for i in range(COUNT):
        Image.fromarray(ball_frame(SIZE)).save(folder / f"{i:03d}.png")
    return folder


@pytest.fixture(scope="module")
def done(ball, tmp_path_factory):
    """The job, run once for all tests here; its folder and its messages."""
    out, told = tmp_path_factory.mktemp("job") / "out", []
    request = protocol.MeshJob("ball", str(ball), str(out), preset="draft", device="cpu", seed=4)
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(PRESETS, "draft", TINY)
        result = run_job(request, told.append)
        yield request, result, told


def assert_alike(made, expected):
    """The same arrays, to what threads may round otherwise."""
    for name, values in expected.items():
        if values is None:
            assert made[name] is None
        elif values.dtype == np.uint8:
            np.testing.assert_allclose(made[name].astype(int), values.astype(int), atol=2, err_msg=name)
        else:
            np.testing.assert_allclose(made[name], values, rtol=1e-4, atol=1e-5, err_msg=name)


def mean_colour(mesh):  # (3,) sRGB bytes, of the texels that the corners fall on
    size = len(mesh.texture)
    column, row = (np.stack([mesh.uv[:, 0], 1 - mesh.uv[:, 1]]) * (size - 1)).round().astype(int)
    return mesh.texture[row, column].mean(0)


def test_everything_that_is_promised_is_there(done):
    _, result, _ = done
    for path in (result.mesh, result.cameras, result.light, result.panorama, result.report):
        assert Path(path).stat().st_size > 0
    assert len(list(Path(result.frames).iterdir())) == COUNT
    assert len(list(Path(result.turntable).iterdir())) == TINY.turntable_count
    assert len(json.loads(Path(result.light).read_text())["lights"]) == 24


def test_the_mesh_is_a_textured_ball(done):
    mesh = read_glb(Path(done[1].mesh))
    assert 100 < len(mesh.faces) <= TINY.face_budget
    assert mesh.texture.shape == (TINY.texture_size, TINY.texture_size, 3)
    radius = np.linalg.norm(mesh.vertices, axis=1)
    assert radius.std() / radius.mean() < 0.1


def test_the_report_tells_of_every_stage(done):
    report = json.loads(Path(done[1].report).read_text())
    assert list(report["stages"]) == MESH_STAGE_NAMES
    assert all(stage["seconds"] > 0 and stage["peak_memory"] > 0 for stage in report["stages"].values())
    assert report["stages"]["mesh"]["losses"]
    assert report["stages"]["asset"]["watertight"] is True
    assert [report["stages"][name].get("device") for name in ("field", "mesh", "asset")] == ["cpu", "cpu", None]


@pytest.mark.parametrize(("trust", "told"), [(0.2, True), (0.8, False)])
def test_frames_that_contradict_each_other_are_told(done, tmp_path, monkeypatch, trust, told):
    monkeypatch.setitem(PRESETS, "draft", TINY)
    monkeypatch.setattr(fit, "fit_field", lambda *given: (distance_field(egg_distance, 0.6), trust))
    facts = shape_stages.find_field(job_from_request(done[0]), tmp_path, Progress(), torch.device("cpu"))
    assert any("do not quite show one object" in note for note in facts["notes"]) == told


def test_stages_report_and_show_previews(done):
    told = done[2]
    assert {m.stage for m in told if isinstance(m, protocol.Stage)} == set(MESH_STAGE_NAMES)
    assert {m.kind for m in told if isinstance(m, protocol.Preview)} >= {"frame", "mesh"}


@pytest.mark.parametrize("lost", ["work/field.safetensors", "work/surface.safetensors", "mesh.glb"])
def test_a_resumed_job_makes_the_same_mesh(done, lost):
    request, result, _ = done
    surface = load_file(Path(result.out, "work", "surface.safetensors"))
    mesh = read_glb(Path(result.mesh))
    Path(result.out, lost).unlink()
    run_job(replace(request, resume=True), lambda message: None)
    assert_alike(load_file(Path(result.out, "work", "surface.safetensors")), surface)
    assert_alike(vars(read_glb(Path(result.mesh))), vars(mesh))


def test_the_unit_of_the_distance_changes_the_size_and_nothing_else(ball, tmp_path, monkeypatch):
    monkeypatch.setitem(PRESETS, "draft", TINY)
    angles = [{"file": f"{i:03d}.png", "elevation": 10, "azimuth": 360 * (i + 1) / COUNT % 360} for i in range(COUNT)]
    surfaces, materials, meshes = [], [], []
    for distance in (2.0, 200.0):
        cameras = tmp_path / f"{distance}.json"
        cameras.write_text(json.dumps({"fov_deg": 33.8, "distance": distance, "frames": angles}))
        out = tmp_path / str(distance)
        run_job(protocol.MeshJob("ball", str(ball), str(out), cameras=str(cameras), preset="draft"), lambda _: None)
        surfaces.append(load_file(out / "work" / "surface.safetensors")["vertices"] / distance)
        materials.append(load_file(out / "work" / "material.safetensors"))
        meshes.append(read_glb(out / "mesh.glb"))
        meshes[-1].vertices[:] /= distance
    torch.testing.assert_close(surfaces[0], surfaces[1])
    for name in ("base_colour", "roughness", "metallic", "evidence"):  # a plain ball tells little about its light
        torch.testing.assert_close(materials[0][name], materials[1][name], rtol=1e-3, atol=5e-3)
    np.testing.assert_allclose(*(np.ptp(mesh.vertices, axis=0) for mesh in meshes), atol=0.01)
    np.testing.assert_allclose(*(mean_colour(mesh) for mesh in meshes), atol=1)


@pytest.fixture(scope="module")
def spoiled(tmp_path_factory):
    """Frames of the ball, one of which shows a green bar instead."""
    folder = tmp_path_factory.mktemp("spoiled")
    for i in range(10):
        picture = ball_frame(SIZE)
        if i == 3:
            picture[...] = 0
            picture[8:56, 26:38] = 0, 200, 0, 255
        Image.fromarray(picture).save(folder / f"{i:03d}.png")
    return folder


def test_a_spoiled_frame_that_is_rejected_spoils_nothing(spoiled, tmp_path, monkeypatch):
    """A whole job with and without it: the ball is rounder and has its own colours; the frame is still there to see."""
    monkeypatch.setitem(PRESETS, "draft", TINY)
    made = {}
    for weight in (1, 0.5, 0):
        frames = [{"file": f"{i:03d}.png", "elevation": 10, "azimuth": 36 * i} for i in range(10)]
        frames[3]["weight"] = weight
        cameras = tmp_path / f"{weight}.json"
        cameras.write_text(json.dumps({"fov_deg": 33.8, "distance": 2, "frames": frames}))
        out = tmp_path / f"job {weight}"
        request = protocol.MeshJob(
            "ball", str(spoiled), str(out), cameras=str(cameras), preset="draft", device="cpu", cameras_as_given=True
        )
        result = run_job(request, lambda _: None)
        mesh = read_glb(Path(result.mesh))
        radius = np.linalg.norm(mesh.vertices, axis=1)
        made[weight] = radius.std() / radius.mean(), mean_colour(mesh)[1]
        assert len(list((out / "frames").iterdir())) == 10
        report = json.loads(Path(result.report).read_text())["stages"]["frames"]
        assert report["rejected"] == (weight == 0)
    (whole, green), (half, less_green), (none, own) = made.values()
    assert none < 0.02 and none < 0.3 * half < 0.2 * whole  # 0.011, 0.060, 0.112
    assert own < less_green - 10 < green - 15  # 61, 79, 88
