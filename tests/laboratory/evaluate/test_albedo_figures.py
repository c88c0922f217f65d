"""A ball that is seen from outside: outlines, colours and normals that can be worked out."""

import json
import math
from pathlib import Path

import numpy as np
import pytest
import trimesh

from sv3d_engine.laboratory.evaluate.albedo_figures import albedo_figures
from sv3d_engine.laboratory.evaluate.nvs_figures import picture_figures
from sv3d_engine.laboratory.evaluate.ray_caster import RayCaster
from sv3d_engine.laboratory.evaluate.scored_mesh import ScoredMesh, read_scored
from sv3d_engine.laboratory.evaluate.true_views import Layers, draw, read_true_views
from sv3d_engine.orbit.cameras import CameraOrbit, View
from sv3d_engine.shared.errors import UserError

ORBIT = CameraOrbit(33.8, 2.0, (View("000.png", 10.0, 0.0), View("001.png", -20.0, 100.0)))


def ball(folder: Path, grey: int = 128, radius: float = 0.4) -> ScoredMesh:
    mesh = trimesh.creation.icosphere(5, radius)
    mesh.visual.vertex_colors = np.tile([grey, grey, grey, 255], (len(mesh.vertices), 1)).astype(np.uint8)
    mesh.export(folder / "ball.ply")
    return read_scored(folder / "ball.ply")


def seen(mesh: ScoredMesh) -> Layers:
    return draw(mesh, RayCaster(mesh.corners), ORBIT, 96, 2)


def test_a_ball_is_a_disc_whose_normals_look_away_from_its_middle(tmp_path: Path) -> None:
    layers = seen(ball(tmp_path))
    radius = math.tan(math.asin(0.4 / 2.0)) / ORBIT.tan_half_fov * 48
    assert layers.coverage[0].sum() == pytest.approx(math.pi * radius**2, rel=5e-3)
    towards = ORBIT.positions().numpy() / 2.0
    middle = layers.normals[:, 47:49, 47:49].mean((1, 2))
    assert middle == pytest.approx(towards, abs=0.02)
    assert layers.colour[0, 48, 48] == pytest.approx([0.2159] * 3, abs=1e-3)


def test_the_same_mesh_is_without_fault(tmp_path: Path) -> None:
    layers = seen(ball(tmp_path))
    found = albedo_figures(layers, layers.normals, layers).figures
    assert found["albedo_psnr"] == found["albedo_psnr_inside"] == 99
    assert found["albedo_ssim"] == pytest.approx(1) and found["silhouette_iou"] == 1
    assert found["normal_error_deg"] < 0.1


def test_exposure_is_forgiven_and_told(tmp_path: Path) -> None:
    true, dark = seen(ball(tmp_path, 128)), seen(ball(tmp_path, 64))
    found = albedo_figures(true, None, dark).figures
    assert found["albedo_psnr_inside"] > 50
    assert found["albedo_psnr_unscaled"] == pytest.approx(20 * math.log10(255 / 64), abs=0.3)
    assert "normal_error_deg" not in found


def test_a_smaller_ball_has_less_outline(tmp_path: Path) -> None:
    true, small = seen(ball(tmp_path)), seen(ball(tmp_path, radius=0.2))
    found = albedo_figures(true, true.normals, small).figures
    discs = [math.tan(math.asin(r / 2.0)) ** 2 for r in (0.2, 0.4)]
    assert found["silhouette_iou"] == pytest.approx(discs[0] / discs[1], rel=0.03)
    assert found["albedo_psnr"] < 10 < found["albedo_psnr_inside"]


def test_whole_pictures_are_judged_one_by_one() -> None:
    true = np.zeros((2, 32, 32, 3))
    made = true + np.array([0.1, 0.01])[:, None, None, None]
    found = picture_figures(made, true, {"lpips": lambda a, b: np.abs(a - b).mean((1, 2, 3))})
    assert found["psnr"] == pytest.approx([20, 40])
    assert found["mse"] == pytest.approx([0.01, 0.0001])
    assert found["lpips"] == pytest.approx([0.1, 0.01])


def test_an_object_without_views_to_compare_at_is_told(tmp_path: Path) -> None:
    (tmp_path / "cameras.json").write_text(json.dumps({"fov_deg": 33.8, "distance": 2.0, "resolution": [64, 64]}))
    with pytest.raises(UserError, match="names no views"):
        read_true_views(tmp_path)
    named = {"fov_deg": 33.8, "distance": 2.0, "resolution": [64, 64], "eval": [{"elevation": 5, "azimuth": 60}]}
    (tmp_path / "cameras.json").write_text(json.dumps(named))
    views = read_true_views(tmp_path)
    assert (views.albedo, views.normals, views.lit) == (None, None, None), "drawn from the true mesh instead"
    assert views.orbit.views[0].azimuth == 60
