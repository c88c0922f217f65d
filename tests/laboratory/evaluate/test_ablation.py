"""The ablation with stand-ins for the meshes: what is done, kept, compared and left out."""

import json
from pathlib import Path

import pytest

from sv3d_engine.ground.files import write_json
from sv3d_engine.ground.settings import PRESETS
from sv3d_engine.job.command_line import main
from sv3d_engine.laboratory.evaluate import ablation, mesh_evaluation
from sv3d_engine.laboratory.evaluate.ablation import VARIANTS, WHOLE, Variant, ablation_table, chosen
from sv3d_engine.laboratory.evaluate.given_settings import parse_settings
from sv3d_engine.laboratory.evaluate.mesh_evaluation import Failure
from sv3d_engine.laboratory.evaluate.rebuild_task import Begun, Task
from sv3d_engine.shared.errors import UserError
from tests.laboratory.evaluate.objects import write_object


@pytest.fixture
def bench(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Two objects, one with a static orbit too; four variants, of which this version does not know one."""
    folder = tmp_path / "bench"
    for name in ("cow", "stool"):
        write_object(folder / name, *["orbit_dynamic", "orbit_static"][: 2 if name == "cow" else 1])
    variants = (
        Variant(WHOLE),
        Variant("with magic", asked=("magic=on",)),
        Variant("without sweeps", ("sweeps=0",)),
        Variant("without tomorrow's loss", ("losses.tomorrow=0",)),
        Variant("static orbit", orbit="static"),
    )
    monkeypatch.setattr(ablation, "VARIANTS", variants)
    return folder


class Performed:
    """Stands in for the processes: the whole has a Chamfer distance of 0.004, what lacks something one of 0.006."""

    def __init__(self) -> None:
        self.done: list[tuple[str, str]] = []
        self.begun: set[Begun | None] = set()
        self.fingerprints: dict[str, str] = {}

    def __call__(self, task: Task, jobs: int, source: Path) -> Failure | None:
        self.done.append((task.name, Path(task.out).parent.name))
        self.begun.add(task.begun)
        self.fingerprints[task.out] = task.fingerprint
        worse = 0.002 * bool(task.settings or task.orbit) + 0.01 * (task.name == "stool")
        task.figures.parent.mkdir(parents=True, exist_ok=True)
        scores = {"chamfer_surface": 0.004 + worse}
        write_json(task.figures, {"fingerprint": task.fingerprint, "scores": scores, "report": {}})
        return None


def evaluate(monkeypatch: pytest.MonkeyPatch, bench: Path, *options: str) -> tuple[int, list[tuple[str, str]]]:
    performed = Performed()
    monkeypatch.setattr(mesh_evaluation, "perform_apart", performed)
    monkeypatch.setattr(mesh_evaluation, "copy_engine", lambda source: None)
    code = main(["evaluate", "ablation", "--bench", str(bench), "--out", str(bench.parent / "out"), *options])
    return code, performed.done


def test_all_variants_of_an_object_come_before_the_next(monkeypatch, bench, capsys) -> None:
    code, done = evaluate(monkeypatch, bench)
    assert code == 0
    assert done == [
        *(("cow", folder) for folder in ("everything", "without_sweeps", "static_orbit")),
        *(("stool", folder) for folder in ("everything", "without_sweeps")),
    ]
    told = capsys.readouterr().out
    assert "| everything | 2 | 0.0090 |" in told
    assert "| without sweeps | 2 | 0.0110 (+0.0020) |" in told
    assert "| static orbit | 1 | 0.0060 (+0.0020) |" in told, "compared over the same object"
    assert "no such setting: with magic; without tomorrow's loss" in told
    data = json.loads((bench.parent / "out/ablation.json").read_text())
    assert data["variants"]["without sweeps"]["objects"]["cow"] == {"chamfer_surface": 0.006}
    assert (bench.parent / "out/ablation.md").read_text() == told


def test_variants_begin_with_the_job_that_has_everything(monkeypatch, bench, tmp_path) -> None:
    performed = Performed()
    monkeypatch.setattr(mesh_evaluation, "perform_apart", performed)
    monkeypatch.setattr(mesh_evaluation, "copy_engine", lambda source: None)
    out = tmp_path / "out"
    main(["evaluate", "ablation", str(bench / "cow"), "--out", str(out)])
    whole = str(out / "everything" / "seed0")
    assert performed.begun == {None, Begun(whole, performed.fingerprints[whole])}


def test_what_is_done_is_kept_when_objects_or_variants_are_added(monkeypatch, bench, capsys) -> None:
    assert len(evaluate(monkeypatch, bench, "--objects", "cow", "--variants", "sweeps")[1]) == 2
    assert evaluate(monkeypatch, bench, "--objects", "cow")[1] == [("cow", "static_orbit")]
    assert evaluate(monkeypatch, bench)[1] == [("stool", "everything"), ("stool", "without_sweeps")]
    assert evaluate(monkeypatch, bench)[1] == []
    assert evaluate(monkeypatch, bench, "--seeds", "1")[1] != []


def test_the_whole_is_always_there_to_compare_with(bench) -> None:
    assert [v.name for v in chosen(["static"])] == [WHOLE, "static orbit"]
    with pytest.raises(UserError, match="no variant"):
        chosen(["nonsense"])


def test_every_variant_differs_and_its_settings_are_known() -> None:
    assert len({v.folder for v in VARIANTS}) == len(VARIANTS)
    differing = [(v.settings, v.orbit, v.seed, v.asked, v.normals) for v in VARIANTS]
    assert len(set(differing)) == len(differing)
    for preset in PRESETS:
        for variant in VARIANTS:
            parse_settings(variant.settings, preset)


def test_a_variant_that_nobody_has_tried_has_no_row() -> None:
    assert ablation_table({WHOLE: {"cow": {"volume_iou": 0.9}}, "without": {}}).count("\n") == 3
