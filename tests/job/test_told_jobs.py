"""Jobs that are told normals, or asked to look at pictures as LPIPS does: from the request to the report."""

import json
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from ball import SIZE, TINY, ball_frame
from PIL import Image
from pipeline_fakes import make_source

from sv3d_engine.ground.settings import PRESETS
from sv3d_engine.ground.tensor_store import save_tensors
from sv3d_engine.job.job import FramesToMesh
from sv3d_engine.job.request import job_from_request
from sv3d_engine.job.run import run_job
from sv3d_engine.job.stages import MESH_STAGES
from sv3d_engine.reconstruction.perceptual import LPIPS
from sv3d_engine.shared import model_catalogue as catalogue
from sv3d_engine.shared import protocol
from sv3d_engine.shared.errors import UserError

COUNT = 8
NAMES = ("frames", "field", "mesh")
TO_THE_MESH = [stage for stage in MESH_STAGES if stage.name in NAMES]


def ball_normals() -> np.ndarray:  # (SIZE, SIZE, 3) uint8
    """Of a ball's picture, from far away, as DirectX has them: green points down."""
    y, x = np.mgrid[:SIZE, :SIZE] / (SIZE - 1) * 2 - 1
    x, y = x / 0.6, y / 0.6
    normals = np.stack([x, y, np.sqrt(np.clip(1 - x**2 - y**2, 0, 1))], -1)
    return np.rint((normals.clip(-1, 1) + 1) / 2 * 255).astype(np.uint8)


@pytest.fixture(scope="module")
def ball(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Frames of a ball in ``frames``, their normals in ``maps``."""
    folder = tmp_path_factory.mktemp("ball")
    for name, picture in (("frames", ball_frame(SIZE)), ("maps", ball_normals())):
        (folder / name).mkdir()
        for i in range(COUNT):
            Image.fromarray(picture).save(folder / name / f"{i:03d}.png")
    return folder


@pytest.fixture
def tiny(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(PRESETS, "draft", TINY)


def asked(ball: Path, out: Path, **more: str) -> protocol.MeshJob:
    return protocol.MeshJob("ball", str(ball / "frames"), str(out), preset="draft", device="cpu", **more)  # type: ignore[arg-type]


def report_of(request: protocol.MeshJob) -> dict[str, dict[str, list[str]]]:
    run_job(request, lambda message: None, stages=TO_THE_MESH)
    stages: dict[str, dict[str, list[str]]] = json.loads(Path(request.out, "report.json").read_text())["stages"]
    return stages


@pytest.mark.usefixtures("tiny")
def test_maps_beside_the_frames_are_turned_kept_and_used(ball: Path, tmp_path: Path) -> None:
    told = report_of(asked(ball, tmp_path / "a", normals=str(ball / "maps")))
    assert any("y axis points down" in note for note in told["frames"]["notes"])
    assert "mono_normals" in told["mesh"]["losses"]
    with Image.open(tmp_path / "a" / "normals" / "003.png") as picture:
        kept = np.asarray(picture).astype(int)
    above = kept[SIZE // 4, SIZE // 2]  # the ball's upper part: green is up
    assert above[1] > 200 and above[3] > 240
    assert json.loads((tmp_path / "a" / "work" / "origins.json").read_text())["003.png"]["name"] == "003.png"
    untold = report_of(asked(ball, tmp_path / "b"))
    assert "mono_normals" not in untold["mesh"]["losses"]
    assert not (tmp_path / "b" / "normals").exists()


@pytest.mark.usefixtures("tiny")
def test_lpips_is_left_out_and_said_where_its_weights_are_not(
    ball: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(PRESETS, "draft", replace(TINY, losses=replace(TINY.losses, perceptual=0.1)))
    told = report_of(asked(ball, tmp_path / "without"))["mesh"]
    assert any("LPIPS" in note and "models get lpips" in note for note in told["notes"])
    assert "perceptual" not in told["losses"]

    monkeypatch.setenv("SV3D_HOME", str(tmp_path / "home"))
    torch.manual_seed(0)
    catalogue.LPIPS.path.parent.mkdir(parents=True)
    save_tensors({f"vgg.{k}": v for k, v in LPIPS("vgg").state_dict().items()}, {}, catalogue.LPIPS.path)
    told = report_of(asked(ball, tmp_path / "with"))["mesh"]
    assert "perceptual" in told["losses"]
    assert not any("LPIPS" in note for note in told["notes"])


def test_other_maps_make_another_mesh(ball: Path, tmp_path: Path) -> None:
    """Whatever a finished stage has seen of them is in its fingerprint; other files beside them are not."""
    maps = make_source(tmp_path / "maps")
    job = job_from_request(asked(ball, tmp_path / "out", normals=str(maps)))
    plain = job_from_request(asked(ball, tmp_path / "out"))

    def said(job: FramesToMesh) -> list[bytes]:
        return list(TO_THE_MESH[0].inputs(job))

    assert isinstance(job, FramesToMesh) and isinstance(plain, FramesToMesh)
    before = said(job)
    assert before != said(plain)
    assert before == said(job)
    (maps / "Thumbs.db").write_bytes(b"a system's own")
    assert before == said(job)
    (maps / "001.png").write_bytes(b"another")
    assert before != said(job)


@pytest.mark.parametrize(
    ("normals", "cause"),
    [
        ("nowhere", "There is no folder or file of normals"),
        ("frames/000.png", "cannot come from 000.png"),
        (".", "holds no normal maps"),
    ],
)
def test_what_tells_no_normals_is_refused_before_any_work(ball: Path, tmp_path: Path, normals: str, cause: str) -> None:
    with pytest.raises(UserError, match=cause):
        job_from_request(asked(ball, tmp_path / "out", normals=str(ball / normals)))


def test_maps_where_the_job_would_write_its_own_are_left_alone(ball: Path, tmp_path: Path) -> None:
    maps = shutil.copytree(ball / "maps", tmp_path / "out" / "normals")
    with pytest.raises(UserError, match="would write over them"):
        job_from_request(asked(ball, tmp_path / "out", normals=str(maps)))
    assert isinstance(job_from_request(asked(ball, tmp_path / "other", normals=str(maps))), FramesToMesh)


def test_a_films_frames_have_no_maps(ball: Path, tmp_path: Path) -> None:
    film = tmp_path / "turn.mp4"
    film.write_bytes(b"")
    request = replace(asked(ball, tmp_path / "out", normals=str(ball / "maps")), frames=str(film))
    with pytest.raises(UserError, match="not known before") as caught:
        job_from_request(request)
    assert "folder of pictures" in caught.value.remedy


def test_one_picture_has_no_maps_yet_but_a_network_may_look_at_its_orbit(
    ball: Path, tmp_path: Path, weights: dict[str, Path]
) -> None:
    network = tmp_path / "moge.onnx"
    network.write_bytes(b"")
    picture = {"picture": str(ball / "frames" / "000.png"), "weights": str(weights["p"])}
    job = job_from_request(protocol.GenerateJob("a", out=str(tmp_path / "a"), normals=str(network), **picture))
    assert isinstance(job, FramesToMesh) and job.normals == network
    with pytest.raises(UserError, match="cannot come from maps") as caught:
        job_from_request(protocol.GenerateJob("a", out=str(tmp_path / "a"), normals=str(ball / "maps"), **picture))
    assert "network" in caught.value.remedy
