"""From a picture with the real stages and a small network; what random weights make is coloured noise."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from ball import SIZE, TINY, ball_frame
from PIL import Image
from pipeline_fakes import make_picture, tree

from sv3d_engine.ground.progress import Cancelled
from sv3d_engine.ground.settings import PRESETS
from sv3d_engine.job.run import run_job
from sv3d_engine.orbit.orbit_files import read_cameras
from sv3d_engine.reconstruction.asset.glb import read_glb
from sv3d_engine.shared import model_facts, protocol
from sv3d_engine.shared.errors import UserError
from sv3d_engine.shared.trajectory import sine
from sv3d_engine.sv3d.generation import make_orbit as generation
from tests.golden import write_checkpoint
from tests.sv3d.network.small import manifest

COUNT = 21


@pytest.fixture(scope="module")
def request_(tmp_path_factory):
    folder = tmp_path_factory.mktemp("orbit")
    weights = folder / "sv3d_p.safetensors"
    write_checkpoint(manifest("p"), weights, frame_size=SIZE)
    picture = make_picture(folder / "cup.png")
    return protocol.OrbitJob("cup", str(picture), str(folder / "out"), str(weights), steps=2, device="cpu", seed=3)


@pytest.fixture(scope="module")
def done(request_):
    """The job, run once for all tests here; its result and its messages."""
    told = []
    return run_job(request_, told.append), told


def frames_of(folder: str) -> np.ndarray:
    return np.stack([np.array(Image.open(p)) for p in sorted(Path(folder).iterdir())])


def test_everything_that_is_promised_is_there(done):
    result, _ = done
    frames = frames_of(result.frames)
    assert frames.shape == (COUNT, SIZE, SIZE, 3)
    picture = np.array(Image.open(result.picture))
    assert picture.shape == (SIZE, SIZE, 4)
    np.testing.assert_allclose(frames[-1][picture[..., 3] == 255], picture[picture[..., 3] == 255][:, :3], atol=1)
    poses = [(view.elevation, view.azimuth) for view in read_cameras(Path(result.cameras)).views]
    np.testing.assert_allclose(poses, sine(10.0), atol=1e-6)
    assert Image.open(result.contact_sheet).width > 1000
    report = json.loads(Path(result.report).read_text())
    assert report["stages"]["orbit"]["steps"] == 2
    assert not list(Path(result.out).rglob("*.part"))


def test_the_orbit_is_shown_while_it_is_made(done):
    _, told = done
    shown = [m for m in told if isinstance(m, protocol.Preview)]
    assert {m.kind for m in shown} == {"image", "orbit"}
    assert len({m.path for m in shown if m.kind == "orbit"}) == 1
    assert len(frames_of(shown[-1].path)) == COUNT
    assert any(isinstance(m, protocol.Stage) and "Step 1" in m.note for m in told)


def test_the_same_seed_makes_the_same_frames_and_another_makes_others(done, request_, tmp_path):
    first = frames_of(done[0].frames)
    again = run_job(replace(request_, out=str(tmp_path / "again")), lambda message: None)
    np.testing.assert_array_equal(frames_of(again.frames), first)
    other = run_job(replace(request_, out=str(tmp_path / "other"), seed=4), lambda message: None)
    assert np.abs(frames_of(other.frames)[:-1].astype(int) - first[:-1]).mean() > 1


def test_a_run_cancelled_in_a_step_leaves_whole_stages_alone(request_, tmp_path):
    steps = []

    def listen(message):
        if isinstance(message, protocol.Stage) and "Step" in message.note:
            steps.append(message)

    out = tmp_path / "out"
    with pytest.raises(Cancelled):
        run_job(replace(request_, out=str(out)), listen, lambda: bool(steps))
    assert len(steps) == 1
    left = {name for name in tree(out) if not name.startswith("work/previews")}
    assert left == {"job.json", "picture.png", "original.png", "work/state.json"}
    assert not list(out.rglob("*.part"))


def test_a_mesh_is_made_from_the_orbit_of_a_picture(request_, tmp_path, monkeypatch):
    """With a ball in the place of what the network would make."""
    frames = np.stack([ball_frame(SIZE)[..., :3]] * COUNT)
    asked = []

    def make_orbit(picture, poses, weights, settings, device, seed, progress, previews):
        asked.append((picture.shape, len(poses), settings.steps))
        return generation.Orbit(frames, {"steps": settings.steps}, ("The ball is hollow.",))

    monkeypatch.setattr(generation, "make_orbit", make_orbit)
    monkeypatch.setitem(PRESETS, "draft", TINY)
    request = protocol.GenerateJob(**vars(request_) | {"out": str(tmp_path / "out"), "orbit": "static"}, preset="draft")
    result = run_job(request, lambda message: None)
    mesh = read_glb(Path(result.mesh))
    radius = np.linalg.norm(mesh.vertices, axis=1)
    assert radius.std() / radius.mean() < 0.1
    assert len(frames_of(result.frames)) == len(frames_of(str(Path(result.orbit, "frames")))) == COUNT
    assert result.notes[0] == "The ball is hollow."
    assert list(json.loads(Path(result.report).read_text())["stages"]) == list(protocol.STAGE_NAMES)
    assert asked == [((SIZE, SIZE, 4), COUNT, 2)]

    began = []
    with pytest.raises(Cancelled):
        again = replace(request, resume=True, preset="standard")
        run_job(again, lambda m: began.append(m.stage), lambda: "frames" in began)
    assert len(asked) == 1, "the orbit is kept when only the preset changes"


def test_noise_cannot_become_a_mesh_and_the_artist_is_told_what_to_try(request_, tmp_path, monkeypatch):
    monkeypatch.setattr(model_facts, "_FILE", Path(request_.weights))
    request = protocol.GenerateJob(**vars(request_) | {"out": str(tmp_path / "out"), "weights": None}, preset="draft")
    with pytest.raises(UserError) as caught:
        run_job(request, lambda message: None)
    assert "does not show one solid object" in caught.value.cause
    sheet = tmp_path / "out" / "orbit" / "contact_sheet.png"
    assert str(sheet) in caught.value.remedy
    assert "try the official SV3D weights" in caught.value.remedy, "these are the demonstration model's"
    assert sheet.exists(), "the orbit is kept"
