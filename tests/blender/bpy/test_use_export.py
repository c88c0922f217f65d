"""Results as files for game engines and printers, read again by Blender."""

import struct
from pathlib import Path
from types import SimpleNamespace

import bpy
import pytest
import wedge
from conftest import part
from mathutils import Vector

# Blender 5.2's own FBX exporter does what NumPy 2.5 warns of.
pytestmark = pytest.mark.filterwarnings("ignore:Setting the shape on a NumPy array:DeprecationWarning")

IMPORTERS = {
    "GLB": lambda path: bpy.ops.import_scene.gltf(filepath=path),
    "FBX": lambda path: bpy.ops.import_scene.fbx(filepath=path),
    "USD": lambda path: bpy.ops.wm.usd_import(filepath=path),
}
SUFFIXES = {"GLB": ".glb", "FBX": ".fbx", "USD": ".usdc"}


# Blender 4.2 takes the numbers of a USD file as they are.
USD_UNITS_ARE_READ = "apply_unit_conversion_scale" in bpy.ops.wm.usd_import.get_rna_type().properties


@pytest.fixture
def result(blender, job_folder):
    """A result that has been moved, turned a quarter and made twice as large."""
    made = part("result.importer").import_result(blender.context, job_folder, "cup 1").mesh
    made.location, made.rotation_euler, made.scale = (5, 6, 7), (0, 0, 1.5707963), (2, 2, 2)
    blender.context.view_layer.update()
    return made


def box(thing: bpy.types.Object) -> list[tuple[float, float]]:
    """Least and most along each axis of the world."""
    corners = [thing.matrix_world @ vertex.co for vertex in thing.data.vertices]
    return [(min(c[axis] for c in corners), max(c[axis] for c in corners)) for axis in range(3)]


def close(one, other, *, within: float = 1e-4) -> bool:
    return all(abs(a - b) < within for pair in zip(one, other, strict=True) for a, b in zip(*pair, strict=True))


def read_again(kind: str, path: Path, tmp_path: Path) -> dict[str, bpy.types.Object]:
    """The objects of a file in an empty scene, by name."""
    bpy.ops.wm.read_homefile(use_empty=True, use_factory_startup=True)
    IMPORTERS[kind](str(path))
    bpy.context.view_layer.update()
    return {thing.name: thing for thing in bpy.context.scene.objects}


def expected(result) -> list[tuple[float, float]]:
    """The object's box without its place."""
    return [(low - at, high - at) for (low, high), at in zip(box(result), result.matrix_world.translation, strict=True)]


def texture_colours(thing) -> set[tuple[int, int, int]]:
    """What the base colour's picture shows."""
    (slot,) = thing.material_slots
    (shader,) = [n for n in slot.material.node_tree.nodes if n.bl_idname == "ShaderNodeBsdfPrincipled"]
    node = shader.inputs["Base Color"].links[0].from_node
    while node.bl_idname != "ShaderNodeTexImage":
        node = next(socket for socket in node.inputs if socket.is_linked).links[0].from_node
    values = [round(255 * value) for value in node.image.pixels[:]]
    return {tuple(values[i : i + 3]) for i in range(0, len(values), 4)}


@pytest.mark.parametrize("unit", ["METRES", "CENTIMETRES"])
@pytest.mark.parametrize("kind", ["GLB", "FBX", "USD"])
def test_size_axes_name_and_texture_come_through(blender, result, tmp_path, kind, unit):
    want = expected(result)
    colours = texture_colours(result)
    assert colours == set(wedge.COLOURS)
    path = tmp_path / f"cup{SUFFIXES[kind]}"
    assert blender.ops.sv3d.export_game(filepath=str(path), format=kind, unit=unit) == {"FINISHED"}
    meshes = {name: thing for name, thing in read_again(kind, path, tmp_path).items() if thing.type == "MESH"}
    assert list(meshes) == ["cup_1"]
    in_metres = unit == "METRES" or kind != "USD" or USD_UNITS_ARE_READ
    assert close(
        box(meshes["cup_1"]), want if in_metres else [(100 * low, 100 * high) for low, high in want], within=1e-3
    )
    assert texture_colours(meshes["cup_1"]) == colours
    assert len(meshes["cup_1"].data.uv_layers) == 1


@pytest.mark.parametrize("kind", ["GLB", "FBX", "USD"])
def test_levels_and_hull_have_the_names_that_engines_look_for(blender, result, tmp_path, kind):
    want = expected(result)
    blender.ops.sv3d.make_lods(ratio=0.5)
    path = tmp_path / f"cup{SUFFIXES[kind]}"
    blender.ops.sv3d.export_game(filepath=str(path), format=kind, collision=True)
    things = read_again(kind, path, tmp_path)
    meshes = {name: thing for name, thing in things.items() if thing.type == "MESH"}
    assert sorted(meshes) == ["UCX_cup_1_LOD0_00", "cup_1_LOD0", "cup_1_LOD1", "cup_1_LOD2"]
    assert close(box(meshes["cup_1_LOD0"]), want)  # all at one origin
    assert close(box(meshes["UCX_cup_1_LOD0_00"]), want)
    counts = [len(meshes[f"cup_1_LOD{level}"].data.polygons) for level in range(3)]
    assert counts == sorted(counts, reverse=True)
    assert counts[0] == 2 * len(wedge.FACES)
    assert counts[2] < counts[0]
    assert not meshes["UCX_cup_1_LOD0_00"].data.materials
    if kind == "FBX":
        assert {thing.parent.name for name, thing in meshes.items() if "UCX" not in name} == {"cup_1"}
        assert meshes["UCX_cup_1_LOD0_00"].parent is None
        assert b"LodGroup" in path.read_bytes()


def test_without_the_set_the_mesh_alone_is_written(blender, result, tmp_path):
    blender.ops.sv3d.make_lods()
    path = tmp_path / "cup.glb"
    blender.ops.sv3d.export_game(filepath=str(path), format="GLB", lods=False)
    assert list(read_again("GLB", path, tmp_path)) == ["cup_1"]


def test_unreal_counts_centimetres(blender, result, tmp_path):
    """Numbers in the files: Unreal takes FBX for centimetres, whatever object sizes say."""
    path = tmp_path / "cup.fbx"
    blender.ops.sv3d.export_game(filepath=str(path), format="FBX", unit="CENTIMETRES")
    data = path.read_bytes()
    assert property_of(data, b"UnitScaleFactor") == pytest.approx(1.0)
    assert property_of(data, b"Lcl Scaling") == pytest.approx(1.0)
    blender.ops.sv3d.export_game(filepath=str(path), format="FBX", unit="METRES")
    assert property_of(path.read_bytes(), b"UnitScaleFactor") == pytest.approx(100.0)


def test_a_usd_file_tells_its_unit(blender, result, tmp_path):
    path = tmp_path / "cup.usda"
    with part("use.baked").baked(blender.context, [part("use.baked").Piece(result, "cup")]) as collection:
        part("compat").export_usd(path, collection, 0.01)
    assert "metersPerUnit = 0.00999" in path.read_text(encoding="utf-8")
    assert blender.context.scene.unit_settings.scale_length == 1.0


def property_of(data: bytes, name: bytes) -> float:
    """The first number of an FBX file's property."""
    at = data.rindex(name)
    return struct.unpack_from("<d", data, data.index(b"D", at + len(name) + 10) + 1)[0]


def test_the_scene_is_as_it_was(blender, result, tmp_path):
    other = blender.data.objects.new("cup_1", blender.data.meshes.new("cup_1"))
    blender.context.scene.collection.objects.link(other)
    blender.context.scene.unit_settings.scale_length = 0.5
    before = state(blender)
    for kind, suffix in SUFFIXES.items():
        blender.ops.sv3d.export_game(
            filepath=str(tmp_path / f"a{suffix}"), format=kind, unit="CENTIMETRES", collision=True
        )
    blender.ops.sv3d.export_print(filepath=str(tmp_path / "a.stl"))
    assert state(blender) == before


def state(blender) -> SimpleNamespace:
    kinds = ("objects", "meshes", "collections", "materials", "images", "scenes")
    return SimpleNamespace(
        names={kind: sorted(thing.name for thing in getattr(blender.data, kind)) for kind in kinds},
        selected=[thing.name for thing in blender.context.selected_objects],
        active=blender.context.active_object.name,
        unit=blender.context.scene.unit_settings.scale_length,
    )


def test_a_hidden_result_is_written_whole(blender, result, tmp_path):
    want = expected(result)
    blender.ops.sv3d.make_lods()
    blender.data.collections["cup 1 LODs"].hide_viewport = True
    path = tmp_path / "cup.glb"
    blender.ops.sv3d.export_game(filepath=str(path), format="GLB")
    things = read_again("GLB", path, tmp_path)
    assert close(box(things["cup_1_LOD0"]), want)
    assert len(things["cup_1_LOD2"].data.polygons) < len(things["cup_1_LOD0"].data.polygons)


def test_a_mirrored_result_keeps_its_outside_outside(blender, result, tmp_path):
    result.scale.x = -2
    blender.context.view_layer.update()
    path = tmp_path / "cup.stl"
    assert blender.ops.sv3d.export_print(filepath=str(path)) == {"FINISHED"}


@pytest.mark.parametrize("kind", ["GLB", "FBX", "USD"])
def test_a_place_that_cannot_be_is_a_plain_refusal(blender, result, tmp_path, kind):
    (tmp_path / "file").write_text("")
    with pytest.raises(RuntimeError, match="cannot be written") as refusal:
        blender.ops.sv3d.export_game(filepath=str(tmp_path / "file" / "cup"), format=kind)
    assert "Traceback" not in str(refusal.value)
    assert "SV3D Export" not in blender.data.collections
    assert result.name == "cup 1"


# ---- 3D print


def test_a_print_is_in_millimetres(blender, result, tmp_path):
    sides = [high - low for low, high in expected(result)]
    path = tmp_path / "cup.stl"
    assert blender.ops.sv3d.export_print(filepath=str(path), size=80.0) == {"FINISHED"}
    blender.ops.wm.read_homefile(use_empty=True, use_factory_startup=True)
    blender.ops.wm.stl_import(filepath=str(path))
    (printed,) = blender.context.scene.objects
    assert max(printed.dimensions) == pytest.approx(80.0, abs=1e-3)
    shape = Vector(sides) * (80.0 / max(sides))
    assert (printed.dimensions - shape).length < 1e-3


def test_a_hole_is_told_and_written_only_on_request(blender, result, tmp_path):
    import bmesh

    work = bmesh.new()
    work.from_mesh(result.data)
    work.faces.ensure_lookup_table()
    bmesh.ops.delete(work, geom=[work.faces[0]], context="FACES")
    work.to_mesh(result.data)
    work.free()
    path = tmp_path / "cup.stl"
    with pytest.raises(RuntimeError, match=r"not watertight: 3 open edges\. Mend it, or tick Even If Not Watertight"):
        blender.ops.sv3d.export_print(filepath=str(path))
    assert not path.exists()
    assert blender.ops.sv3d.export_print(filepath=str(path), even_if_open=True) == {"FINISHED"}
    assert path.exists()


def test_turned_faces_and_an_inside_out_mesh_are_found(blender, result):
    check = part("use.print_export").not_watertight
    assert check(result.data) == ""
    result.data.flip_normals()
    assert check(result.data) == "The mesh is inside out."
    result.data.flip_normals()
    result.data.polygons[0].flip()
    assert "3 edges between turned faces" in check(result.data)
