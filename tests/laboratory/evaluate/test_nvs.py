"""Known orbits, sampling several at once, and the whole command with a small network."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
import trimesh
from PIL import Image

from sv3d_engine.job.command_line import main
from sv3d_engine.laboratory.evaluate import novel_views
from sv3d_engine.laboratory.evaluate.likeness import lpips_by
from sv3d_engine.laboratory.evaluate.novel_views import batches
from sv3d_engine.laboratory.evaluate.nvs_orbits import KnownOrbit, OrbitSampler, benchmark, generated, mean_frames
from sv3d_engine.reconstruction.perceptual import LPIPS
from sv3d_engine.shared.architecture import OFFICIAL
from sv3d_engine.shared.errors import UserError
from sv3d_engine.shared.model_facts import model_file
from sv3d_engine.shared.trajectory import static
from sv3d_engine.sv3d.generation.make_orbit import OrbitSettings
from tests.golden import write_checkpoint
from tests.sv3d.generation import small_model
from tests.sv3d.network.small import manifest

CPU = torch.device("cpu")
SIZE = small_model.SIZE


@pytest.fixture(scope="module")
def weights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("weights") / "small.safetensors"
    write_checkpoint(
        manifest("p"),
        path,
        frame_size=SIZE,
        name="SV3D-small",
        guidance_scale=1,
        camera_guidance=2,
        sampler="ays",
        steps=3,
    )
    return path


def known(name: str, grey: int) -> KnownOrbit:
    return KnownOrbit(name, np.full((21, SIZE, SIZE, 3), grey, np.uint8), static(10.0))


def write_bench(folder: Path) -> None:
    """The benchmark's four objects as squares on nothing, seen once round; one has a static orbit too."""
    rgba = np.zeros((128, 128, 4), np.uint8)
    rgba[32:96, 32:96] = (255, 0, 0, 255)
    poses = static(10.0)
    for name in ("spot", "stool", "corset", "lumberjack"):
        cameras = {"fov_deg": 33.8, "distance": 2.0}
        for orbit in ("orbit_dynamic", "orbit_static")[: 2 if name == "spot" else 1]:
            (folder / name / orbit).mkdir(parents=True)
            files = [f"{orbit}/{i:03d}.png" for i in range(21)]
            views = zip(files, poses, strict=True)
            cameras[orbit] = [{"file": f, "elevation": p.elevation, "azimuth": p.azimuth} for f, p in views]
            for file in files:
                Image.fromarray(rgba).save(folder / name / file)
        (folder / name / "cameras.json").write_text(json.dumps(cameras))


def test_held_out_orbits_are_of_the_split_and_end_at_the_front() -> None:
    (still,) = generated("val", 1, "static", 32)
    (moving,) = generated("val", 1, "dynamic", 32)
    assert still.name.endswith(" 1000000000")
    assert still.frames.shape == (21, 32, 32, 3)
    assert moving.poses[-1] == (still.poses[-1].elevation, 0.0)
    assert len({p.elevation for p in still.poses}) == 1 < len({p.elevation for p in moving.poses})


def test_benchmark_frames_are_reduced_over_white(tmp_path: Path) -> None:
    write_bench(tmp_path)
    (spot,) = benchmark(tmp_path, "static", SIZE)
    assert spot.frames[0, 0, 0].tolist() == [255, 255, 255]
    assert spot.frames[0, SIZE // 2, SIZE // 2].tolist() == [255, 0, 0]
    assert len(list(benchmark(tmp_path, "dynamic", SIZE))) == 4
    (stool,) = benchmark(tmp_path, "dynamic", SIZE, ["stool"])
    assert stool.name == "stool"
    with pytest.raises(UserError, match="not there"):
        list(benchmark(tmp_path, "static", SIZE, ["horse"]))
    with pytest.raises(UserError, match="no object"):
        list(benchmark(tmp_path / "spot" / "orbit_static", "static", SIZE))


def test_mean_frames_are_kept_until_other_ones_are_asked_for(tmp_path: Path) -> None:
    first = mean_frames(1, "static", 32, tmp_path)
    (file,) = tmp_path.iterdir()
    written = file.stat().st_mtime_ns
    assert np.array_equal(mean_frames(1, "static", 32, tmp_path), first)
    assert file.stat().st_mtime_ns == written
    assert not np.array_equal(mean_frames(2, "static", 32, tmp_path), first)


def test_an_orbit_does_not_depend_on_what_is_sampled_beside_it(weights: Path) -> None:
    sampler = OrbitSampler(weights, OrbitSettings("ays", 2), CPU, 0)
    a, b = known("a", 40), known("b", 200)
    both = sampler([a, b])
    assert both.shape == (2, 21, SIZE, SIZE, 3)
    assert np.abs(both[1].astype(int) - sampler([b])[0]).max() <= 1
    assert not np.array_equal(both[0], both[1])


def test_batches_end_with_what_is_left() -> None:
    orbits = [known(name, 0) for name in "abcde"]
    assert [[o.name for o in batch] for batch in batches(orbits, 2)] == [["a", "b"], ["c", "d"], ["e"]]


def test_the_command_writes_table_data_curves_and_sheet(
    weights: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out"
    amounts = ["--count=1", "--steps=1", "--training-orbits=1", "--device=cpu"]
    assert main(["evaluate", "nvs", f"--model={weights}", f"--out={out}", *amounts]) == 0
    assert "| 1 generated (val), dynamic | training mean |" in capsys.readouterr().out
    data = json.loads((out / "nvs.json").read_text(encoding="utf-8"))
    assert [len(s["orbits"]) for s in data["sets"].values()] == [1, 1]
    assert (data["model"], data["steps"], data["training_orbits"]) == ("SV3D-small", 1, 1)
    used = data["sampler"], data["guidance_scale"], data["camera_guidance"]
    assert used == ("ays", 1, 2), "what suits the model"
    assert "frame 20 is the picture" in (out / "nvs.md").read_text(encoding="utf-8")
    assert {file.stem for file in out.glob("*.svg")} == {"psnr", "ssim", "own_tower", "mse"}
    assert (out / "sheet.png").is_file()
    text = (out / "nvs.md").read_text(encoding="utf-8")
    assert "| paper: SV3D_p | GSO | 0.080 | 21.26 | 0.880 | 0.890 |" in text, "the paper's rows"
    assert "no CLIP-S" in text and "LPIPS is left out" in text
    given = data["sets"]["1 generated (val), static"]["predictors"]["input picture"]["own_tower"]["by_orbit"]
    assert 0 < given[0] <= 1


def test_models_of_a_folder_are_evaluated_as_well(weights: Path, tmp_path: Path) -> None:
    (tmp_path / "models").mkdir()
    trimesh.creation.box((1, 2, 3)).export(tmp_path / "models" / "box.glb")
    options = ["--models", str(tmp_path / "models"), "--count=0", "--steps=1", "--training-orbits=1", "--device=cpu"]
    assert main(["evaluate", "nvs", f"--model={weights}", f"--out={tmp_path / 'out'}", *options]) == 0
    sets = json.loads((tmp_path / "out/nvs.json").read_text())["sets"]
    assert {title: s["orbits"] for title, s in sets.items()} == {
        "models in models, static": ["box.glb"],
        "models in models, dynamic": ["box.glb"],
    }


def test_lpips_is_told_where_its_weights_are(weights: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    torch.manual_seed(0)
    monkeypatch.setattr(novel_views, "lpips_judge", lambda device: lpips_by(LPIPS("alex")))
    amounts = ["--count=1", "--steps=1", "--training-orbits=1", "--device=cpu"]
    assert main(["evaluate", "nvs", f"--model={weights}", f"--out={tmp_path}", *amounts]) == 0
    assert (tmp_path / "lpips.svg").is_file()
    assert "| orbits | predictor | LPIPS | PSNR | SSIM | own tower | MSE |" in (tmp_path / "nvs.md").read_text()


def test_only_a_tower_built_as_clips_may_be_called_clip(weights: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sampler = OrbitSampler(weights, OrbitSettings("ays", 2), CPU, 0)
    assert not sampler.has_clip
    embedded = sampler.embed(torch.rand(2, 3, SIZE, SIZE) * 2 - 1)
    assert embedded.shape == (2, sampler.model.architecture.context_width)
    official = replace(OFFICIAL, frame_size=SIZE)
    monkeypatch.setattr(sampler, "model", replace(sampler.model, architecture=official))
    assert sampler.has_clip
    monkeypatch.setattr(sampler, "_own_tower", True)
    assert not sampler.has_clip


def test_numbers_that_make_no_evaluation_are_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["evaluate", "nvs", "--model", "some.safetensors", "--count", "0"]) == 2
    assert "make no evaluation" in capsys.readouterr().err


def test_the_bundled_model_may_be_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sv3d_engine.shared.model_facts.bundled_weights", lambda: None)
    with pytest.raises(UserError, match="no model of its own"):
        model_file("mini")
    assert model_file("w.safetensors") == Path("w.safetensors")
