"""The orbit that comes back for a picture: while it is made, at its end, and resumed."""

from pathlib import Path

import pytest
import wedge
from conftest import order, part, turn_until


def test_a_picture_ends_as_a_mesh_in_the_scene(blender, settings, session):
    blender.ops.sv3d.generate()
    turn_until(lambda: not session.busy and not session.waiting_to_deliver)
    assert session.shown_failure is None
    assert blender.context.active_object.name == "cow"
    assert blender.context.active_object.type == "MESH"
    assert session.job.result.notes


def test_the_orbit_is_an_image_sequence_while_it_is_made(blender, settings, session, monkeypatch):
    monkeypatch.setenv("STAND_IN_SECONDS", "2")
    frames = part("result.frames")
    settings.make = "ORBIT"
    blender.ops.sv3d.generate()
    turn_until(frames.live_orbit)
    live = frames.live_orbit()
    assert (live.name, live.source, live["sv3d_frames"]) == ("SV3D Orbit", "SEQUENCE", 21)
    assert Path(live.filepath).parent == Path(session.job.request.out) / "preview"
    assert not part("generate.picture").can_be_source(live)

    player = part("generate.player").player
    assert len(player.frames) == 21
    assert blender.app.timers.is_registered(player.timer)
    edition = session.job.preview.edition
    turn_until(lambda: session.job.preview.edition > edition + 2)
    assert frames.live_orbit() == live
    turn_until(lambda: not session.busy and not session.waiting_to_deliver)
    assert frames.live_orbit() is None
    assert player.timer() is None  # it stops by itself


def test_the_preview_is_not_put_into_another_file(blender, settings, session, monkeypatch):
    monkeypatch.setenv("STAND_IN_SECONDS", "1")
    blender.ops.sv3d.generate()
    turn_until(lambda: session.job.preview)
    blender.ops.wm.read_homefile(use_empty=True)
    turn_until(lambda: not session.busy)
    assert not blender.data.images


def test_an_orbit_ends_with_its_camera_and_frames(blender, settings, session):
    blender.context.scene.cursor.location = (1.0, 2.0, 0.0)
    settings.make = "ORBIT"
    blender.ops.sv3d.generate()
    turn_until(lambda: not session.busy and not session.waiting_to_deliver)
    middle = blender.context.active_object
    assert (middle.name, middle.type, middle.location[:]) == ("cow", "EMPTY", (1.0, 2.0, 0.0))
    camera = part("result.ops").orbit_camera(blender.context)
    assert camera.parent == middle
    (background,) = camera.data.background_images
    assert (background.alpha, background.image.name) == (1.0, "cow frames")
    assert background.image_user.frame_duration == 21
    blender.context.scene.frame_set(21)
    assert camera.matrix_local.translation.length == pytest.approx(part("result.orbit_path").FREE_DISTANCE)

    blender.ops.sv3d.use_orbit()
    assert (settings.source, settings.frame_count) == ("FOLDER", 21)
    assert Path(settings.cameras) == Path(session.job.result.cameras)


def test_a_cancelled_orbit_is_resumed_under_its_name(blender, settings, session, monkeypatch):
    monkeypatch.setenv("STAND_IN_SECONDS", "30")
    settings.make = "ORBIT"
    blender.ops.sv3d.generate()
    turn_until(lambda: session.job.fraction > 0)
    blender.ops.sv3d.cancel()
    turn_until(lambda: not session.busy)
    monkeypatch.setenv("STAND_IN_SECONDS", "0.2")
    session._drop_engine()
    blender.ops.sv3d.resume()
    assert session.job.request.resume
    turn_until(lambda: not session.busy and not session.waiting_to_deliver)
    assert blender.context.active_object.name == "cow"


def test_a_resumed_job_is_as_asked_for_on_what_is_chosen_now(blender, settings, preferences, tmp_path):
    asked, _ = order(blender)
    settings.memory, settings.preset, settings.seed, preferences.device = "blocks", "draft", 5, "cpu"
    preferences.weights = str(wedge.write_weights(tmp_path / "moved.safetensors"))
    again = part("generate.request").resumed(asked, settings, preferences)
    assert again.resume
    assert again.job != asked.job
    assert (again.memory, again.device, again.weights) == ("blocks", "cpu", preferences.weights)
    assert (again.out, again.picture, again.preset, again.seed) == (asked.out, asked.picture, asked.preset, asked.seed)
    preferences.weights = ""
    assert part("generate.request").resumed(asked, settings, preferences).weights == asked.weights


def test_a_resumed_mesh_takes_the_device_chosen_now(blender, settings, preferences):
    protocol = part("engine.session").protocol
    preferences.device = "cpu"
    again = part("generate.request").resumed(protocol.MeshJob("a", "/frames", "/out"), settings, preferences)
    assert (again.device, again.resume, again.frames) == ("cpu", True, "/frames")
