"""Where a result goes: the scene that its job was started from, whatever is open and active by then."""

from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pytest
import wedge
from conftest import drawn, part, turn_until


@pytest.fixture
def running(blender, session, orbit_folder, monkeypatch):
    """A job that takes a second, started from a collection of its own in the scene "Shop"."""
    monkeypatch.setenv("STAND_IN_SECONDS", "1")
    shop = blender.context.scene
    shop.name = "Shop"
    shelf = blender.data.collections.new("Shelf")
    shop.collection.children.link(shelf)
    layer = blender.context.view_layer
    layer.active_layer_collection = layer.layer_collection.children["Shelf"]
    shop.sv3d.source, shop.sv3d.folder = "FOLDER", str(orbit_folder)
    blender.ops.sv3d.generate()
    turn_until(lambda: session.job.fraction > 0.1)
    return session


def ended(session) -> None:
    turn_until(lambda: not session.busy)


def delivered(session) -> None:
    turn_until(lambda: not session.busy and not session.waiting_to_deliver)
    assert session.shown_failure is None


def test_it_goes_to_the_collection_and_scene_it_was_started_from(blender, running):
    other = blender.data.scenes.new("Other")
    blender.context.window.scene = other
    delivered(running)
    shop = blender.data.scenes["Shop"]
    assert "wedge" in shop.collection.children["Shelf"].children
    assert "wedge" in shop.objects
    assert not other.objects
    assert shop.view_layers[0].objects.active.name == "wedge"


def test_a_scene_that_was_renamed_is_found(blender, running):
    blender.data.scenes["Shop"].name = "Store"
    blender.context.window.scene = blender.data.scenes.new("Shop")
    delivered(running)
    assert "wedge" in blender.data.scenes["Store"].objects


def test_a_scene_that_was_deleted_is_replaced_by_the_one_that_is_seen(blender, running):
    other = blender.data.scenes.new("Other")
    blender.context.window.scene = other
    blender.data.scenes.remove(blender.data.scenes["Shop"])
    delivered(running)
    assert "wedge" in other.objects


@pytest.mark.parametrize("saved", ["before", "meanwhile"])
def test_the_same_file_opened_anew_gets_it(blender, session, running, tmp_path, saved):
    path = str(tmp_path / "shop.blend")
    if saved == "before":
        session.cancel()
        ended(session)
        blender.ops.wm.save_as_mainfile(filepath=path)
        blender.ops.sv3d.generate()
        turn_until(lambda: session.job.fraction > 0.1)
    else:
        blender.ops.wm.save_as_mainfile(filepath=path)
    blender.ops.wm.open_mainfile(filepath=path)
    delivered(session)
    assert "wedge" in blender.data.collections["Shelf"].children


def test_for_another_file_it_waits_until_its_own_is_opened(blender, running, tmp_path):
    path = str(tmp_path / "shop.blend")
    blender.ops.wm.save_as_mainfile(filepath=path)
    blender.ops.wm.read_homefile(use_empty=True)
    ended(running)
    for _ in range(5):
        running.tick()
    assert not blender.data.objects
    assert {"Import Here"} <= set(drawn(blender))
    blender.ops.wm.open_mainfile(filepath=path)
    turn_until(lambda: not running.waiting_to_deliver)
    assert "wedge" in blender.data.objects


def test_the_note_in_the_job_folder_says_whom_it_is_for(blender, running, tmp_path):
    provenance = part("result.provenance")
    told = provenance.read_delivery(Path(running.job.request.out))
    assert (told.title, told.scene, told.collection, told.blend) == ("wedge", "Shop", "Shelf", "")
    blender.ops.wm.save_as_mainfile(filepath=str(tmp_path / "shop.blend"))
    assert provenance.read_delivery(Path(running.job.request.out)).blend == str(tmp_path / "shop.blend")


def test_a_job_that_leaves_nothing_leaves_no_folder(blender, session, orbit_folder, monkeypatch):
    monkeypatch.setenv("STAND_IN", "refuses")
    settings = blender.context.scene.sv3d
    settings.source, settings.folder = "FOLDER", str(orbit_folder)
    blender.ops.sv3d.generate()
    out = Path(session.job.request.out)
    assert out.exists()
    ended(session)
    assert session.job.phase.name == "FAILED"
    assert not out.exists()


# ---- in steps ---------------------------------------------------------------------------------------------------


def steps_of(job_folder, blender, **options):
    importer = part("result.importer")
    parts = importer.read_result(job_folder, "wedge")
    return importer.place_result(parts, importer._place(blender.context), **options)


def test_nothing_is_seen_before_all_is_there(blender, job_folder):
    for _ in steps_of(job_folder, blender):
        assert not blender.context.scene.objects
        assert not blender.context.scene.collection.children
    assert "wedge" in blender.context.scene.objects


def test_an_undo_between_two_steps_costs_nothing(blender, session, running):
    delivery = part("result.delivery")
    turn_until(lambda: delivery._current is not None and delivery._current.steps is not None)
    delivery.before_change()
    for mesh in list(blender.data.meshes):
        blender.data.meshes.remove(mesh)  # as an undo does
    delivered(session)
    assert [m.name for m in blender.data.meshes] == ["wedge"]


def test_an_undo_after_it_removes_it_whole_and_a_redo_brings_it_back(blender, session, orbit_folder):
    settings = blender.context.scene.sv3d
    settings.source, settings.folder = "FOLDER", str(orbit_folder)
    blender.ops.ed.undo_push(message="start")
    blender.ops.sv3d.generate()
    delivered(session)
    blender.ops.ed.undo()
    assert not blender.data.objects and not blender.data.collections
    blender.ops.ed.redo()
    assert "wedge" in blender.context.scene.objects


# ---- the result -------------------------------------------------------------------------------------------------


def test_results_at_one_cursor_stand_beside_each_other(blender, job_folder):
    importer = part("result.importer")
    made = [importer.import_result(blender.context, job_folder, "cow").mesh for _ in range(3)]
    blender.context.view_layer.update()
    boxes = [[(o.matrix_world @ v.co).x for v in o.data.vertices] for o in made]
    assert made[0].location[:] == (0, 0, 0)
    for left, right in pairwise(boxes):
        assert max(left) < min(right)


def test_everything_is_named_after_the_picture(blender, job_folder):
    part("result.importer").import_result(blender.context, job_folder, "cow")
    data = blender.data
    assert sorted(o.name for o in data.objects) == ["cow", "cow camera", "cow picture"]
    assert sorted(i.name for i in data.images) == ["cow base color", "cow frames", "cow picture"]
    assert [m.name for m in data.materials] == [m.name for m in data.meshes] == ["cow"]
    assert sorted(c.name for c in data.cameras) == ["cow camera", "cow picture"]
    assert [c.name for c in data.collections] == ["cow"]


def test_seams_run_along_the_charts(blender, job_folder):
    mesh = part("result.importer").import_result(blender.context, job_folder).mesh.data
    # Each of the wedge's sides is a chart: its edges are seams, and the diagonals of the sides are not.
    assert sum(edge.use_seam for edge in mesh.edges) == 12
    assert len(mesh.edges) == 18
    assert not mesh.has_custom_normals
    assert not mesh.validate()


def test_sharp_edges_part_the_shading_and_nothing_else(blender, job_folder):
    asset = replace(part("result.glb_file").read_asset(job_folder / "mesh.glb"), smooth=True)
    build = part("result.mesh").build_mesh
    round_, edged = build(asset, "round"), build(replace(asset, sharp=asset.seams), "edged")
    assert not any(edge.use_edge_sharp for edge in round_.edges)
    assert sum(edge.use_edge_sharp for edge in edged.edges) == 12
    assert len(edged.vertices) == 8
    assert not edged.has_custom_normals

    def off(mesh):
        """Most by which a corner's shading leans away from its face."""
        corners = [(mesh.corner_normals[i].vector, face.normal) for face in mesh.polygons for i in face.loop_indices]
        return max(shading.angle(normal) for shading, normal in corners)

    assert off(round_) > 0.3
    assert off(edged) < 1e-3


def test_modifiers_and_export_find_a_plain_mesh(blender, job_folder):
    thing = part("result.importer").import_result(blender.context, job_folder).mesh
    thing.modifiers.new("Subdivision", "SUBSURF").levels = 1
    evaluated = thing.evaluated_get(blender.context.evaluated_depsgraph_get()).data
    assert len(evaluated.polygons) == 12 * 3


def test_the_object_tells_what_it_was_made_of(blender, session, settings):
    settings.seed, settings.preset = 7, "draft"
    blender.ops.sv3d.generate()
    delivered(session)
    thing = blender.context.active_object
    assert thing["sv3d_seed"] == 7
    assert thing["sv3d_picture"] == session.job.request.picture
    assert thing["sv3d_picture_sha256"] == wedge.HASH
    assert (thing["sv3d_model"], thing["sv3d_licence"]) == ("SV3D_p", "Stability AI Community License")
    assert "torch" in thing["sv3d_versions"]
    assert thing["sv3d_job"] == session.job.request.out


def test_generate_again_works_from_the_object_alone(blender, session, settings, preferences):
    settings.seed, settings.preset = 7, "draft"
    blender.ops.sv3d.generate()
    delivered(session)
    first = session.job.request
    settings.picture, settings.preset, settings.seed = None, "high", 1
    assert blender.ops.sv3d.generate_again.poll()
    blender.ops.sv3d.generate_again()
    delivered(session)
    again = session.job.request
    assert (again.picture, again.preset, again.seed, again.orbit) == (first.picture, "draft", 7, first.orbit)
    assert again.job != first.job and again.out != first.out
    assert {"cow", "cow.001"} <= set(blender.data.objects.keys())


def test_a_strangers_note_leads_nowhere(blender, session, settings, preferences, tmp_path):
    protocol = part("engine.session").protocol
    stranger = protocol.GenerateJob(
        "x",
        str(settings.picture.filepath),
        str(tmp_path / "over_there"),
        weights="/evil.ckpt",
        download=True,
        resume=True,
    )
    thing = blender.data.objects.new("cow", None)
    blender.context.scene.collection.objects.link(thing)
    blender.context.view_layer.objects.active = thing
    thing["sv3d_request"] = protocol.encode(stranger)
    again = part("generate.request").repeated(part("result.provenance").request_of(thing), "cow", settings, preferences)
    assert (again.weights, again.download, again.resume) == (preferences.weights, False, False)
    assert not Path(again.out).is_relative_to(tmp_path)
    for told, cause in (
        ("/evil/normals.onnx", "told normals by a network"),
        ("//evil/share", "normal maps is not there"),
    ):
        thing["sv3d_request"] = protocol.encode(replace(stranger, normals=told))
        blender.ops.sv3d.generate_again()
        assert cause in session.shown_failure.cause
    settings.normals = str(tmp_path / "mine.onnx")
    mine = replace(stranger, normals="/evil/normals.onnx")
    assert part("generate.request").repeated(mine, "cow", settings, preferences).normals == settings.normals
    elsewhere = protocol.GenerateJob("x", "//evil/share/cow.png", "/out")
    thing["sv3d_request"] = protocol.encode(elsewhere)
    blender.ops.sv3d.generate_again()
    assert "no picture or orbit of this machine" in session.shown_failure.cause
    for nonsense in ("", "{", '{"type": "shutdown"}', '{"type": "mesh", "job": 1}', 5):
        thing["sv3d_request"] = nonsense
        blender.ops.sv3d.generate_again()
        assert "damaged" in session.shown_failure.cause
        assert not session.busy


def test_a_cancelled_picture_leaves_no_image(blender, session, settings, monkeypatch):
    monkeypatch.setenv("STAND_IN_SECONDS", "3")
    blender.ops.sv3d.generate()
    turn_until(part("result.frames").live_orbit)
    blender.ops.sv3d.cancel()
    ended(session)
    assert [image.name for image in blender.data.images] == ["cow.png"]


def test_frames_that_lead_out_of_the_folder_are_refused(blender, job_folder, tmp_path):
    (tmp_path / "secret.png").write_bytes((job_folder / "frames" / "000.png").read_bytes())
    cameras = job_folder / "cameras.json"
    cameras.write_text(cameras.read_text().replace('"000.png"', '"../../secret.png"'))
    with pytest.raises(Exception, match="damaged"):
        part("result.importer").import_result(blender.context, job_folder)
