"""Jobs of stages that take no time: order, resume, and what is left on disk after each kind of end."""

import errno
import json
import shutil
from collections import namedtuple
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest
from pipeline_fakes import make_source, raises, stage, tree, writes

from sv3d_engine.ground.progress import Cancelled
from sv3d_engine.ground.settings import PRESETS
from sv3d_engine.job.job import Stage
from sv3d_engine.job.request import job_from_request
from sv3d_engine.job.run import run_job
from sv3d_engine.shared import protocol
from sv3d_engine.shared.errors import DoubtError, UserError

WHOLE = [
    stage("frames", writes("frames/000.png")),
    stage("field", writes("work/field.bin", facts={"loss": 0.5})),
    stage("mesh", writes("mesh.glb")),
]

CARD = {"verdict": "20,000 faces in 40 charts, closed and clean"}
ALL = [
    *WHOLE[:2],
    stage("mesh", writes("work/surface.bin")),
    stage("material", writes("work/material.bin")),
    stage("asset", writes("mesh.glb", facts={"card": CARD, "notes": ["It is hollow."]})),
    stage("turntable", writes("turntable/000.png")),
]


@pytest.fixture
def request_(tmp_path):
    return protocol.MeshJob("cup", str(make_source(tmp_path / "in")), str(tmp_path / "out"))


def run(request, stages, **more):
    """Run a job; returns what it told on the way."""
    told = []
    run_job(request, told.append, stages=stages, **more)
    return told


def resumed(request):
    return protocol.MeshJob(**{**vars(request), "resume": True})


def test_a_job_leaves_its_files_and_a_report(request_):
    out = Path(request_.out)
    result = run_job(request_, lambda message: None, stages=WHOLE)
    assert tree(out) == {
        "job.json", "report.json", "frames/000.png", "mesh.glb", "work/field.bin", "work/state.json",
    }  # fmt: skip
    assert Path(result.mesh) == out / "mesh.glb"
    report = json.loads((out / "report.json").read_text())
    assert list(report["stages"]) == ["frames", "field", "mesh"]
    assert report["stages"]["field"]["loss"] == 0.5
    assert report["settings"]["preset"] == "standard"
    assert report["seed"] == 0
    assert report["versions"]["sv3d_engine"]
    assert report["peak_memory"] > 1e6


def test_the_result_says_how_clean_the_mesh_is(request_):
    result = run_job(request_, lambda message: None, stages=ALL)
    assert result.card == CARD["verdict"]
    assert result.notes == ("It is hollow.",)


def doubtful(doubts: list[str], runs: list[str]) -> list[Stage]:
    def frames(job, out, progress):
        runs.append("frames")
        return writes("frames/000.png", facts={"doubts": doubts})(job, out, progress)

    return [stage("frames", frames), *WHOLE[1:]]


def test_doubts_stop_a_job_once_and_who_resumes_it_goes_on(request_):
    runs: list[str] = []
    asking = replace(request_, doubts="stop")
    stages = doubtful(["A shadow.", "It is cut off."], runs)
    with pytest.raises(DoubtError) as told:
        run(asking, stages)
    assert told.value.cause == "A shadow. It is cut off."
    assert "frames/000.png" in tree(Path(request_.out))  # it was not for nothing
    run(resumed(asking), stages)
    assert runs == ["frames"]
    assert "report.json" in tree(Path(request_.out))


def test_doubts_are_only_told_where_nobody_asked_to_stop_or_there_are_none(request_):
    run(request_, doubtful(["A shadow."], []))
    run(replace(request_, doubts="stop"), doubtful([], []))


def test_fractions_rise_from_0_to_1(request_):
    told = run(request_, WHOLE)
    shares = [message.job_fraction for message in told]
    assert shares[0] == 0
    assert shares[-1] == 1
    assert shares == sorted(shares)
    assert [m.stage for m in told if m.fraction == 1] == ["frames", "field", "mesh"]


def test_resume_does_only_what_is_missing(request_):
    with pytest.raises(RuntimeError, match="power cut"):
        run(request_, [WHOLE[0], WHOLE[1], stage("mesh", raises(RuntimeError("power cut")))])
    assert "half" not in tree(Path(request_.out))
    never = raises(AssertionError("must not run again"))
    told = run(resumed(request_), [stage("frames", never), stage("field", never), WHOLE[2]])
    assert [m.note for m in told if m.fraction == 1] == ["Kept from the earlier run", "Kept from the earlier run", ""]
    report = json.loads(Path(request_.out, "report.json").read_text())
    assert report["stages"]["field"]["loss"] == 0.5, "facts of the earlier run are kept"


def test_without_resume_all_is_done_anew_and_old_files_go(request_):
    run(request_, [stage("frames", writes("frames/020.png")), *WHOLE[1:]])
    run(request_, WHOLE[:1])
    assert tree(Path(request_.out)) == {"job.json", "report.json", "frames/000.png", "work/state.json"}


@pytest.mark.parametrize("change", ["seed", "frame", "preset"])
def test_resume_starts_anew_when_the_question_has_changed(request_, change):
    run(request_, WHOLE)
    changed = vars(request_) | {"resume": True}
    if change == "frame":
        Path(request_.frames, "001.png").write_bytes(b"another")
    else:
        changed |= {"seed": 1} if change == "seed" else {"preset": "draft"}
    told = run(protocol.MeshJob(**changed), WHOLE)
    assert not any(m.note.startswith("Kept") for m in told)


@pytest.mark.parametrize("change", [{"faces": 5000}, {"texture": 512}])
def test_resume_makes_another_mesh_of_the_same_shape(request_, change):
    run(request_, ALL)
    told = run(protocol.MeshJob(**(vars(request_) | {"resume": True} | change)), ALL)
    kept = {m.stage for m in told if m.note.startswith("Kept")}
    assert {m.stage for m in told} - kept == {"asset", "turntable"}


def test_resume_with_another_material_keeps_the_shape(request_):
    run(request_, ALL)
    told = run(protocol.MeshJob(**(vars(request_) | {"resume": True, "material": "lambert"})), ALL)
    kept = {m.stage for m in told if m.note.startswith("Kept")}
    assert {m.stage for m in told} - kept == {"material", "asset", "turntable"}


def test_what_is_asked_of_the_mesh_replaces_the_presets_own(request_):
    asked = protocol.MeshJob(**(vars(request_) | {"faces": 5000, "texture": 8192, "material": "lambert"}))
    settings, plain = job_from_request(asked).settings, job_from_request(request_).settings
    assert (settings.face_budget, settings.texture_size, settings.material) == (5000, 8192, "lambert")
    assert plain == PRESETS["standard"]
    assert settings.disk_bytes > plain.disk_bytes + 8192**2 * 9  # three maps of three bytes at the least
    assert settings.fine_steps == plain.fine_steps


def test_resume_does_not_mind_what_is_no_frame(request_):
    run(request_, WHOLE)
    Path(request_.frames, "Thumbs.db").write_bytes(b"made by the file manager")
    assert all(m.note.startswith("Kept") for m in run(resumed(request_), WHOLE))


def test_resume_on_another_device_keeps_what_is_done(request_):
    run(request_, WHOLE)
    told = run(protocol.MeshJob(**(vars(request_) | {"resume": True, "device": "cpu"})), WHOLE)
    assert all(m.note.startswith("Kept") for m in told)


def test_resume_repeats_a_stage_whose_file_was_damaged(request_):
    run(request_, WHOLE)
    Path(request_.out, "work/field.bin").write_text("cut")
    told = run(resumed(request_), WHOLE)
    assert [m.stage for m in told if m.fraction == 1 and not m.note] == ["field", "mesh"]


@pytest.mark.parametrize("damage", ["", "{", "[]", "null", '{"version": 99}', '{"version": 1, "records": [{}]}'])
def test_resume_with_a_damaged_state_starts_anew(request_, damage):
    run(request_, WHOLE)
    Path(request_.out, "work/state.json").write_text(damage)
    told = run(resumed(request_), WHOLE)
    assert not any(m.note.startswith("Kept") for m in told)


@pytest.mark.parametrize("path", ["../victim", "{tmp}/victim", "link/victim"])
def test_a_state_file_cannot_reach_outside_the_job(request_, tmp_path, path):
    victim = tmp_path / "victim"
    victim.write_text("precious")
    run(request_, WHOLE)
    Path(request_.out, "link").symlink_to(tmp_path)
    state_file = Path(request_.out, "work/state.json")
    state = json.loads(state_file.read_text())
    state["records"][0]["files"] = {path.format(tmp=tmp_path.as_posix()): len("precious")}
    state_file.write_text(json.dumps(state))
    told = run(resumed(request_), WHOLE)
    assert victim.read_text() == "precious"
    assert not any(m.note.startswith("Kept") for m in told)


def test_a_failed_first_stage_leaves_nothing(request_):
    with pytest.raises(UserError, match="Too few"):
        run(request_, [stage("frames", raises(UserError("Too few.", "More.")))])
    assert not Path(request_.out).exists()


def test_the_request_is_there_from_the_start(request_):
    out = Path(request_.out)

    def looks(job, scratch, progress):
        assert protocol.decode_job(json.loads((out / "job.json").read_text())) == request_
        return {}

    run(request_, [stage("frames", looks)])


def test_without_its_work_a_job_is_still_a_job(request_):
    run(request_, WHOLE)
    shutil.rmtree(Path(request_.out, "work"))
    before = tree(Path(request_.out))
    with pytest.raises(UserError, match="Too few"):
        run(request_, [stage("frames", raises(UserError("Too few.", "More.")))])
    assert tree(Path(request_.out)) == before
    run(request_, WHOLE)


def test_a_failed_first_stage_leaves_an_earlier_result_alone(request_):
    run(request_, WHOLE)
    before = tree(Path(request_.out))
    with pytest.raises(UserError):
        run(request_, [stage("frames", raises(UserError("Too few.", "More.")))])
    assert tree(Path(request_.out)) == before


def test_cancel_keeps_what_is_done(request_):
    pressed = []

    def long(job, out, progress):
        for i in range(100):
            pressed.append(i)
            progress(i / 100)
        raise AssertionError("ran to its end")

    with pytest.raises(Cancelled):
        run(request_, [WHOLE[0], stage("field", long)], is_cancelled=lambda: len(pressed) > 5)
    assert len(pressed) == 6
    assert tree(Path(request_.out)) == {"job.json", "frames/000.png", "work/state.json"}


def test_previews_stay_and_are_announced(request_):
    def shows(job, out, progress):
        (out / "look.png").write_text("picture")
        progress.preview("image", out / "look.png")
        return {}

    told = run(request_, [stage("frames", shows)])
    preview = next(m for m in told if isinstance(m, protocol.Preview))
    assert preview.kind == "image"
    assert Path(preview.path).read_text() == "picture"
    assert Path(request_.out) in Path(preview.path).parents


def test_time_that_a_stage_waits_is_not_in_the_time_left(request_, monkeypatch):
    now = [0.0]
    monkeypatch.setattr("sv3d_engine.job.run.time", SimpleNamespace(monotonic=lambda: now[0]))

    def waits(job, out, progress):
        now[0] += 600
        progress.part(0.0, 1.0).restarted()
        now[0] += 5
        progress(0.5)
        return {}

    told = run(request_, [stage("frames", waits)])
    assert [message.seconds_left for message in told if message.fraction == 0.5] == [pytest.approx(10 / 5.5 / 2)]


def test_a_loss_that_is_not_a_number_does_not_break_the_report(request_):
    run(request_, [stage("frames", writes("a", facts={"losses": [1.0, float("nan")]}))])
    report = json.loads(Path(request_.out, "report.json").read_text())
    assert report["stages"]["frames"]["losses"] == [1.0, None]


# ---- before work starts -----------------------------------------------------------------------------------------


def expect_refusal(request, cause, stages=WHOLE):
    with pytest.raises(UserError) as caught:
        run(request, stages)
    assert cause in caught.value.cause
    assert caught.value.remedy
    return caught.value


def test_a_full_disk_is_told_before_anything_is_written(request_, monkeypatch):
    usage = namedtuple("usage", "total used free")
    monkeypatch.setattr(shutil, "disk_usage", lambda path: usage(10**9, 10**9 - 1000, 1000))
    expect_refusal(request_, "0.0 GB left")
    assert not Path(request_.out).exists()


def test_a_folder_that_cannot_be_made(request_, tmp_path):
    (tmp_path / "file").write_text("in the way")
    expect_refusal(protocol.MeshJob("a", request_.frames, str(tmp_path / "file" / "out")), "cannot be written")


def test_a_folder_that_cannot_be_written(request_, monkeypatch):
    import tempfile

    def refuse(**_):
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr(tempfile, "TemporaryFile", refuse)
    expect_refusal(request_, "cannot be written")
    assert not Path(request_.out).exists()


def test_an_output_folder_with_files_of_the_users_own(request_):
    own = Path(request_.out, "frames", "holiday.png")
    own.parent.mkdir(parents=True)
    own.write_text("precious")
    expect_refusal(request_, "already holds frames")
    assert own.read_text() == "precious"


def test_frames_inside_the_output_folder(request_):
    expect_refusal(protocol.MeshJob("a", request_.frames, request_.frames), "inside the job's folder")
    for own in ("frames", "turntable", "orbit/frames"):
        frames = Path(request_.out, own)
        shutil.copytree(request_.frames, frames)
        expect_refusal(protocol.MeshJob("a", str(frames), request_.out), "inside the job's folder")
        shutil.rmtree(request_.out)


def test_frames_beside_the_jobs_own_files_are_not_in_the_way(request_):
    frames = shutil.copytree(request_.frames, Path(request_.out, "source.frames"))
    run(protocol.MeshJob("a", str(frames), request_.out), WHOLE)
    assert len(list(frames.iterdir())) == len(list(Path(request_.frames).iterdir()))


@pytest.mark.parametrize(
    ("change", "cause"),
    [
        ({"frames": "/nowhere/at/all"}, "There is no folder"),
        ({"frames": ""}, "empty or not a path"),
        ({"out": "a\0b"}, "empty or not a path"),
        ({"cameras": "/nowhere/cameras.json"}, "There is no cameras file"),
        ({"elevation": float("nan")}, "elevation"),
        ({"seed": -1}, "seed"),
        ({"faces": 0}, "0 faces"),
        ({"faces": 499}, "499 faces"),
        ({"faces": 200_001}, "200,001 faces"),
        ({"texture": 1000}, "texture of 1000 pixels"),
        ({"texture": 16384}, "texture of 16384 pixels"),
    ],
)
def test_a_request_that_cannot_work(request_, change, cause):
    expect_refusal(protocol.MeshJob(**(vars(request_) | change)), cause)
    assert not Path(request_.out).exists()


def test_a_device_that_is_not_there(request_, monkeypatch):
    from sv3d_engine.ground import device

    monkeypatch.setattr(device, "available_devices", lambda: ("cpu",))
    error = expect_refusal(protocol.MeshJob(**(vars(request_) | {"device": "cuda"})), "NVIDIA")
    assert "auto" in error.remedy


def test_a_stage_hears_that_it_is_to_finish_and_the_job_goes_on_to_its_end(request_):
    steps = []

    def long(job, out, progress):
        part = progress.part(0.0, 0.5)
        while not part.finishing:
            steps.append(len(steps))
            part(len(steps) / 100)
        return {"steps": len(steps)}

    stages = [WHOLE[0], stage("field", long)]
    run_job(request_, lambda _: None, stages=stages, is_finishing=lambda: len(steps) > 5)
    assert json.loads((Path(request_.out) / "report.json").read_text())["stages"]["field"]["steps"] == 6
