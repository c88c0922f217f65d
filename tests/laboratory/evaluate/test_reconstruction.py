import json
import sys
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from sv3d_engine.ground.files import write_json
from sv3d_engine.ground.settings import PRESETS
from sv3d_engine.laboratory.evaluate import rebuild_task, reconstruction
from sv3d_engine.laboratory.evaluate.rebuild_task import Begun, Task, as_json, from_json
from sv3d_engine.laboratory.evaluate.reconstruction import (
    bench_orbit,
    perform,
    read_over_white,
    reconstruct,
    score_by_benchmark,
    split_orbit,
)
from sv3d_engine.orbit.cameras import static_orbit
from sv3d_engine.shared.errors import UserError


def test_every_seventh_frame_is_left_out() -> None:
    kept, left_out = split_orbit(static_orbit(10, 2.0))
    assert [v.file for v in left_out.views] == ["006.png", "013.png", "020.png"]
    assert len(kept.views) == 18
    assert not set(kept.views) & set(left_out.views)


def test_bench_cameras_lose_their_folder(tmp_path: Path) -> None:
    frames = [{"file": "orbit_dynamic/000.png", "elevation": 18.8, "azimuth": 17.1}]
    data = {"fov_deg": 33.8, "distance": 2.35, "orbit_dynamic": frames}
    (tmp_path / "cameras.json").write_text(json.dumps(data))
    orbit = bench_orbit(tmp_path / "cameras.json")
    assert (orbit.fov_deg, orbit.distance, orbit.views[0].file) == (33.8, 2.35, "000.png")


def test_a_picture_file_is_read_over_white(tmp_path: Path) -> None:
    Image.fromarray(np.array([[[0, 0, 0, 0], [51, 102, 204, 255], [0, 0, 0, 51]]], np.uint8)).save(tmp_path / "a.png")
    picture = read_over_white(tmp_path / "a.png")
    assert picture[0] == pytest.approx(np.array([[1, 1, 1], [0.2, 0.4, 0.8], [0.8, 0.8, 0.8]]))


def test_what_another_task_left_does_not_count(tmp_path: Path) -> None:
    task = Task("bench/cow", str(tmp_path), fingerprint="this")
    assert task.found() == {}
    task.figures.write_text('{"fingerprint": "other", "scores": {}}')
    assert task.found() == {}
    task.figures.write_text('{"fingerprint": "this", "scores": {}}')
    assert task.found()["scores"] == {}


def write_job(folder: Path, maker: str) -> None:
    """A job's folder, and by whose code it is."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "job.json").write_text("{}")
    (folder / "maker").write_text(maker)


@pytest.fixture
def found(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """By whose code the jobs were that tasks went on from, "" where they began anew; each is interrupted then."""
    makers: list[str] = []

    def interrupted(task: Task) -> None:
        maker = task.job / "maker"
        makers.append(maker.read_text() if maker.is_file() else "")
        write_job(task.job, task.fingerprint)
        raise KeyboardInterrupt

    monkeypatch.setattr(reconstruction, "score_object", interrupted)
    return makers


def test_an_interrupted_task_resumes_its_job_and_a_changed_one_does_not(tmp_path: Path, found: list[str]) -> None:
    for fingerprint in ("a", "a", "b", "b"):
        with pytest.raises(KeyboardInterrupt):
            perform(Task("bench/cow", str(tmp_path), fingerprint=fingerprint))
    assert found == ["", "a", "", "b"]


def test_what_is_no_job_is_not_cleared(tmp_path: Path, found: list[str]) -> None:
    (tmp_path / "cow").mkdir()
    (tmp_path / "cow" / "notes.txt").touch()
    with pytest.raises(KeyboardInterrupt):
        perform(Task("bench/cow", str(tmp_path)))
    assert (tmp_path / "cow" / "notes.txt").is_file()


@pytest.mark.parametrize(
    ("left", "begun"),
    [
        ({"fingerprint": "old", "scores": {"chamfer": 1.0}}, ""),  # of older code
        ({"fingerprint": "new"}, ""),  # not done: half of its job may still be the older code's
        ({"fingerprint": "new", "scores": {"chamfer": 1.0}}, "whole"),
    ],
)
def test_a_job_begins_with_what_the_same_code_has_made_of_another(tmp_path: Path, found, left, begun) -> None:
    write_job(tmp_path / "other" / "cow", "whole")
    (tmp_path / "other" / "cow" / "report.json").write_text("{}")
    (tmp_path / "other" / "cow.json").write_text(json.dumps(left))
    write_job(tmp_path / "mine" / "cow", "older")
    task = Task("bench/cow", str(tmp_path / "mine"), fingerprint="f", begun=Begun(str(tmp_path / "other"), "new"))
    with pytest.raises(KeyboardInterrupt):
        perform(from_json(as_json(task)))
    assert found == [begun]


def test_a_task_has_settings_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    seen = {}

    def run_job(request, show):
        seen.update(steps=PRESETS["draft"].coarse_steps, size=PRESETS["draft"].coarse_size, seed=request.seed)
        (tmp_path / "report.json").write_text('{"stages": {}}')
        return type("Result", (), {"report": str(tmp_path / "report.json")})

    monkeypatch.setitem(PRESETS, "draft", PRESETS["draft"])  # put back afterwards
    monkeypatch.setattr(reconstruction, "run_job", run_job)
    task = Task("bench/cow", str(tmp_path), seed=3, preset="draft", settings={"coarse_steps": 7})
    assert reconstruct(task, tmp_path, tmp_path / "cameras.json") == {"stages": {}}
    assert seen == {"steps": 7, "size": PRESETS["draft"].coarse_size, "seed": 3}


@pytest.fixture
def scored(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An object whose job and figures are stand-ins; its folder."""
    source = tmp_path / "bench" / "cow"
    (source / "orbit_static").mkdir(parents=True)
    frames = [{"file": f"orbit_static/{i:03d}.png", "elevation": 10.0, "azimuth": 17.0 * i} for i in range(21)]
    views = [{"file": "eval/000.png", "elevation": 5.0, "azimuth": 60.0}]
    described = {"fov_deg": 33.8, "distance": 2.0, "resolution": [8, 8], "orbit_static": frames, "eval": views}
    (source / "cameras.json").write_text(json.dumps(described))
    monkeypatch.setattr(reconstruction, "reconstruct", lambda task, frames, *_: {"frames": frames.name})
    monkeypatch.setattr(reconstruction, "draw_sheet", lambda task: None)
    scores = {"volume_iou": 0.9, "triangles": 12, "normal_error_deg": float("nan")}
    monkeypatch.setattr(reconstruction, "score_mesh", lambda *_, **__: dict(scores))
    return source


def test_an_object_is_scored_by_our_own_figures(scored: Path, tmp_path: Path) -> None:
    task = Task(str(scored), str(tmp_path / "out"))
    perform(task)
    assert task.found()["scores"] == {"volume_iou": 0.9, "triangles": 12}
    assert task.found()["report"] == {"frames": "orbit_static"}
    assert task.done()


def test_lpips_comes_to_an_object_that_is_scored_once_its_weights_are_here(
    scored: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    task = Task(str(scored), str(tmp_path / "out"))
    perform(task)
    write_json(task.figures, {**task.found(), "benchmark": {"volume_iou": 0.9}})
    assert task.done()
    monkeypatch.setattr(rebuild_task, "lpips_ready", lambda: True)
    assert not task.done()
    monkeypatch.setattr(reconstruction, "score_mesh", lambda *_, **__: {"volume_iou": 0.9, "flat_lpips": 0.1})
    perform(task)
    assert task.done()
    assert task.found()["scores"] == {"volume_iou": 0.9, "triangles": 12, "flat_lpips": 0.1}
    assert task.found()["benchmark"] == {"volume_iou": 0.9}, "what else is known stays"


EVALUATOR = """
import json, sys
mesh, source, *options = sys.argv[1:]
assert options == ["--front", "z"], options
if source.endswith("broken"):
    sys.exit("no such surface")
scores = {"volume_iou": 0.9, "triangles": 12, "textured": True, "albedo_psnr": float("nan")}
print(json.dumps({**scores, "aligned": {"volume_iou": 1}}))
"""


def test_the_benchmarks_own_figures_stand_beside_ours(scored: Path, tmp_path: Path) -> None:
    (scored.parent / "evaluate.py").write_text(EVALUATOR)
    task = Task(str(scored), str(tmp_path / "out"))
    perform(task)
    compared = replace(task, evaluator=sys.executable)
    assert not compared.done()
    perform(compared)
    assert compared.done()
    assert task.found()["benchmark"] == {"volume_iou": 0.9, "triangles": 12, "aligned_volume_iou": 1}
    with pytest.raises(UserError) as failure:
        score_by_benchmark(replace(compared, source=str(scored.parent / "broken")))
    assert "no such surface" in failure.value.details


def test_cameras_can_be_told_wrong_so_that_they_have_to_be_found() -> None:
    orbit = static_orbit(10.0, 2.0)
    told = reconstruction.hidden(orbit, 15.0)
    assert told.views[-1] == replace(orbit.views[-1], elevation=25.0)
    steps = [(b.azimuth - a.azimuth) % 360 for a, b in pairwise(told.views)]
    assert steps == pytest.approx([360 - 360 / 21] * 20)


def test_relighting_can_be_added_to_an_object_that_is_scored(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reconstruction, "relit_psnr", lambda *_: 21.5)
    task = Task("bench/cow", str(tmp_path), fingerprint="this")
    task.figures.write_text('{"fingerprint": "this", "scores": {"volume_iou": 0.9}, "report": {}}')
    assert task.done()
    relit = replace(task, bpy="python")
    assert not relit.done()
    perform(relit)
    assert relit.done()
    assert relit.found()["scores"] == {"volume_iou": 0.9, "relit_psnr": 21.5}


def test_figures_outlive_a_relighting_that_fails(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(*_: object) -> float:
        raise UserError("Blender did not render.", "Try another.")

    monkeypatch.setattr(reconstruction, "relit_psnr", fails)
    task = Task("bench/cow", str(tmp_path), fingerprint="this", bpy="python")
    task.figures.write_text('{"fingerprint": "this", "scores": {"volume_iou": 0.9}, "report": {}}')
    monkeypatch.setattr("sys.argv", ["reconstruction", as_json(task)])
    assert reconstruction.main() == 1
    assert task.found()["scores"] == {"volume_iou": 0.9}
    assert task.found()["error"].startswith("Blender did not render. Try another.")
