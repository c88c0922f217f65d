"""The coarse mesh that stands in for a result, and the job that is ended with it."""

import pytest
from conftest import drawn, part, turn_until


@pytest.fixture
def coarse(blender, session, orbit_folder, monkeypatch):
    """The stand-in of a job that would run for half a minute."""
    monkeypatch.setenv("STAND_IN_SECONDS", "4")
    settings = blender.context.scene.sv3d
    settings.source, settings.folder = "FOLDER", str(orbit_folder)
    blender.context.scene.cursor.location = (1, 2, 3)
    blender.ops.sv3d.generate()
    turn_until(part("result.live_mesh").live_mesh)
    return part("result.live_mesh").live_mesh()


def test_it_stands_where_the_result_will_and_is_replaced(blender, session, coarse):
    assert (coarse.name, coarse.data.name) == ("wedge coarse", "wedge coarse")
    assert coarse.matrix_world.translation[:] == (1, 2, 3)
    assert len(coarse.data.vertices) == 8
    coarse.location = (5, 5, 5)
    blender.context.view_layer.update()
    turn_until(lambda: not session.busy and not session.waiting_to_deliver)
    assert part("result.live_mesh").live_mesh() is None
    assert blender.data.objects["wedge"].location[:] == (5, 5, 5), "where the artist has put the coarse one"
    assert [mesh.name for mesh in blender.data.meshes] == ["wedge"]


def test_a_cancel_takes_it_away(blender, session, coarse):
    blender.ops.sv3d.cancel()
    turn_until(lambda: not session.busy)
    assert not blender.data.objects
    assert not blender.data.meshes


def test_what_the_artist_deletes_stays_deleted(blender, session, coarse):
    blender.data.objects.remove(coarse)
    turn_until(lambda: not session.busy and not session.waiting_to_deliver)
    assert [o.name for o in blender.data.objects if o.type == "MESH"] == ["wedge"]


@pytest.mark.parametrize("work", ["copy", "sculpt", "modifier"])
def test_what_the_artist_has_made_of_it_is_hers(blender, session, coarse, work):
    mine = coarse
    if work == "copy":
        mine = coarse.copy()
        blender.context.scene.collection.objects.link(mine)
    elif work == "sculpt":
        coarse.data.vertices[0].co.x += 0.1
    else:
        coarse.modifiers.new("Subdivision", "SUBSURF")
    mine.name = "mine"
    turn_until(lambda: not session.busy and not session.waiting_to_deliver)
    assert {"mine", "wedge"} == {o.name for o in blender.data.objects if o.type == "MESH"}
    assert "sv3d_live" not in blender.data.objects["mine"]


def test_stop_here_ends_with_a_mesh(blender, session, coarse):
    assert blender.ops.sv3d.finish.poll()
    assert "Stop Here" in drawn(blender)
    fraction = session.job.fraction
    blender.ops.sv3d.finish()
    assert "Finishing…" in drawn(blender)
    assert not blender.ops.sv3d.finish.poll()
    turn_until(lambda: not session.busy and not session.waiting_to_deliver)
    assert fraction < 0.9
    assert "It was stopped early." in drawn(blender)
    assert "wedge" in blender.data.objects


def test_there_is_nothing_to_stop_with_before_a_shape_is_there(blender, session):
    assert not blender.ops.sv3d.finish.poll()


def test_stop_here_is_there_as_soon_as_a_shape_is_sought(blender, session, orbit_folder, monkeypatch):
    monkeypatch.setenv("STAND_IN_SECONDS", "4")
    settings = blender.context.scene.sv3d
    settings.source, settings.folder = "FOLDER", str(orbit_folder)
    blender.ops.sv3d.generate()
    turn_until(blender.ops.sv3d.finish.poll)
    assert session.job.coarse is None
    blender.ops.sv3d.finish()
    turn_until(lambda: not session.busy and not session.waiting_to_deliver)
    assert "wedge" in blender.data.objects
