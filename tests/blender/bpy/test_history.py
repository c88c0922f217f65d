"""The jobs on disk in Blender: listed, imported, resumed, set up again, cleaned up and deleted."""

import json
from pathlib import Path
from types import SimpleNamespace

import pytest
import wedge
from conftest import Paper, part, turn_until

NOON, MORNING = "20261128-120000", "20261128-090000"


@pytest.fixture
def results(blender, tmp_path):
    folder = tmp_path / "SV3D"
    part("preferences.property_group").preferences(blender.context).results.folder = str(folder)
    return folder


@pytest.fixture
def catalogue(blender, results):
    catalogue = part("history.catalogue").catalogue
    yield catalogue
    catalogue.shutdown()


@pytest.fixture
def picture_job(results, picture, tmp_path):
    """A done job of a picture."""
    weights = wedge.write_weights(tmp_path / "old.safetensors")
    return make(results / f"cow-{NOON}", picture=str(picture), weights=str(weights), preset="draft", seed=7)


def make(folder: Path, **fields) -> Path:
    wedge.write_job(folder)
    wedge.write_request(folder, {"job": "1", "out": str(folder), **fields})
    (folder / "work").mkdir()
    (folder / "work" / "state.json").write_text("{}", encoding="utf-8")
    (folder / "work" / "field.safetensors").write_bytes(b"\0" * 2_000_000)
    return folder


def stop(folder: Path) -> Path:
    """As a killed Blender leaves a job."""
    (folder / "report.json").unlink()
    (folder / ".lock").touch()
    return folder


def read(catalogue, of: Path | None = None) -> None:
    catalogue.refresh()
    settle(catalogue)
    catalogue.records = tuple(r for r in catalogue.records if of is None or r.folder.parent == of)
    catalogue.fill_rows()


def settle(catalogue) -> None:
    turn_until(lambda: catalogue.tick() or not catalogue.at_work)


def drawn(blender) -> list[str]:
    paper = Paper()
    chosen = SimpleNamespace(system=SimpleNamespace(ui_scale=1))
    given = {"scene": blender.context.scene, "window_manager": blender.context.window_manager}
    part("history.panel").draw_history(
        paper, SimpleNamespace(preferences=chosen, region=SimpleNamespace(width=9999), **given)
    )
    return paper.said


def test_jobs_are_listed_the_latest_first_and_one_is_selected(blender, catalogue, results, orbit_folder):
    make(results / f"cow-{MORNING}", frames=str(orbit_folder))
    make(results / f"cup-{NOON}", frames=str(orbit_folder))
    read(catalogue, results)
    history = blender.context.window_manager.sv3d_history
    assert len(history.rows) == 2
    assert catalogue.current.title == "cup"
    history.active = 1
    assert catalogue.current.title == "cow"
    said = drawn(blender)
    assert "cow · Mesh · Standard" in said
    assert "2 jobs, 5 MB" in said
    assert "Import Again" in said


def test_the_selection_stays_with_its_job(blender, catalogue, results, orbit_folder):
    make(results / f"cow-{MORNING}", frames=str(orbit_folder))
    read(catalogue, results)
    assert catalogue.current.title == "cow"
    make(results / f"cup-{NOON}", frames=str(orbit_folder))
    read(catalogue, results)
    assert catalogue.current.title == "cow"
    assert blender.context.window_manager.sv3d_history.active == 1


def test_another_file_shows_the_same_jobs_and_saves_none(blender, catalogue, results, orbit_folder, tmp_path):
    make(results / f"secret_project-{NOON}", frames=str(orbit_folder))
    read(catalogue, results)
    blender.ops.wm.save_as_mainfile(filepath=str(tmp_path / "scene.blend"), compress=False)
    assert b"secret_project" not in (tmp_path / "scene.blend").read_bytes()
    blender.ops.wm.read_homefile(use_empty=True)
    assert len(blender.context.window_manager.sv3d_history.rows) == 1
    assert catalogue.current.title == "secret_project"


def test_nothing_is_read_until_somebody_looks(blender, session, catalogue, results, orbit_folder):
    make(results / f"cow-{MORNING}", frames=str(orbit_folder))
    catalogue.do(lambda: "told")
    settle(catalogue)
    assert (catalogue.message, catalogue.was_read, catalogue.records) == ("told", False, ())
    assert "Looking…" in drawn(blender)
    settle(catalogue)
    assert "Looking…" not in drawn(blender)
    assert catalogue.records


def test_the_search_has_the_list_read_although_nobody_has_opened_it(blender, session, catalogue, results, orbit_folder):
    make(results / f"cow-{NOON}", frames=str(orbit_folder))
    ops = blender.ops.sv3d
    assert not ops.history_settings.poll()
    with pytest.raises(RuntimeError, match="looking for jobs"):
        ops.history_clean_up()
    settle(catalogue)
    assert "cow" in [record.title for record in catalogue.records]
    assert ops.history_settings.poll()
    assert ops.history_clean_up.poll()


def test_drawing_touches_no_disk(blender, catalogue, results, picture_job, monkeypatch):
    read(catalogue, results)
    catalogue._read_at = float("inf")

    def touched(*_args, **_kwargs):
        raise AssertionError("the disk was touched")

    for name in ("stat", "open", "iterdir", "exists", "is_file"):
        monkeypatch.setattr(Path, name, touched)
    monkeypatch.setattr("os.scandir", touched)
    assert "cow · Mesh · Draft" in drawn(blender)


def test_a_stopped_job_is_resumed_as_it_was_asked_for(blender, session, preferences, catalogue, results, picture_job):
    stop(picture_job)
    read(catalogue, results)
    assert any("Stopped" in line for line in drawn(blender))
    assert blender.ops.sv3d.history_resume() == {"FINISHED"}
    assert session.shown_failure is None
    request = session.job.request
    assert (request.out, request.resume, request.preset, request.seed) == (str(picture_job), True, "draft", 7)
    assert request.weights == preferences.weights, "what the folder says is not opened"
    turn_until(lambda: not session.busy and not session.waiting_to_deliver)
    assert "cow" in blender.data.objects
    read(catalogue, results)
    assert catalogue.current.state.name == "DONE"


def test_a_job_of_weights_is_not_resumed_without_any(blender, session, preferences, catalogue, results, picture_job):
    stop(picture_job)
    preferences.weights = ""
    read(catalogue, results)
    blender.ops.sv3d.history_resume()
    assert "none are chosen now" in session.shown_failure.cause
    assert not session.busy


def test_a_job_whose_source_is_gone_says_so(blender, session, catalogue, results, picture, picture_job):
    stop(picture_job)
    picture.unlink()
    read(catalogue, results)
    blender.ops.sv3d.history_resume()
    assert "no longer where it was" in session.shown_failure.cause


def test_same_settings_again(blender, session, settings, catalogue, results, picture_job):
    settings.picture, settings.preset, settings.seed, settings.make = None, "high", 1, "ORBIT"
    read(catalogue, results)
    assert blender.ops.sv3d.history_settings() == {"FINISHED"}
    assert settings.picture.name == "cow.png"
    assert (settings.source, settings.make, settings.preset, settings.seed) == ("PICTURE", "MESH", "draft", 7)


def test_settings_of_a_stranger_open_nothing_and_break_nothing(blender, settings, catalogue, results):
    make(results / f"cow-{NOON}", frames="//evil/share/frames", cameras="//evil/c.json", seed=2**60)
    settings.folder = ""
    read(catalogue, results)
    blender.ops.sv3d.history_settings()
    assert (settings.folder, settings.cameras, settings.seed) == ("", "", 2**31 - 1)


def test_clean_up_frees_what_only_a_resumed_job_needs(blender, catalogue, results, picture_job, orbit_folder):
    stopped = stop(make(results / f"cup-{NOON}", frames=str(orbit_folder)))
    read(catalogue, results)
    assert catalogue.spare >= 2_000_000
    assert blender.ops.sv3d.history_clean_up() == {"FINISHED"}
    settle(catalogue)
    assert "3 MB are free now" in catalogue.message
    assert (stopped / "work").exists() and not (picture_job / "work").exists()
    assert blender.ops.sv3d.import_result(folder=str(picture_job), title="cow") == {"FINISHED"}
    assert not blender.ops.sv3d.history_clean_up.poll()


def test_a_deleted_job_is_gone(blender, catalogue, results, picture_job, orbit_folder):
    kept = make(results / f"cup-{MORNING}", frames=str(orbit_folder))
    read(catalogue, results)
    assert catalogue.current.folder == picture_job
    assert blender.ops.sv3d.history_delete() == {"FINISHED"}
    settle(catalogue)
    assert [p.name for p in results.iterdir()] == [kept.name]
    assert picture_job not in [record.folder for record in catalogue.records]


def test_a_job_at_work_elsewhere_is_left_alone(blender, catalogue, results, picture_job):
    with part_of_lock().held(picture_job / ".lock"):
        read(catalogue, results)
        assert "At work in another Blender" in drawn(blender)
        for name in ("history_delete", "history_resume"):
            assert not getattr(blender.ops.sv3d, name).poll()


def test_a_job_that_waits_in_the_queue_is_not_deleted(blender, session, catalogue, results, orbit_folder, monkeypatch):
    monkeypatch.setenv("STAND_IN_SECONDS", "30")
    settings = blender.context.scene.sv3d
    settings.source, settings.folder = "FOLDER", str(orbit_folder)
    stopped = stop(make(results / f"cup-{MORNING}", frames=str(orbit_folder)))
    read(catalogue, results)
    assert blender.ops.sv3d.history_delete.poll()
    blender.ops.sv3d.generate()
    assert catalogue.current.folder == stopped
    blender.ops.sv3d.history_resume()
    assert [entry.request.out for entry in session.queue.waiting] == [str(stopped)]
    assert not blender.ops.sv3d.history_delete.poll()
    assert not blender.ops.sv3d.history_resume.poll()


def test_a_file_that_the_artist_has_saved_there_stays(blender, catalogue, results, picture_job):
    (picture_job / "chair.blend").write_bytes(b"precious")
    read(catalogue, results)
    blender.ops.sv3d.history_delete()
    settle(catalogue)
    assert [p.name for p in picture_job.iterdir()] == ["chair.blend"]
    assert f"stays in {picture_job}" in catalogue.message
    assert not catalogue.records or catalogue.records[0].folder != picture_job


def test_why_a_job_failed_is_told_later(blender, session, catalogue, results, orbit_folder, monkeypatch):
    monkeypatch.setenv("STAND_IN", "fails")
    settings = blender.context.scene.sv3d
    settings.source, settings.folder = "FOLDER", str(orbit_folder)
    blender.ops.sv3d.generate()
    turn_until(lambda: not session.busy)
    read(catalogue, results)
    assert catalogue.current.state.name == "FAILED"
    assert any("The frames show nothing." in line for line in drawn(blender))
    session.shutdown()
    monkeypatch.setenv("STAND_IN", "good")
    blender.ops.sv3d.history_resume()
    turn_until(lambda: not session.busy and not session.waiting_to_deliver)
    assert not (catalogue.current.folder / "failure.json").exists()


def test_a_job_that_stopped_at_doubts_goes_on_from_here_too(blender, session, catalogue, results, picture_job):
    (picture_job / "report.json").unlink()
    (picture_job / "failure.json").write_text('{"cause": "A shadow seems to belong to the object."}')
    read(catalogue, results)
    assert "Go On Anyway" not in drawn(blender)
    (picture_job / "failure.json").write_text('{"cause": "A shadow seems to belong to the object.", "is_doubt": true}')
    read(catalogue, results)
    assert "Go On Anyway" in drawn(blender)


def test_a_thread_that_stumbles_still_answers(blender, catalogue, results):
    def stumble() -> str:
        raise RuntimeError("a bug")

    catalogue.do(stumble)
    settle(catalogue)
    assert "a bug" in catalogue.message


def test_hostile_frames_are_not_imported(blender, session, catalogue, results, picture_job):
    cameras = json.loads((picture_job / "cameras.json").read_text(encoding="utf-8"))
    cameras["frames"][0]["file"] = "../../../secret.png"
    (picture_job / "cameras.json").write_text(json.dumps(cameras), encoding="utf-8")
    (results.parent / "secret.png").write_bytes((picture_job / "frames" / "000.png").read_bytes())
    blender.ops.sv3d.import_result(folder=str(picture_job), title="cow")
    assert "damaged" in session.shown_failure.cause
    assert not blender.data.images


def part_of_lock():
    from conftest import part_of_engine

    return part_of_engine("shared.file_lock")
