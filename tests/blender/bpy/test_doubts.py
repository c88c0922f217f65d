"""Frames that are doubtful stop a job that a button has begun, before minutes are spent; the artist decides."""

import json
from functools import partial
from pathlib import Path
from types import SimpleNamespace

import pytest
from conftest import drawn, part, turn_until


@pytest.fixture
def chosen(blender, session, preferences, orbit_folder, monkeypatch):
    """The tab with a folder of frames that the engine has doubts about."""
    monkeypatch.setenv("STAND_IN", "doubts")
    settings = blender.context.scene.sv3d
    settings.source, settings.folder = "FOLDER", str(orbit_folder)
    yield settings
    part("generate.looking").forget()


def press_button(blender) -> None:
    """What Blender does with a press; without a window it takes every call for a script's."""
    operator = part("generate.ops").SV3D_OT_generate
    given = {"picture": "", "folder": "", "cameras": "", "preset": "TAB", "orbit": "TAB", "seed": -1, "out": ""}
    pressed = SimpleNamespace(**given, wait=False)
    pressed._orders = partial(operator._orders, pressed)
    pressed._generate = partial(operator._generate, pressed)
    assert operator.invoke(pressed, blender.context, None) == {"FINISHED"}


def over(session):
    turn_until(lambda: not session.busy and not session.waiting_to_deliver)


def test_the_artist_is_asked_and_can_go_on(blender, session, chosen):
    press_button(blender)
    over(session)
    assert session.shown_failure.is_doubt
    said = drawn(blender)
    assert "A shadow seems to belong to the object." in said
    assert "Go On Anyway" in said
    assert "Resume" not in said
    out = session.job.request.out
    assert json.loads((Path(out) / "failure.json").read_text())["is_doubt"]
    assert blender.ops.sv3d.resume() == {"FINISHED"}
    over(session)
    assert session.shown_failure is None
    assert (session.job.request.out, session.job.request.resume) == (out, True)
    made = blender.context.active_object
    assert made["sv3d_job"] == out
    assert blender.ops.sv3d.generate_again() == {"FINISHED"}
    over(session)
    assert session.shown_failure is None, "who went on once is not asked again"
    assert session.job.request.out != out


def test_one_that_another_job_has_followed_can_go_on_too(blender, session, chosen):
    press_button(blender)
    press_button(blender)
    over(session)
    assert len(session.queue.failed) == 1
    assert drawn(blender).count("Go On Anyway") == 2, "its own card, and that of the last"
    blender.ops.sv3d.resume(job=session.queue.failed[0].entry.request.job)
    over(session)
    assert session.job.result and not session.queue.failed


def test_a_failure_is_resumed_as_before(blender, session, chosen, monkeypatch):
    monkeypatch.setenv("STAND_IN", "fails")
    press_button(blender)
    over(session)
    assert not session.shown_failure.is_doubt
    assert "Resume" in drawn(blender)
    assert "Go On Anyway" not in drawn(blender)


def test_a_script_is_only_told(blender, session, chosen, orbit_folder):
    assert blender.ops.sv3d.generate(wait=True) == {"FINISHED"}
    assert session.job.request.doubts == "tell"


def test_who_has_looked_at_the_frames_is_not_asked_again(blender, session, chosen):
    blender.ops.sv3d.look_at_frames()
    turn_until(lambda: not session.looking)
    press_button(blender)
    over(session)
    assert session.shown_failure is None
    blender.ops.sv3d.look_at_frames()
    turn_until(lambda: not session.looking)
    next(Path(chosen.folder).glob("*.png")).write_bytes(b"another picture")
    press_button(blender)
    over(session)
    assert session.shown_failure.is_doubt
    blender.ops.sv3d.look_at_frames()
    turn_until(lambda: not session.looking)
    chosen.elevation += 0.1
    chosen.cameras = ""
    press_button(blender)
    over(session)
    assert session.shown_failure.is_doubt
