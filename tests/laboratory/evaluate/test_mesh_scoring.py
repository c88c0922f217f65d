"""Our figures against those of the benchmark's own evaluate.py, and an object without pictures of its own."""

import importlib.util
import json
import sys
from pathlib import Path
from types import ModuleType, SimpleNamespace

import numpy as np
import pytest
import trimesh
from trimesh.triangles import closest_point

from sv3d_engine.laboratory.evaluate.mesh_scoring import ALIGNED, FLAT, score_mesh

BENCH = Path(__file__).resolve().parents[4] / "shared" / "bench"
POINTS, GRID = 200, 32


def nearest(points: np.ndarray, vertices: np.ndarray, faces: np.ndarray) -> tuple[np.ndarray, np.ndarray, None]:
    """libigl's, by looking at every triangle: squared distances and faces."""
    triangles = vertices[faces]
    best, found = np.full(len(points), np.inf), np.zeros(len(points), int)
    for start in range(0, len(triangles), 500):
        part = triangles[start : start + 500]
        every = np.repeat(part[None], len(points), 0).reshape(-1, 3, 3)
        asked = np.repeat(points[:, None], len(part), 1).reshape(-1, 3)
        apart = np.square(closest_point(every, asked) - asked).sum(1).reshape(len(points), -1)
        least = apart.argmin(1)
        nearer = apart[np.arange(len(points)), least] < best
        best = np.where(nearer, apart[np.arange(len(points)), least], best)
        found = np.where(nearer, least + start, found)
    return best, found, None


@pytest.fixture
def evaluator(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    if not (BENCH / "evaluate.py").is_file():
        pytest.skip("the benchmark is not beside the repository, in shared/bench")
    nothing = SimpleNamespace(point_mesh_squared_distance=nearest, fast_winding_number=lambda v, f, x: np.zeros(len(x)))
    monkeypatch.setitem(sys.modules, "igl", nothing)
    told = importlib.util.spec_from_file_location("bench_evaluate", BENCH / "evaluate.py")
    assert told is not None and told.loader is not None
    module = importlib.util.module_from_spec(told)
    told.loader.exec_module(module)
    return module


@pytest.mark.parametrize("front", ["x", "z"])
def test_figures_agree_with_the_benchmarks_own(evaluator: ModuleType, front: str) -> None:
    """The controller itself, and itself a quarter turn aside."""
    source = BENCH / "controller"
    theirs = evaluator.evaluate(str(source / "mesh.glb"), str(source), None, POINTS, GRID, 1, front=front)
    ours = score_mesh(source / "mesh.glb", source, front=front, points=POINTS, grid=GRID, supersample=1)
    told = theirs | {ALIGNED + key: value for key, value in theirs.pop("aligned").items()}
    numbers = {k: v for k, v in told.items() if isinstance(v, float | int) and not isinstance(v, bool)}
    compared = {k: v for k, v in numbers.items() if k != "seconds" and not k.endswith("winding")}
    assert len(compared) > 30
    assert {k for k in compared if k not in ours} == set()
    for key, value in compared.items():
        # Where faces meet, either may be called the nearest: that is all their normals can differ by.
        tolerance = 2e-2 if key.endswith("normal_consistency") else 5e-5
        assert ours[key] == pytest.approx(value, rel=tolerance, abs=1e-6), key


def test_an_object_needs_no_more_than_a_mesh_and_cameras(tmp_path: Path) -> None:
    trimesh.creation.icosphere(4, 0.5).export(tmp_path / "mesh.glb")
    trimesh.creation.icosphere(4, 0.45).export(tmp_path / "made.glb")
    views = [{"elevation": 5, "azimuth": 60}, {"elevation": 40, "azimuth": 285}]
    cameras = {"fov_deg": 33.8, "distance": 2.0, "resolution": [64, 64], "eval": views}
    (tmp_path / "cameras.json").write_text(json.dumps(cameras))
    told = score_mesh(
        tmp_path / "made.glb", tmp_path, points=2000, grid=32, supersample=1, pictures=tmp_path / "pictures"
    )
    assert told["chamfer_surface"] == pytest.approx(0.05, abs=2e-3)
    assert told[f"{ALIGNED}scale"] == pytest.approx(1 / 0.9, abs=0.01)
    assert told["silhouette_iou"] == pytest.approx(0.9**2, abs=0.04)
    assert told["normal_error_deg"] < 8
    assert told[f"{FLAT}psnr"] == 60, "white on white"
    assert len(list((tmp_path / "pictures").glob("*.png"))) == 2
