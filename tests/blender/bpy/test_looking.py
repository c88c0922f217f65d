"""A look at frames before Generate: asked of the engine, told in the tab, drawn in the 3D View."""

from math import radians
from pathlib import Path

import pytest
import wedge
from conftest import drawn, part, turn_until

NOTE = "The camera goes clockwise round the object, seen from above."


@pytest.fixture
def chosen(blender, session, preferences, orbit_folder):
    """The tab with a folder of frames."""
    settings = blender.context.scene.sv3d
    settings.source, settings.folder = "FOLDER", str(orbit_folder)
    yield settings
    part("generate.looking").forget()


def look(blender, session) -> None:
    assert blender.ops.sv3d.look_at_frames() == {"FINISHED"}
    turn_until(lambda: not session.looking)


def orbit_view(blender):
    return part("overlay.view").orbit_view(blender.context.scene, "p")


def test_what_is_found_is_told_and_drawn(blender, session, chosen):
    assert "Looking at the frames…" not in drawn(blender)
    assert orbit_view(blender) is None
    blender.ops.sv3d.look_at_frames()
    assert "Looking at the frames…" in drawn(blender)
    assert not blender.ops.sv3d.look_at_frames.poll()
    turn_until(lambda: not session.looking)
    said = drawn(blender)
    assert {"21 cameras at -10° to 30°", "A shadow.", NOTE} <= set(said)
    blender.context.scene.cursor.location = (1, 2, 3)
    shown = orbit_view(blender)
    assert [tuple(pose) for pose in shown.poses] == wedge.angles()
    assert (shown.target, shown.distance, shown.fov_deg) == ((1, 2, 3), wedge.DISTANCE, wedge.FOV_DEG)
    chosen.show_orbit = False
    assert orbit_view(blender) is None
    assert not session.busy  # no job, and nothing of one
    assert session.job is None


def test_it_is_of_what_was_chosen_then(blender, session, chosen, tmp_path):
    look(blender, session)
    request = session.look.request
    assert (request.frames, request.cameras) == (chosen.folder, chosen.cameras)
    chosen.cameras_as_given = True
    assert orbit_view(blender) is None
    assert NOTE not in drawn(blender)
    chosen.cameras_as_given = False
    assert orbit_view(blender) is not None
    chosen.cameras, chosen.elevation = "", radians(25)
    assert orbit_view(blender) is None
    look(blender, session)
    assert (session.look.request.cameras, session.look.request.elevation) == (None, pytest.approx(25))


def test_it_is_of_the_files_as_they_were(blender, session, chosen, orbit_folder):
    glance = part("generate.looking").glance
    for change in (
        lambda: (orbit_folder / "003.png").write_bytes(b"another picture"),
        (orbit_folder / "004.png").unlink,
        (orbit_folder / "cameras.json").touch,
        lambda: (orbit_folder / "021.png").write_bytes(b""),
    ):
        look(blender, session)
        assert glance() > 0
        assert orbit_view(blender) is not None
        change()
        assert glance() is None
        assert orbit_view(blender) is None
        assert NOTE not in drawn(blender)
        assert not blender.app.timers.is_registered(glance)


def test_a_refusal_says_why_and_no_job_has_failed(blender, session, chosen, monkeypatch):
    monkeypatch.setenv("STAND_IN", "refuses")
    session.shutdown()
    look(blender, session)
    assert {"The pictures do not turn.", "Use others."} <= set(drawn(blender))
    assert session.shown_failure is None
    assert blender.ops.sv3d.look_at_frames.poll()


def test_an_engine_that_ends_is_told(blender, session, chosen, monkeypatch):
    monkeypatch.setenv("STAND_IN_SECONDS", "30")
    session.shutdown()
    blender.ops.sv3d.look_at_frames()
    turn_until(lambda: session.engine.process.pid)
    session.engine.process.kill()
    turn_until(lambda: not session.looking)
    assert "ended" in session.look.failure.cause


def test_it_can_be_stopped(blender, session, chosen, monkeypatch):
    monkeypatch.setenv("STAND_IN_SECONDS", "30")
    session.shutdown()
    blender.ops.sv3d.look_at_frames()
    assert blender.ops.sv3d.stop_looking() == {"FINISHED"}
    assert session.look is None
    assert not blender.ops.sv3d.stop_looking.poll()
    assert blender.ops.sv3d.look_at_frames.poll()


def test_a_sequence_names_its_own_frames_and_leaves_nothing_behind(blender, session, chosen, orbit_folder):
    (orbit_folder / "cameras.json").unlink()
    image = blender.data.images.load(str(orbit_folder / "000.png"))
    image.source = "SEQUENCE"
    chosen.source, chosen.sequence = "SEQUENCE", image
    look(blender, session)
    cameras = Path(session.look.request.cameras)
    assert "020.png" in cameras.read_text(encoding="utf-8")
    assert orbit_view(blender) is not None
    part("generate.looking").forget()
    assert not cameras.parent.exists()
    assert orbit_view(blender) is None


def test_a_film_is_looked_at_too(blender, session, chosen, tmp_path):
    film = tmp_path / "turn.webp"
    film.write_bytes(b"RIFF")
    chosen.folder = str(film)
    look(blender, session)
    assert session.look.request.frames == str(film)


def test_nothing_to_look_at_no_button(blender, session, chosen, orbit_folder, tmp_path):
    for settings in ({"source": "PICTURE"}, {"source": "FOLDER", "folder": ""}, {"folder": str(tmp_path)}):
        for name, value in settings.items():
            setattr(chosen, name, value)
        assert not blender.ops.sv3d.look_at_frames.poll()
