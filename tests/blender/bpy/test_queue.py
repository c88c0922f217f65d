"""Several jobs wait for each other; a folder of pictures is a batch."""

import time
from itertools import pairwise
from pathlib import Path

import pytest
import wedge
from conftest import drawn, part, turn_until


@pytest.fixture
def frames(blender, orbit_folder):
    settings = blender.context.scene.sv3d
    settings.source, settings.folder = "FOLDER", str(orbit_folder)


@pytest.fixture
def results(blender, tmp_path) -> Path:
    folder = tmp_path / "SV3D"
    folder.mkdir()
    part("preferences.property_group").preferences(blender.context).results.folder = str(folder)
    return folder


@pytest.fixture
def pictures(blender, settings, tmp_path) -> Path:
    folder = tmp_path / "cups"
    for name in ("blue", "green", "red"):
        wedge.write_picture(folder / f"{name}.png")
    settings.source, settings.pictures = "PICTURES", str(folder)
    return folder


def all_over(session) -> None:
    turn_until(lambda: not session.busy and not session.queue.waiting and not session.waiting_to_deliver, 120)


def test_what_is_ordered_meanwhile_waits_its_turn(blender, session, frames):
    for _ in range(3):
        blender.ops.sv3d.generate()
    assert [entry.title for entry in session.queue.waiting] == ["wedge", "wedge"]
    outs = {session.job.request.out, *(entry.request.out for entry in session.queue.waiting)}
    assert len(outs) == 3
    said = drawn(blender)
    assert {"Add to Queue", "2 waiting"} <= set(said)
    all_over(session)
    assert {"wedge", "wedge.001", "wedge.002"} <= set(blender.data.objects.keys())


def test_what_waits_can_be_taken_out_and_leaves_nothing(blender, session, frames):
    blender.ops.sv3d.generate()
    blender.ops.sv3d.generate()
    (waiting,) = session.queue.waiting
    blender.ops.sv3d.remove_waiting(job=waiting.request.job)
    assert not session.queue.waiting
    all_over(session)
    assert "wedge.001" not in blender.data.objects
    assert not Path(waiting.request.out).exists()


def test_what_waits_has_its_folder_already(blender, session, frames):
    blender.ops.sv3d.generate()
    blender.ops.sv3d.generate()
    (waiting,) = session.queue.waiting
    assert Path(waiting.request.out).is_dir(), "else another Blender could take the name"
    session.shutdown()
    assert not Path(waiting.request.out).exists()


def test_what_is_refused_leaves_no_folder(blender, session, pictures, results):
    ops, chosen = blender.ops.sv3d, part("preferences.property_group").preferences(blender.context)
    python, chosen.python = chosen.python, str(results / "no-python")
    settings = blender.context.scene.sv3d
    painted = blender.data.images.new("painted", 8, 8)
    copies = part("generate.picture_copy")
    before = set(copies._copies)
    for source, picture in (("PICTURES", None), ("PICTURE", painted)):
        settings.source, settings.picture = source, picture
        ops.generate()
        assert session.shown_failure
        session.dismiss()
    copies.take_pixels(now=True)  # as in the next turns
    assert set(copies._copies) <= before
    chosen.python = python
    settings.picture = blender.data.images.load(str(pictures / "red.png"))
    (pictures / "red.png").unlink()
    ops.generate()
    assert "cannot be read" in session.shown_failure.cause
    assert list(results.iterdir()) == []


def test_a_batch_that_is_refused_in_the_middle_leaves_no_folders(blender, session, pictures, results, monkeypatch):
    request, called = part("generate.request"), []
    usual = request._from_picture

    def full(*given):
        called.append(usual(*given))
        if len(called) == 2:
            raise OSError(28, "No space left on device")
        return called[-1]

    monkeypatch.setattr(request, "_from_picture", full)
    blender.ops.sv3d.generate()
    assert "cannot be written" in session.shown_failure.cause
    assert list(results.iterdir()) == []


def test_a_cancel_is_for_the_job_that_runs(blender, session, frames, monkeypatch):
    monkeypatch.setenv("STAND_IN_SECONDS", "1")
    blender.ops.sv3d.generate()
    blender.ops.sv3d.generate()
    turn_until(lambda: session.job.fraction > 0)
    first = session.job.request.job
    blender.ops.sv3d.cancel()
    all_over(session)
    assert session.over[first].phase.name == "CANCELLED"
    assert session.job.phase.name == "DONE"


def test_the_queue_goes_on_while_a_result_waits_for_object_mode(blender, session, frames):
    blender.ops.mesh.primitive_cube_add()
    blender.ops.object.mode_set(mode="EDIT")
    blender.ops.sv3d.generate()
    blender.ops.sv3d.generate()
    turn_until(lambda: not session.busy and not session.queue.waiting)
    assert len(session.undelivered) == 2
    blender.ops.object.mode_set(mode="OBJECT")
    all_over(session)
    assert {"wedge", "wedge.001"} <= set(blender.data.objects.keys())


def test_one_that_fails_stops_no_other_and_can_be_put_in_again(blender, session, frames, monkeypatch):
    monkeypatch.setenv("STAND_IN", "fails once")
    blender.ops.sv3d.generate()
    blender.ops.sv3d.generate()
    turn_until(lambda: session.queue.failed)
    assert any(line.startswith("wedge: The frames show nothing.") for line in drawn(blender))
    (failed,) = session.queue.failed
    all_over(session)
    assert "wedge" in blender.data.objects
    blender.ops.sv3d.resume(job=failed.entry.request.job)
    assert not session.queue.failed
    assert (session.job.request.resume, session.job.request.out) == (True, failed.entry.request.out)
    all_over(session)
    assert "wedge.001" in blender.data.objects


def test_an_engine_that_does_not_start_holds_the_queue(blender, session, frames, monkeypatch):
    monkeypatch.setenv("STAND_IN", "old")
    blender.ops.sv3d.generate()
    blender.ops.sv3d.generate()
    turn_until(lambda: not session.busy)
    assert session.queue.held
    assert "The others wait, as the engine did not start." in drawn(blender)
    monkeypatch.setenv("STAND_IN", "good")
    blender.ops.sv3d.go_on()
    all_over(session)
    assert "wedge" in blender.data.objects


def test_a_folder_of_pictures_is_a_batch_with_one_card(blender, session, pictures):
    assert blender.context.scene.sv3d.frame_count == 3
    blender.ops.sv3d.generate()
    assert len(session.queue.waiting) == 2
    assert "cups: 0 of 3 done" in drawn(blender)
    all_over(session)
    assert {"blue", "green", "red"} <= set(blender.data.objects.keys())
    assert "cups: 3 of 3 done" in drawn(blender)
    blender.ops.sv3d.dismiss()
    assert not session.queue.batches


def test_a_batch_goes_on_after_a_failure_and_lists_it(blender, session, pictures, monkeypatch):
    monkeypatch.setenv("STAND_IN", "fails once")
    blender.ops.sv3d.generate()
    all_over(session)
    said = drawn(blender)
    assert "cups: 2 of 3 done" in said
    assert any(line.startswith("blue: The frames show nothing.") for line in said)


def test_what_a_batch_still_has_to_do_is_taken_out_at_once(blender, session, pictures):
    blender.ops.sv3d.generate()
    blender.ops.sv3d.remove_waiting(batch=session.queue.batches[0].name)
    all_over(session)
    (batch,) = session.queue.batches
    assert (batch.done, batch.cancelled, batch.over) == (1, 2, True)


def test_an_empty_folder_is_told(blender, session, settings, tmp_path):
    (tmp_path / "none").mkdir()
    settings.source, settings.pictures = "PICTURES", str(tmp_path / "none")
    assert settings.frame_count == 0
    blender.ops.sv3d.generate()
    assert "no pictures" in session.shown_failure.cause


def test_the_start_of_the_engine_is_told_and_counts(blender, session, frames):
    blender.ops.sv3d.generate()
    assert 0 <= session.start_fraction < 1
    assert session.seconds_left > 60
    assert any("Starting the engine" in line for line in drawn(blender))
    assert any(line.endswith("min left") for line in drawn(blender))
    all_over(session)


def test_the_time_left_never_rises(blender, session, frames, monkeypatch):
    monkeypatch.setenv("STAND_IN_SECONDS", "2")
    seen = []
    blender.ops.sv3d.generate()
    while session.busy:
        session.tick()
        time.sleep(0.02)
        if session.busy and session.seconds_left is not None:
            seen.append(session.seconds_left)
    assert len(seen) > 20
    assert all(after <= before for before, after in pairwise(seen))
    assert session.seconds_left is None


def test_a_job_that_takes_far_longer_than_expected_promises_no_time(blender, session, frames, monkeypatch):
    monkeypatch.setenv("STAND_IN_SECONDS", "1000")
    blender.ops.sv3d.generate()
    turn_until(lambda: bool(session.job.stage))
    said = drawn(blender)
    assert any(line.startswith("Takes longer than expected") for line in said)
    assert not any(line.endswith("left") for line in said)


def test_pictures_of_one_name_get_folders_of_their_own(blender, session, pictures, tmp_path):
    for name in ("blue.bmp", "x" * 60 + "1.png", "x" * 60 + "2.png"):
        (pictures / name).write_bytes((pictures / "red.png").read_bytes())
    blender.ops.sv3d.generate()
    requests = [session.job.request, *(entry.request for entry in session.queue.waiting)]
    assert len(requests) == len({request.out for request in requests}) == 6
    session.remove([request.job for request in requests])
    session.cancel()
    turn_until(lambda: not session.busy)
    blender.ops.sv3d.generate(out=str(tmp_path / "given"))
    requests = [session.job.request, *(entry.request for entry in session.queue.waiting)]
    assert len({request.out for request in requests}) == 6
