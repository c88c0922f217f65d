"""The real stages, small: killed in each, and with a disk that is truly full in each; the end is the same."""

import os
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from ball import SIZE, TINY, ball_frame
from kill_in_stage import kill_at
from PIL import Image
from pipeline_fakes import make_picture, tree
from safetensors.torch import load_file

from sv3d_engine.ground.files import write_json
from sv3d_engine.ground.progress import Progress
from sv3d_engine.ground.settings import PRESETS
from sv3d_engine.ground.tensor_store import save_tensors
from sv3d_engine.job.run import run_job
from sv3d_engine.job.stages import MESH_STAGES, ORBIT_STAGES
from sv3d_engine.orbit.orbit_files import write_frames
from sv3d_engine.shared import protocol
from sv3d_engine.shared.errors import UserError, explain

NAMES = [stage.name for stage in MESH_STAGES]
COUNT = 8


def silent(message):
    pass


@pytest.fixture(scope="module")
def ball(tmp_path_factory):
    folder = tmp_path_factory.mktemp("ball")
    for i in range(COUNT):
        Image.fromarray(ball_frame(SIZE)).save(folder / f"{i:03d}.png")
    return folder


@pytest.fixture
def tiny(monkeypatch):
    monkeypatch.setitem(PRESETS, "draft", replace(TINY, disk_bytes=0))


def job(ball, out):
    return protocol.MeshJob("ball", str(ball), str(out), preset="draft", device="cpu", seed=4)


def assert_same(out: Path, expected: Path) -> None:
    """The same files, and the same numbers in them to what threads may round otherwise."""
    assert tree(out) == tree(expected)
    for name in ("field", "surface", "material"):
        made, meant = (load_file(folder / "work" / f"{name}.safetensors") for folder in (out, expected))
        for key, tensor in meant.items():
            torch.testing.assert_close(made[key], tensor, rtol=1e-4, atol=1e-5, msg=f"{name}: {key}")
    for file in ("turntable/000.png", "frames/003.png"):
        pictures = [np.asarray(Image.open(folder / file)).astype(int) for folder in (out, expected)]
        assert np.abs(pictures[0] - pictures[1]).max() <= 2, file


@pytest.fixture(scope="module")
def unbroken(ball, tmp_path_factory):
    out = tmp_path_factory.mktemp("unbroken") / "out"
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(PRESETS, "draft", replace(TINY, disk_bytes=0))
        run_job(job(ball, out), silent)
    return out


@pytest.mark.skipif(os.name == "nt", reason="Windows has no signals")
def test_killed_in_every_stage_and_resumed_the_job_comes_to_the_same_end(ball, unbroken, tmp_path):
    request = replace(job(ball, tmp_path / "out"), resume=True)
    kill_at(request, *NAMES[:-1], f"{NAMES[-1]}:Rendering")
    assert_same(Path(request.out), unbroken)


# ---- disks that are truly full ----------------------------------------------------------------------------------


@pytest.mark.parametrize("stage", NAMES)
@pytest.mark.usefixtures("tiny")
def test_a_full_disk_in_every_stage_is_told_and_resumed(ball, unbroken, small_disk, stage):
    disk, fill = small_disk
    request = job(ball, disk / "out")

    def listen(message):
        if isinstance(message, protocol.Stage) and (message.stage, message.fraction) == (stage, 0.0):
            fill()

    with pytest.raises(Exception) as caught:
        run_job(request, listen)
    told = explain(caught.value)
    assert "disk is full" in told.cause
    assert "resume the job" in told.remedy
    assert not [name for name in tree(disk / "out") if name.endswith(".part") or "sv3d-partial" in name]
    (disk / "ballast").unlink()
    kept = []
    run_job(replace(request, resume=True), kept.append)
    assert [m.stage for m in kept if getattr(m, "note", "").startswith("Kept")] == NAMES[: NAMES.index(stage)]
    assert_same(disk / "out", unbroken)


WRITERS = {
    "tensors": lambda path: save_tensors({"a": torch.rand(1 << 16)}, {}, path),
    "JSON": lambda path: write_json(path, ["x" * 100_000]),
    "frames": lambda path: write_frames(
        np.random.default_rng(0).integers(0, 255, (2, 300, 300, 4), dtype=np.uint8),
        ["a.png", "b.png"],
        path,
        Progress(),
    ),
}


@pytest.mark.parametrize("what", WRITERS)
def test_nothing_half_written_takes_the_place_of_what_was_whole(small_disk, what):
    disk, fill = small_disk
    path = disk / "made.png"
    path.mkdir() if what == "frames" else path.write_text("whole")
    fill()
    with pytest.raises(Exception) as caught:
        WRITERS[what](path)
    assert "disk is full" in explain(caught.value).cause
    assert tree(disk) == {"ballast"} | (set() if what == "frames" else {"made.png"})
    assert what == "frames" or path.read_text() == "whole"


# ---- what the job was given, gone -------------------------------------------------------------------------------


@pytest.fixture
def orbit_job(tmp_path, weights):
    picture, model = make_picture(tmp_path / "cup.png"), tmp_path / "sv3d_p.safetensors"
    model.write_bytes(weights["p"].read_bytes())
    return protocol.OrbitJob("cup", str(picture), str(tmp_path / "out"), str(model), background_model=False)


def at(stage, does):
    """A listener that does something as a stage begins."""
    return lambda m: does() if isinstance(m, protocol.Stage) and (m.stage, m.fraction) == (stage, 0.0) else None


def test_a_picture_that_is_deleted_before_it_is_read(orbit_job):
    picture = Path(orbit_job.picture)
    content = picture.read_bytes()
    with pytest.raises(UserError, match=r"picture cup\.png is missing from .* Put it back, then resume the job"):
        run_job(orbit_job, at("picture", lambda: picture.unlink(missing_ok=True)), stages=ORBIT_STAGES[:1])
    with pytest.raises(UserError, match=r"There is no picture .* Put it back and resume the job"):
        run_job(replace(orbit_job, resume=True), silent, stages=ORBIT_STAGES[:1])
    picture.write_bytes(content)
    run_job(replace(orbit_job, resume=True), silent, stages=ORBIT_STAGES[:1])


@pytest.mark.parametrize(
    ("damage", "cause"),
    [
        (lambda path: path.unlink(), "There is no weights file"),
        (lambda path: path.write_bytes(path.read_bytes()[:-9]), "is cut short"),
        (lambda path: path.write_bytes(b"PK\x03\x04" + bytes(90)), "is a pickle file"),
        (lambda path: path.write_bytes(b""), "is cut short"),
    ],
)
def test_weights_that_go_in_mid_job_are_told_and_the_picture_is_kept(orbit_job, damage, cause):
    model = Path(orbit_job.weights)
    content, status = model.read_bytes(), model.stat()
    with pytest.raises(UserError) as caught:
        run_job(orbit_job, at("orbit", lambda: damage(model)))
    assert cause in caught.value.cause
    assert caught.value.remedy
    model.write_bytes(content)
    os.utime(model, ns=(status.st_atime_ns, status.st_mtime_ns))
    told = []

    def enough(message):
        told.append(message)
        if isinstance(message, protocol.Stage) and message.stage == "orbit":
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run_job(replace(orbit_job, resume=True), enough)
    assert [m.note for m in told if getattr(m, "stage", "") == "picture"] == ["Kept from the earlier run"]
