import json
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from sv3d_engine.laboratory.evaluate import relight
from sv3d_engine.laboratory.evaluate.relight import Shot, compare, relit_psnr, render, roughness_of, shown
from sv3d_engine.shared.errors import UserError

RNG = np.random.default_rng(0)

# Stands in for Blender: pictures of one colour, which is the mesh file's, and a note of what was asked for.
BLENDER = """
import json, sys
from pathlib import Path
from PIL import Image
shot = json.loads(Path(sys.argv[1]).read_text())
colour = json.loads(Path(shot["mesh"]).read_text())
if colour is None:
    sys.exit("Segmentation fault")
for i, _ in enumerate(shot["views"]):
    Image.new("RGBA", (shot["size"],) * 2, tuple(colour)).save(Path(shot["out"]) / f"{i:03d}.png")
with (Path(shot["mesh"]).parent / "asked.jsonl").open("a") as told:
    print(json.dumps(shot), file=told)
"""


@pytest.fixture
def source(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An object that has stood in the first of the lights."""
    folder = tmp_path / "bench" / "cow"
    folder.mkdir(parents=True)
    (folder / "mesh.glb").write_text("[120, 60, 200, 255]")
    views = [{"elevation": float(i), "azimuth": 10.0 * i} for i in range(8)]
    (folder / "cameras.json").write_text(json.dumps({"fov_deg": 33.8, "distance": 2.1, "eval": views}))
    (folder / "meta.json").write_text(json.dumps({"hdri": {"file": relight.LIGHTS[0]}}))
    scene = tmp_path / "scene.py"
    scene.write_text(BLENDER)
    monkeypatch.setattr(relight, "PROGRAM", (scene,))
    monkeypatch.setattr(relight, "PROGRAM_FILES", (scene,))
    monkeypatch.setattr(relight, "SIZE", 8)
    return folder


def asked(folder: Path) -> list[dict]:
    return [json.loads(line) for line in (folder / "asked.jsonl").read_text().splitlines()]


def test_truth_and_prediction_stand_in_a_light_that_is_new_to_them(source: Path, tmp_path: Path) -> None:
    mesh = tmp_path / "mesh.glb"
    mesh.write_text("[60, 120, 200, 255]")
    score = relit_psnr(source, mesh, tmp_path / "out", tmp_path / "truths", sys.executable)
    assert score > 50  # of one colour: a factor a channel makes them equal, but for rounding
    (true,), (made,) = asked(source), asked(tmp_path)
    assert true["light"] == made["light"] == relight.LIGHTS[1]
    assert true["views"] == made["views"] == [[1.0, 10.0], [3.0, 30.0], [5.0, 50.0], [7.0, 70.0]]
    assert (true["turned"], made["turned"]) == (0.0, 90.0)
    assert (true["roughness"], made["roughness"]) == (relight.ROUGHNESS, None)
    assert len(list((tmp_path / "out").glob("*.png"))) == 4


def test_the_truth_is_rendered_once(source: Path, tmp_path: Path) -> None:
    mesh = tmp_path / "mesh.glb"
    mesh.write_text("[60, 120, 200, 255]")
    for _ in range(2):
        relit_psnr(source, mesh, tmp_path / "out", tmp_path / "truths", sys.executable)
    assert (len(asked(source)), len(asked(tmp_path))) == (1, 2)
    (source / "mesh.glb").write_text("[1, 2, 3, 255]")
    relit_psnr(source, mesh, tmp_path / "out", tmp_path / "truths", sys.executable)
    assert len(asked(source)) == 2


def test_a_truth_that_another_seed_renders_at_once_is_used(
    source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    mesh = tmp_path / "mesh.glb"
    mesh.write_text("[60, 120, 200, 255]")

    def slow(shot: Shot, out: Path, python: str) -> None:
        monkeypatch.setattr(relight, "render", render)
        relit_psnr(source, mesh, tmp_path / "faster", tmp_path / "truths", python)
        render(shot, out, python)

    monkeypatch.setattr(relight, "render", slow)
    assert relit_psnr(source, mesh, tmp_path / "out", tmp_path / "truths", sys.executable) > 50
    assert len(asked(source)) == 2
    assert len(list((tmp_path / "truths").iterdir())) == 1


def test_a_blender_that_fails_is_told(source: Path, tmp_path: Path) -> None:
    (tmp_path / "mesh.glb").write_text("null")
    with pytest.raises(UserError) as failure:
        render(Shot(str(tmp_path / "mesh.glb"), "city.exr", [(0.0, 0.0)], 33.8, 2.0), tmp_path, sys.executable)
    assert "Segmentation fault" in failure.value.details


def test_roughness_is_the_objects_or_the_readmes_or_blenders(source: Path) -> None:
    assert roughness_of(source) == 0.5
    (source.parent / "README.md").write_text("| cow | Cow | Me | CC0 | the same | .12, interior | gloss 0.9, thin |\n")
    assert roughness_of(source) == 0.12
    (source / "meta.json").write_text('{"roughness": 0.3}')
    assert roughness_of(source) == 0.3


def test_one_factor_a_channel_is_forgiven() -> None:
    truth = np.concatenate([RNG.random((2, 9, 9, 3)) * 0.4 + 0.1, np.ones((2, 9, 9, 1))], -1).astype(np.float32)
    scaled = truth * np.array([2, 0.5, 1, 1], np.float32)
    assert compare(truth, scaled)[0] == 99.0
    spotted = truth.copy()
    spotted[0, :4, :4, 0] += 0.3  # no factor makes good for a spot
    assert compare(truth, spotted)[0] < 30


def test_what_only_one_of_them_covers_counts() -> None:
    truth = np.zeros((1, 4, 4, 4), np.float32)
    truth[0, :2] = 0.2, 0.2, 0.2, 1
    wide = truth.copy()
    wide[0, 2] = 0.2, 0.2, 0.2, 1
    error = (1 - shown(truth)[0, 0, 0, 0] / 255) ** 2
    assert compare(truth, wide)[0] == pytest.approx(-10 * np.log10(error / 3), abs=0.01)  # one row of three


def test_colours_are_shown_over_white_in_srgb() -> None:
    layers = np.array([[[[0.503, 0, 2, 1], [0.503, 0, 0, 0.2], [0, 0, 0, 0]]]], np.float32)
    assert shown(layers)[0, 0].tolist() == [[188, 0, 255], [242, 204, 204], [255, 255, 255]]


def test_layers_are_read_in_linear_light(tmp_path: Path) -> None:
    Image.new("RGBA", (2, 2), (188, 0, 255, 51)).save(tmp_path / "000.png")
    assert relight.read_layers(tmp_path)[0, 0, 0] == pytest.approx([0.503, 0, 1, 0.2], abs=1e-3)
