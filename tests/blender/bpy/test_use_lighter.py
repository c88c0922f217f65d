"""Lighter versions of a result, which leave its mesh as it is."""

from itertools import pairwise

import pytest
from conftest import part


@pytest.fixture
def result(blender, job_folder):
    """A result of some 3,000 triangles."""
    made = part("result.importer").import_result(blender.context, job_folder, "cup").mesh
    more = made.modifiers.new("Subdivision", "SUBSURF")
    more.levels, more.subdivision_type = 4, "SIMPLE"
    blender.ops.object.modifier_apply(modifier=more.name)
    return made


def seen(blender, thing) -> int:
    """Triangles of an object as its modifiers leave it."""
    blender.context.view_layer.update()
    mesh = thing.evaluated_get(blender.context.evaluated_depsgraph_get()).data
    return part("use.lighter").triangle_count(mesh)


def test_decimate_shows_fewer_faces_and_keeps_the_mesh(blender, result):
    whole = len(result.data.polygons)
    assert blender.ops.sv3d.decimate(faces=500) == {"FINISHED"}
    assert seen(blender, result) == pytest.approx(500, rel=0.02)
    assert len(result.data.polygons) == whole
    blender.ops.sv3d.decimate(faces=250)
    assert len(result.modifiers) == 1
    assert seen(blender, result) == pytest.approx(250, rel=0.02)
    result.modifiers.remove(result.modifiers[0])
    assert seen(blender, result) == part("use.lighter").triangle_count(result.data)


def test_more_faces_than_there_are_is_no_harm(blender, result):
    blender.ops.sv3d.decimate(faces=1_000_000)
    assert result.modifiers["SV3D Decimate"].ratio == 1.0


def test_a_set_of_levels_stands_beside_the_mesh_and_shares_it(blender, result):
    assert blender.ops.sv3d.make_lods(ratio=0.5) == {"FINISHED"}
    home = blender.data.collections["cup LODs"]
    assert sorted(thing.name for thing in home.objects) == ["cup_LOD0", "cup_LOD1", "cup_LOD2"]
    levels = [home.objects[f"cup_LOD{level}"] for level in range(3)]
    assert {level.data for level in levels} == {result.data}
    counts = [seen(blender, level) for level in levels]
    assert counts[0] == seen(blender, result)
    assert counts[1] == pytest.approx(counts[0] / 2, rel=0.02)
    assert counts[2] == pytest.approx(counts[0] / 4, rel=0.02)
    places = [thing.matrix_world.translation.x for thing in (result, *levels)]
    width = result.dimensions.x
    assert all(b - a > width for a, b in pairwise(places))


def test_a_second_time_only_the_ratios_are_set(blender, result):
    blender.ops.sv3d.make_lods(ratio=0.5)
    level = blender.data.objects["cup_LOD1"]
    level.location.y, level.name = 7, "mine"
    blender.ops.sv3d.make_lods(ratio=0.25)
    assert len(blender.data.collections["cup LODs"].objects) == 3
    assert level.location.y == 7
    assert level.modifiers["SV3D Decimate"].ratio == 0.25


def test_a_level_that_was_deleted_is_made_again(blender, result):
    blender.ops.sv3d.make_lods()
    blender.data.objects.remove(blender.data.objects["cup_LOD2"])
    blender.ops.sv3d.make_lods()
    assert "cup_LOD2" in blender.data.objects


def test_a_set_whose_collection_was_deleted_is_made_anew(blender, result):
    blender.ops.sv3d.make_lods()
    home = blender.data.collections["cup LODs"]
    for thing in home.objects[:]:
        blender.data.objects.remove(thing)
    blender.data.collections.remove(home)
    assert blender.ops.sv3d.make_lods() == {"FINISHED"}
    assert len(part("use.lighter").lods_of(result)) == 3


def test_the_levels_go_on_from_the_faces_that_decimate_left(blender, result):
    blender.ops.sv3d.decimate(faces=500)
    blender.ops.sv3d.make_lods(ratio=0.5)
    assert seen(blender, blender.data.objects["cup_LOD0"]) == pytest.approx(500, rel=0.02)
    assert seen(blender, blender.data.objects["cup_LOD1"]) == pytest.approx(250, rel=0.03)


def test_a_level_has_no_levels_of_its_own(blender, result):
    blender.ops.sv3d.make_lods()
    blender.context.view_layer.objects.active = blender.data.objects["cup_LOD1"]
    with pytest.raises(RuntimeError, match="Select the mesh that it was made of"):
        blender.ops.sv3d.make_lods()


def test_an_asset_has_levels_that_are_none(blender, result):
    result.asset_mark()
    blender.ops.sv3d.make_lods()
    assert [thing.name for thing in blender.data.objects if thing.asset_data] == ["cup"]


def test_undo_takes_them_back(blender, result):
    name = result.name
    blender.ops.ed.undo_push(message="before")
    blender.ops.sv3d.make_lods()
    blender.ops.ed.undo_push(message="after")
    blender.ops.ed.undo()
    assert "cup LODs" not in blender.data.collections
    assert part("use.lighter").lods_of(blender.data.objects[name]) == {}
