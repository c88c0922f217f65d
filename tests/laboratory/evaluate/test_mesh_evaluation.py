import json
from pathlib import Path

import pytest
from PIL import Image
from test_house import FILES, imported

from sv3d_engine.ground.files import write_json
from sv3d_engine.job.command_line import main
from sv3d_engine.laboratory.evaluate import mesh_evaluation, mesh_tasks
from sv3d_engine.laboratory.evaluate.known_objects import known_objects, real_orbits
from sv3d_engine.laboratory.evaluate.mesh_evaluation import Failure, copy_engine, parse_without, perform_apart
from sv3d_engine.laboratory.evaluate.mesh_tasks import CODE, LATER
from sv3d_engine.laboratory.evaluate.rebuild_task import Task
from sv3d_engine.shared.errors import UserError
from tests.laboratory.evaluate.objects import write_object


@pytest.fixture
def bench(tmp_path: Path) -> Path:
    """A benchmark of two objects and a real orbit, all of them empty, and a folder that is no object."""
    folder = tmp_path / "bench"
    for name in ("stool", "cow", "notes", "real_orbits/bag"):
        (folder / name).mkdir(parents=True)
    for name in ("stool", "cow"):
        write_object(folder / name)
    (folder / "real_orbits/bag/000.png").touch()
    (folder / "hulls.json").write_text(json.dumps({"cow": {"volume_iou": 0.95}}))
    return folder


class Performed:
    """Stands in for the processes that do the tasks, and remembers which."""

    def __init__(self, failing: str = "") -> None:
        self.done: list[tuple[str, int]] = []
        self.failing = failing

    def __call__(self, task: Task, jobs: int, source: Path) -> Failure | None:
        self.done.append((task.name, task.seed))
        if task.name == self.failing:
            return Failure(task.name, task.seed, "Its frames are empty.")
        scores = {"volume_iou": 0.9 + 0.02 * task.seed, "chamfer": 0.01, "flat_psnr": 21.0}
        scores = {"psnr": 20.0, "ssim": 0.8} if task.real else scores
        report = {"stages": {"field": {"seconds": 30.0}}, "peak_memory": 1e9}
        task.figures.parent.mkdir(exist_ok=True)
        Image.new("RGB", (30, 10)).save(task.sheet)
        write_json(task.figures, {"fingerprint": task.fingerprint, "scores": scores, "report": report})
        return None


def evaluate(monkeypatch: pytest.MonkeyPatch, bench: Path, *options: str, failing: str = "") -> tuple[int, list]:
    performed = Performed(failing)
    monkeypatch.setattr(mesh_evaluation, "perform_apart", performed)
    monkeypatch.setattr(mesh_evaluation, "copy_engine", lambda source: None)
    code = main(["evaluate", "mesh", "--bench", str(bench), "--out", str(bench.parent / "out"), *options])
    return code, performed.done


def test_everything_of_the_benchmark_is_evaluated_in_lexical_order(monkeypatch, bench, capsys) -> None:
    code, done = evaluate(monkeypatch, bench, "--seeds", "0", "1")
    assert code == 0
    assert done == [(name, seed) for seed in (0, 1) for name in ("cow", "stool", "bag")]
    told = capsys.readouterr().out
    assert "| cow | 0.910 (0.950) |" in told
    assert "| mean, seed 1 | 0.920 |" in told
    assert "Worse than the visual hull: 1 of 1 figures.\n- cow: volume_iou 0.9100, the hull's 0.9500\n" in told
    assert "| bag | 20.00 | 0.800 |" in told
    assert (bench.parent / "out/figures.md").read_text() == told
    figures = json.loads((bench.parent / "out/figures.json").read_text())
    assert figures["cow"]["by_seed"]["1"]["volume_iou"] == 0.92
    assert figures["cow"]["hull"] == {"volume_iou": 0.95}
    with Image.open(bench.parent / "out/sheet.png") as sheet:
        assert sheet.size == (30, 3 * 10)


def test_finished_objects_are_kept(monkeypatch, bench, capsys) -> None:
    assert evaluate(monkeypatch, bench, "--objects", "cow", "--real") == (0, [("cow", 0)])
    before = capsys.readouterr().out
    assert evaluate(monkeypatch, bench, "--objects", "cow", "--real") == (0, [])
    assert capsys.readouterr().out == before


def test_what_other_code_settings_seeds_or_objects_made_is_not_kept(monkeypatch, bench, tmp_path) -> None:
    options = ["--objects", "cow", "--real"]
    evaluate(monkeypatch, bench, *options)
    assert evaluate(monkeypatch, bench, *options, "--set", "coarse_steps=5")[1] == [("cow", 0)]
    assert evaluate(monkeypatch, bench, *options, "--set", "coarse_steps=5")[1] == []
    (bench / "cow/mesh.glb").write_bytes(b"glTF")
    assert evaluate(monkeypatch, bench, *options, "--set", "coarse_steps=5")[1] == [("cow", 0)]
    (tmp_path / "scene.py").write_text("# another light")
    monkeypatch.setattr(mesh_tasks, "RELIGHTING", (tmp_path / "scene.py",))
    assert evaluate(monkeypatch, bench, *options, "--set", "coarse_steps=5")[1] == [("cow", 0)]
    (tmp_path / "engine/shared").mkdir(parents=True)
    (tmp_path / "engine/shared/errors.py").write_text("# other code")
    monkeypatch.setattr(mesh_tasks, "PACKAGE", tmp_path / "engine")
    assert evaluate(monkeypatch, bench, *options, "--set", "coarse_steps=5")[1] == [("cow", 0)]


def test_all_code_that_an_evaluation_imports_counts() -> None:
    reached, coming = set(), [("laboratory", "evaluate", "reconstruction")]
    while coming:
        module = coming.pop()
        if module in FILES and module not in reached:
            reached.add(module)
            coming += imported(module, FILES[module])
    assert len(reached) > 50
    assert [m for m in sorted(reached) if not any("/".join(m).startswith(f"{folder}/") for folder in CODE)] == []
    evaluating = {module for module in FILES if module[:2] == ("laboratory", "evaluate")}
    assert {module[-1] for module in evaluating - reached} - {"__init__"} == LATER, "and no other does"


def test_a_failure_is_told_and_the_others_go_on(monkeypatch, bench, capsys) -> None:
    code, done = evaluate(monkeypatch, bench, "--jobs", "2", failing="cow")
    assert code == 1
    assert sorted(done) == [("bag", 0), ("cow", 0), ("stool", 0)]
    told = capsys.readouterr().out
    assert "**cow, seed 0, failed**: Its frames are empty." in told
    assert "| stool | 0.900 |" in told
    assert evaluate(monkeypatch, bench) == (0, [("cow", 0)])


def test_an_object_that_is_not_there(monkeypatch, bench, capsys) -> None:
    assert evaluate(monkeypatch, bench, "--objects", "cow", "horse") == (2, [])
    told = capsys.readouterr().err
    assert "has no horse" in told
    assert "cow, stool" in told


def test_no_object_at_once(monkeypatch, bench, capsys) -> None:
    assert evaluate(monkeypatch, bench, "--jobs", "0") == (2, [])
    assert "--jobs" in capsys.readouterr().err


def test_a_process_of_its_own_tells_why_it_failed(bench: Path, tmp_path: Path) -> None:
    copy_engine(tmp_path / "source")
    task = Task(str(bench / "real_orbits" / "bag"), str(tmp_path / "out"), fingerprint="f")
    failure = perform_apart(task, 1, tmp_path / "source")
    assert failure is not None
    assert (failure.name, failure.seed) == ("bag", 0)
    assert "frame" in failure.reason
    assert not list((tmp_path / "source").glob("**/sv3d_mini"))
    programs = {path.name for path in (tmp_path / "source" / "building").iterdir()}
    assert programs == {"relight_scene.py", "cycles_settings.py"}


def test_what_counts_as_an_object(bench: Path) -> None:
    assert known_objects(bench) == ["cow", "stool"]
    assert real_orbits(bench, None) == ["bag"]
    assert real_orbits(bench, []) == []


def test_folders_of_objects_do_without_a_benchmark(monkeypatch, bench, capsys) -> None:
    performed = Performed()
    monkeypatch.setattr(mesh_evaluation, "perform_apart", performed)
    monkeypatch.setattr(mesh_evaluation, "copy_engine", lambda source: None)
    out = ["--out", str(bench.parent / "out")]
    assert main(["evaluate", "mesh", str(bench / "cow"), *out]) == 0
    assert performed.done == [("cow", 0)]
    assert main(["evaluate", "mesh", str(bench / "notes"), *out]) == 2
    assert "notes is no known object" in capsys.readouterr().err
    assert main(["evaluate", "mesh", *out]) == 2
    assert "No object is named" in capsys.readouterr().err
    assert main(["evaluate", "mesh", str(bench / "cow"), "--bench", str(bench), "--objects", "cow", *out]) == 2
    assert "Several objects are called cow" in capsys.readouterr().err


def test_figures_stand_in_the_papers_form(monkeypatch, bench, capsys) -> None:
    evaluate(monkeypatch, bench, "--objects", "cow", "--real")
    told = capsys.readouterr().out
    assert "| this project, standard, true frames, base colour | cow | 0.0100 | 0.900 |" in told
    assert "| paper: SV3D_p | 50 of GSO |" in told
    assert "whole views of neither orbit over white, 1 of 8²;" in told
    assert "LPIPS is left out" in told
    assert json.loads((bench.parent / "out/paper.json").read_text())[0]["figures"]["psnr"] == 21.0


def test_a_row_tells_what_differs_from_the_preset_and_from_the_truth(monkeypatch, bench, capsys) -> None:
    evaluate(monkeypatch, bench, "--objects", "cow", "--real", "--set", "sweeps=2", "--hidden", "15")
    method = "this project, standard, sweeps=2, true frames, cameras told 15° wrong and the other way round"
    assert f"| {method}, base colour |" in capsys.readouterr().out
    assert json.loads((bench.parent / "out/paper.json").read_text())[0]["method"].startswith(method)
    evaluate(monkeypatch, bench, "--objects", "cow", "--real", "--normals", "noisy")
    assert "| this project, standard, true frames, normals with errors told, base colour |" in capsys.readouterr().out


def test_what_a_mean_leaves_out() -> None:
    assert parse_without(["volume_iou=basket,teajug"]) == {"volume_iou": ["basket", "teajug"]}
    for wrong in ("volume_iou", "volume=basket"):
        with pytest.raises(UserError):
            parse_without([wrong])
