"""Jobs that begin with a picture, with small weights and stages that take no time."""

import json
import os
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from pipeline_fakes import make_picture, raises, stage, tree, writes

from sv3d_engine.ground.progress import Cancelled
from sv3d_engine.job.request import job_from_request
from sv3d_engine.job.run import run_job
from sv3d_engine.job.stages import ORBIT_STAGES, stages_for
from sv3d_engine.picture.background import CutOut
from sv3d_engine.shared import model_facts, protocol
from sv3d_engine.shared.errors import UserError
from sv3d_engine.shared.trajectory import SV3D_FOV_DEG, static
from tests.sv3d.network.small import write_zeros

ORBIT = [
    stage("picture", writes("picture.png", facts={"notes": ["The object is small."]})),
    stage("orbit", writes("frames/000.png", facts={"steps": 50, "notes": ["The memory is short."]})),
]
ORBIT_NOTES = stage("orbit", lambda job, out, progress: {"notes": list(job.notes)})
GENERATE = [
    stage("picture", writes("orbit/picture.png")),
    stage("orbit", writes("orbit/frames/000.png", facts={"notes": ["The memory is short."]})),
    stage("frames", writes("frames/000.png")),
    stage("field", writes("work/field.bin")),
    stage("mesh", writes("mesh.glb")),
]


@pytest.fixture
def orbit_job(tmp_path, weights):
    picture = make_picture(tmp_path / "cup.png")
    return protocol.OrbitJob("cup", str(picture), str(tmp_path / "out"), str(weights["p"]))


@pytest.fixture
def generate_job(orbit_job):
    return protocol.GenerateJob(**vars(orbit_job))


def run(request, stages):
    """Run a job; returns what it told on the way."""
    told = []
    run_job(request, told.append, stages=stages)
    return told


def kept(told) -> list[str]:
    return [m.stage for m in told if isinstance(m, protocol.Stage) and m.note.startswith("Kept")]


def test_each_kind_of_job_has_its_stages(orbit_job, generate_job, tmp_path):
    mesh_job = protocol.MeshJob("cup", str(tmp_path), str(tmp_path / "out"))
    orbit, generate, mesh = ([s.name for s in stages_for(r)] for r in (orbit_job, generate_job, mesh_job))
    assert orbit == ["picture", "orbit"]
    assert generate == orbit + mesh == list(protocol.STAGE_NAMES)


def test_an_orbit_job_ends_with_where_everything_lies_and_what_to_know(orbit_job):
    result = run_job(replace(orbit_job, elevation=40.0), lambda message: None, stages=ORBIT)
    out = Path(orbit_job.out)
    assert isinstance(result, protocol.OrbitResult)
    assert Path(result.picture) == out / "picture.png"
    assert Path(result.frames) == out / "frames"
    assert Path(result.cameras) == out / "cameras.json"
    assert Path(result.contact_sheet) == out / "contact_sheet.png"
    assert result.notes == ("The object is small.", "The memory is short.")
    report = json.loads(Path(result.report).read_text())
    assert (report["variant"], report["frame_size"], report["sampling"]["sampler"]) == ("p", 64, "euler")
    assert report["stages"]["orbit"]["steps"] == 50
    assert "settings" not in report


def test_the_report_names_the_model_that_cut_the_picture_out(orbit_job, monkeypatch):
    def cut_out(picture, name, **options):
        alpha = np.pad(np.ones((40, 40), np.float32), 12)
        return CutOut(np.zeros((64, 64, 3), np.float32), alpha, "model", (), "u2netp")

    monkeypatch.setattr("sv3d_engine.picture.prepare.cut_out", cut_out)
    result = run_job(orbit_job, lambda message: None, stages=[ORBIT_STAGES[0], ORBIT[1]])
    told = json.loads(Path(result.report).read_text())["stages"]["picture"]
    assert (told["cut_out_by"], told["background_model"]) == ("model", "u2netp")


def test_a_generate_job_ends_with_the_mesh_and_the_orbit_it_was_made_from(generate_job):
    result = run_job(generate_job, lambda message: None, stages=GENERATE)
    out = Path(generate_job.out)
    assert isinstance(result, protocol.Result)
    assert (Path(result.mesh), Path(result.orbit)) == (out / "mesh.glb", out / "orbit")
    assert result.notes == ("The memory is short.",)
    report = json.loads(Path(result.report).read_text())
    assert report["settings"]["preset"] == "standard"
    assert report["source"] == str(out / "orbit" / "frames")


def test_the_orbit_is_the_one_that_was_asked_for(orbit_job, weights, tmp_path):
    def poses(**changes):
        return job_from_request(replace(orbit_job, **changes)).poses

    assert len({pose.elevation for pose in poses()}) > 10, "SV3D_p: a sine"
    assert poses(weights=str(weights["u"])) == poses(orbit="static") == static(10.0)
    assert poses(orbit="dynamic", seed=1) != poses(orbit="dynamic", seed=2)
    frames = [{"file": f"{i:03d}.png", "elevation": e, "azimuth": a} for i, (e, a) in enumerate(static(20.0))]
    cameras = tmp_path / "cameras.json"
    cameras.write_text(json.dumps({"fov_deg": SV3D_FOV_DEG, "frames": frames}))
    assert poses(orbit="file", cameras=str(cameras)) == static(20.0)


def test_what_is_unusual_about_the_orbit_is_told(orbit_job):
    (note,) = job_from_request(replace(orbit_job, elevation=40.0, orbit="static")).notes
    assert "40°" in note


def test_hours_are_foreseen_for_full_size_on_a_processor(orbit_job):
    job = job_from_request(replace(orbit_job, device="cpu"))
    orbit = ORBIT_STAGES[1]
    assert orbit.seconds(replace(job, step_share=1.0)) > 10 * 3600
    assert (
        orbit.seconds(replace(job, step_share=1.0, sampling=replace(job.sampling, sampler="ays", steps=10))) < 5 * 3600
    )
    assert orbit.seconds(job) < 10, "a small network's own"


# ---- without weights --------------------------------------------------------------------------------------------


@pytest.fixture
def mini(weights, monkeypatch) -> Path:
    """Small weights in the place of the demonstration model."""
    monkeypatch.setattr(model_facts, "_FILE", weights["p"])
    return weights["p"]


def test_the_demonstration_model_stands_in_and_is_named(orbit_job, mini):
    result = run_job(replace(orbit_job, weights=None), lambda message: None, stages=[ORBIT[0], ORBIT_NOTES])
    assert result.notes == ("The object is small.", model_facts.NOTE)
    report = json.loads(Path(result.report).read_text())
    assert (report["model"], report["weights"]) == ("SV3D_p", str(mini))


def test_the_demonstration_model_is_named_when_it_is_chosen_as_any_file(orbit_job, mini):
    assert job_from_request(replace(orbit_job, weights=str(mini))).notes == (model_facts.NOTE,)


def test_sampling_is_what_suits_the_weights_unless_it_is_asked_for(orbit_job, tmp_path):
    facts = {"guidance_scale": 1.25, "camera_guidance": 1.5, "sampler": "ays", "steps": 4}
    mild = str(write_zeros(tmp_path / "mild.safetensors", **facts))
    other = {"guidance_scale": 3.0, "camera_guidance": 2.0, "sampler": "dpm++2m"}
    asked = ({}, {"weights": mild}, {"weights": mild, **other})
    found = [job_from_request(replace(orbit_job, **{"sampler": "auto", "steps": None, **changes})) for changes in asked]
    ways = [(s.sampler, s.steps, s.guidance_scale, s.camera_guidance) for s in (job.sampling for job in found)]
    assert ways == [("euler", 50, 2.5, 1.0), ("ays", 4, 1.25, 1.5), ("dpm++2m", 20, 3.0, 2.0)]


def test_other_weights_go_without_saying(orbit_job, weights, monkeypatch, tmp_path):
    monkeypatch.setattr(model_facts, "_FILE", weights["u"])
    assert job_from_request(orbit_job).notes == ()


def test_weights_chosen_later_sample_anew(orbit_job, mini, weights):
    run(replace(orbit_job, weights=None), ORBIT)
    assert kept(run(replace(orbit_job, weights=None, resume=True), ORBIT)) == ["picture", "orbit"]
    assert kept(run(replace(orbit_job, weights=str(weights["u"]), resume=True), ORBIT)) == ["picture"]


# ---- going on ---------------------------------------------------------------------------------------------------


def test_a_job_cancelled_after_the_orbit_goes_on_without_sampling_again(generate_job):
    with pytest.raises(Cancelled):
        run(generate_job, [*GENERATE[:2], stage("frames", raises(Cancelled()))])
    never = raises(AssertionError("must not run again"))
    again = [stage("picture", never), stage("orbit", never), *GENERATE[2:]]
    assert kept(run(replace(generate_job, resume=True), again)) == ["picture", "orbit"]


EVERYTHING = ["picture", "orbit", "frames", "field", "mesh"]


@pytest.mark.parametrize(
    ("changes", "remains"),
    [
        ({}, EVERYTHING),
        ({"device": "cpu"}, EVERYTHING),
        ({"memory": "blocks"}, EVERYTHING),
        ({"preset": "draft"}, ["picture", "orbit"]),
        ({"steps": 10}, ["picture"]),
        ({"seed": 1}, ["picture"]),
        ({"sampler": "ays"}, ["picture"]),
        ({"guidance": "constant"}, ["picture"]),
        ({"guidance_scale": 3.0}, ["picture"]),
        ({"camera_guidance": 2.0}, ["picture"]),
        ({"precision": "float32"}, ["picture"]),
        ({"elevation": 5.0}, ["picture"]),
        ({"amplitude": 20.0}, ["picture"]),
        ({"orbit": "static"}, ["picture"]),
        ({"background_model": False}, []),
        ({"download": True}, []),
    ],
)
def test_a_change_repeats_what_depends_on_it(generate_job, changes, remains):
    run(generate_job, GENERATE)
    assert kept(run(replace(generate_job, resume=True, **changes), GENERATE)) == remains


def test_another_picture_starts_anew(generate_job):
    run(generate_job, GENERATE)
    make_picture(Path(generate_job.picture), width=100)
    assert kept(run(replace(generate_job, resume=True), GENERATE)) == []


def test_other_weights_keep_only_the_picture(generate_job, weights, tmp_path):
    run(generate_job, GENERATE)
    other = tmp_path / "other.safetensors"
    data = bytearray(weights["p"].read_bytes())
    data[-1] ^= 1
    other.write_bytes(data)
    assert kept(run(replace(generate_job, resume=True, weights=str(other)), GENERATE)) == ["picture"]


@pytest.mark.parametrize(("whole", "remains"), [(1 << 30, ["picture", "orbit"]), (10, ["picture"])])
def test_small_weights_are_told_by_content_large_ones_by_time(orbit_job, monkeypatch, whole, remains):
    """So that another machine, on which the engine's own were unpacked at another time, goes on with an orbit."""
    monkeypatch.setattr("sv3d_engine.job.fingerprint._HASHED_WHOLE", whole)
    run(orbit_job, ORBIT)
    os.utime(orbit_job.weights, (whole, whole))
    assert kept(run(replace(orbit_job, resume=True), ORBIT)) == remains


def test_another_kind_of_job_in_the_folder_starts_anew(orbit_job, generate_job):
    run(orbit_job, ORBIT)
    assert kept(run(replace(generate_job, resume=True), GENERATE)) == []
    assert "picture.png" not in tree(Path(orbit_job.out)), "the earlier job's files are gone"


# ---- previews ---------------------------------------------------------------------------------------------------


def shows_orbits(job, out, progress):
    """Two orbits shown, the second clearer, under one name."""
    for text in ("blurred", "clear"):
        previews = out / "frames"
        previews.mkdir(exist_ok=True)
        for i in range(3):
            (previews / f"{i:03d}.png").write_text(f"{text} {i}")
        progress.preview("orbit", previews)
    return {}


def test_a_folder_of_previews_is_kept_and_replaced_in_place(orbit_job):
    told = run(orbit_job, [stage("orbit", shows_orbits)])
    first, second = (m for m in told if isinstance(m, protocol.Preview))
    assert first == second
    assert (first.kind, Path(first.path).name) == ("orbit", "orbit-frames")
    assert [p.read_text() for p in sorted(Path(first.path).iterdir())] == ["clear 0", "clear 1", "clear 2"]


def test_the_next_run_removes_the_previews(orbit_job):
    run(orbit_job, [stage("orbit", shows_orbits)])
    run(orbit_job, [ORBIT[0]])
    assert tree(Path(orbit_job.out)) == {"job.json", "report.json", "picture.png", "work/state.json"}


def test_a_cancelled_orbit_leaves_nothing_half_written(orbit_job):
    def cancelled(job, out, progress):
        shows_orbits(job, out, progress)
        (out / "contact_sheet.png.part").write_text("half")
        raise Cancelled

    with pytest.raises(Cancelled):
        run(orbit_job, [ORBIT[0], stage("orbit", cancelled)])
    out = Path(orbit_job.out)
    whole = {"job.json", "picture.png", "work/state.json"}
    assert {name for name in tree(out) if not name.startswith("work/previews/")} == whole
    assert not list(out.rglob("*.part"))


# ---- before work starts -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changes", "cause"),
    [
        ({"picture": "/nowhere/cup.png"}, "There is no picture"),
        ({"picture": ""}, "empty or not a path"),
        ({"weights": None}, "No SV3D weights are chosen"),
        ({"weights": "/nowhere/sv3d_p.safetensors"}, "There is no weights file"),
        ({"variant": "u"}, "SV3D_p or SV3D_c"),
        ({"orbit": "file"}, "No cameras file"),
        ({"orbit": "file", "cameras": "/nowhere/cameras.json"}, "There is no cameras file"),
        ({"elevation": 90.0}, "elevation"),
        ({"elevation": float("nan")}, "elevation"),
        ({"amplitude": float("nan")}, "rises and falls"),
        ({"amplitude": 85.0}, "rises and falls"),
        ({"steps": 0}, "0 steps"),
        ({"steps": 100_000}, "100000 steps"),
        ({"guidance_scale": float("nan")}, "guidance scale"),
        ({"guidance_scale": -1.0}, "guidance scale"),
        ({"camera_guidance": 30.0}, "camera guidance"),
        ({"seed": -1}, "seed"),
    ],
)
@pytest.mark.parametrize("kind", [protocol.OrbitJob, protocol.GenerateJob])
def test_a_request_that_cannot_work(orbit_job, changes, cause, kind, monkeypatch):
    monkeypatch.setattr(model_facts, "_FILE", Path("/nowhere/mini.safetensors"))
    with pytest.raises(UserError) as caught:
        run(kind(**vars(orbit_job) | changes), ORBIT)
    assert cause in caught.value.cause
    assert caught.value.remedy
    assert not Path(orbit_job.out).exists()


def test_sv3d_u_takes_no_camera_orbit(orbit_job, weights):
    for changes in ({"orbit": "sine"}, {"variant": "p"}):
        with pytest.raises(UserError, match="takes no camera orbit"):
            run(replace(orbit_job, weights=str(weights["u"]), **changes), ORBIT)


def test_a_picture_that_the_job_would_write_over(orbit_job):
    run(orbit_job, ORBIT)
    own = make_picture(Path(orbit_job.out, "picture.png"))
    with pytest.raises(UserError, match="write over it"):
        run(replace(orbit_job, picture=str(own)), ORBIT)
    beside = make_picture(Path(orbit_job.out, "cup.png"))
    run(replace(orbit_job, picture=str(beside)), ORBIT)
    assert beside.exists(), "a picture beside the job's own files is no trouble"


@pytest.mark.parametrize("name", ["picture.png", "orbit/holiday.png", "contact_sheet.png"])
def test_an_output_folder_with_files_of_the_users_own(orbit_job, name):
    own = Path(orbit_job.out, name)
    own.parent.mkdir(parents=True)
    own.write_text("precious")
    with pytest.raises(UserError, match="already holds"):
        run(orbit_job, ORBIT)
    assert own.read_text() == "precious"
