"""A finished job in the scene: mesh, frames, orbit camera."""

from itertools import pairwise
from math import isclose
from pathlib import Path

import pytest
import wedge
from bpy_extras.object_utils import world_to_camera_view
from conftest import part
from mathutils import Vector


def test_mesh_stands_at_the_cursor_with_its_front_towards_minus_y(blender, job_folder):
    blender.context.scene.cursor.location = (3.0, -2.0, 1.5)
    mesh = part("result.importer").import_result(blender.context, job_folder).mesh
    blender.context.view_layer.update()

    corners = [mesh.matrix_world @ v.co for v in mesh.data.vertices]
    assert isclose(min(c.z for c in corners), 1.5, abs_tol=1e-5)
    assert mesh.location[:] == (3.0, -2.0, 1.5)
    # The wedge's front, world +X, reaches 0.35 from its middle, its back only 0.25.
    assert isclose(min(c.y for c in corners), -2.0 - 0.35, abs_tol=1e-5)
    assert isclose(max(c.y for c in corners), -2.0 + 0.25, abs_tol=1e-5)
    assert isclose(min(c.x for c in corners), 3.0 - 0.30, abs_tol=1e-5)


def test_what_the_file_does_to_its_node_is_done_to_the_mesh(blender, job_folder):
    glb = wedge.glb(translation=[0.0, 5.0, 1.0], scale=[2.0, 2.0, 2.0])
    (job_folder / "mesh.glb").write_bytes(glb)
    mesh = part("result.importer").import_result(blender.context, job_folder).mesh
    blender.context.view_layer.update()
    corners = [mesh.matrix_world @ v.co for v in mesh.data.vertices]
    assert isclose(min(c.z for c in corners), 0.0, abs_tol=1e-5)
    assert isclose(max(c.z for c in corners), 1.5, abs_tol=1e-5)
    assert isclose(min(c.y for c in corners), -0.7 - 1.0, abs_tol=1e-5)
    assert mesh.scale[:] == (1.0, 1.0, 1.0)


def test_mesh_is_closed_again_after_the_seams_of_gltf(blender, job_folder):
    mesh = part("result.importer").import_result(blender.context, job_folder).mesh.data
    assert len(mesh.vertices) == len(wedge.VERTICES)
    assert len(mesh.edges) == len(mesh.vertices) + len(mesh.polygons) - 2  # Euler: one closed surface
    assert len(mesh.uv_layers) == 1


def test_quads_are_joined_of_triangles_and_shaded_as_before(blender, job_folder):
    triangles = part("result.importer").import_result(blender.context, job_folder).mesh.data
    quads = part("result.importer").import_result(blender.context, job_folder, quads=True).mesh.data
    assert {len(face.vertices) for face in triangles.polygons} == {3}
    four = [face for face in quads.polygons if len(face.vertices) == 4]
    assert four
    assert len(quads.polygons) == len(triangles.polygons) - len(four)
    assert len(quads.vertices) == len(triangles.vertices)
    before, after = (
        {
            (loop.vertex_index, *(round(axis, 3) + 0.0 for axis in normal.vector))
            for loop, normal in zip(mesh.loops, mesh.corner_normals, strict=True)
        }
        for mesh in (triangles, quads)
    )
    assert before == after


@pytest.mark.parametrize("quads", [False, True])
def test_the_tab_chooses_whether_quads_are_made(blender, job_folder, quads):
    blender.context.scene.sv3d.quads = quads
    assert blender.ops.sv3d.import_result(folder=str(job_folder), title="cup") == {"FINISHED"}
    faces = blender.context.active_object.data.polygons
    assert any(len(face.vertices) == 4 for face in faces) == quads


def test_material_is_principled_with_the_albedo_as_base_colour(blender, job_folder):
    mesh = part("result.importer").import_result(blender.context, job_folder).mesh
    (slot,) = mesh.material_slots
    (shader,) = [n for n in slot.material.node_tree.nodes if n.bl_idname == "ShaderNodeBsdfPrincipled"]
    texture = shader.inputs["Base Color"].links[0].from_node
    assert texture.bl_idname == "ShaderNodeTexImage"
    assert texture.image.size[:] == (6, 1)
    assert texture.image.packed_file  # the scene file needs no other for its mesh
    assert texture.image.colorspace_settings.name == "sRGB"
    assert shader.inputs["Metallic"].default_value == 0.0


@pytest.mark.parametrize("resolution", [(1920, 1080), (600, 600), (540, 960)])
@pytest.mark.parametrize("moved", [False, True])
def test_mesh_seen_through_the_orbit_camera_covers_each_frame(blender, job_folder, resolution, moved):
    """Mesh and frame agree to a pixel in all 21 frames, whatever the render's shape, also once the object is moved."""
    scene = blender.context.scene
    scene.render.resolution_x, scene.render.resolution_y = resolution
    scene.cursor.location = (1.0, 2.0, 0.5)
    result = part("result.importer").import_result(blender.context, job_folder)
    if moved:
        result.mesh.location, result.mesh.rotation_euler, result.mesh.scale = (-4, 0, 2), (0.3, 0.2, 1.1), (2, 2, 2)
    short = min(resolution)
    for index in range(wedge.COUNT):
        scene.frame_set(index + 1)
        seen = [
            world_to_camera_view(scene, result.camera, result.mesh.matrix_world @ v.co)
            for v in result.mesh.data.vertices
        ]
        # What FIT does: the square frame fills the shorter side, in the middle.
        columns = [((p.x - 0.5) * resolution[0] / short + 0.5) * wedge.SIZE for p in seen]
        rows = [(0.5 - (p.y - 0.5) * resolution[1] / short) * wedge.SIZE for p in seen]
        left, top, right, bottom = alpha_box(blender, job_folder / "frames" / f"{index:03d}.png")
        assert left == pytest.approx(min(columns), abs=1.0)
        assert right == pytest.approx(max(columns), abs=1.0)
        assert top == pytest.approx(min(rows), abs=1.0)
        assert bottom == pytest.approx(max(rows), abs=1.0)


def test_mesh_without_its_texture_is_refused_and_leaves_nothing(blender, job_folder):
    glb = job_folder / "mesh.glb"
    glb.write_bytes(glb.read_bytes().replace(b'"baseColorTexture"', b'"baseColorTexturX"'))
    with pytest.raises(Exception, match="without its texture"):
        part("result.importer").import_result(blender.context, job_folder)
    assert not blender.data.objects
    assert not blender.data.collections


def alpha_box(bpy, file: Path) -> tuple[int, int, int, int]:
    """Left, top, right and bottom of what is not clear, in pixels from the top left."""
    image = bpy.data.images.load(str(file))
    width, height = image.size
    alpha = list(image.pixels)[3::4]
    bpy.data.images.remove(image)
    columns = [i % width for i, a in enumerate(alpha) if a > 0]
    rows = [height - 1 - i // width for i, a in enumerate(alpha) if a > 0]  # Blender's first row is the lowest
    return min(columns), min(rows), max(columns) + 1, max(rows) + 1


def test_camera_is_the_orbits(blender, job_folder):
    camera = part("result.importer").import_result(blender.context, job_folder).camera
    assert camera.data.angle == pytest.approx(0.5899, abs=1e-4)  # 33.8°
    curves = list(part("compat").action_fcurves(camera))
    assert len(curves) == 6
    for curve in curves:
        assert [k.co.x for k in curve.keyframe_points] == list(range(1, 22))
    (turn,) = [c for c in curves if c.data_path == "rotation_euler" and c.array_index == 2]
    heights = [k.co.y for k in turn.keyframe_points]
    assert all(a < b for a, b in pairwise(heights))  # no jump where 360° is passed


def test_frames_are_the_cameras_background(blender, job_folder):
    result = part("result.importer").import_result(blender.context, job_folder)
    assert result.camera.data.show_background_images
    (background,) = result.camera.data.background_images
    assert background.image == result.frames
    assert background.frame_method == "FIT"
    assert result.frames.source == "SEQUENCE"
    user = background.image_user
    assert (user.frame_duration, user.frame_start, user.frame_offset) == (21, 1, -1)
    assert Path(result.frames.filepath) == job_folder / "frames" / "000.png"


@pytest.mark.parametrize("playback", [False, True])
def test_preview_range_and_camera_stay_unless_playback_is_asked_for(blender, job_folder, playback):
    scene = blender.context.scene
    before = (scene.use_preview_range, scene.frame_preview_start, scene.frame_preview_end, scene.camera)
    result = part("result.importer").import_result(blender.context, job_folder, playback=playback)
    now = (scene.use_preview_range, scene.frame_preview_start, scene.frame_preview_end, scene.camera)
    assert now == ((True, 1, 21, result.camera) if playback else before)


def test_scene_stays_the_artists(blender, job_folder):
    scene = blender.context.scene
    own = blender.data.objects.new("own", blender.data.cameras.new("own"))
    scene.collection.objects.link(own)
    scene.camera = own
    scene.frame_end = 100
    result = part("result.importer").import_result(blender.context, job_folder)
    assert (scene.camera, scene.frame_end) == (own, 100)
    assert blender.context.view_layer.objects.active == result.mesh
    assert {o.name for o in blender.context.view_layer.objects.selected} == {result.mesh.name}
    assert set(result.collection.objects) == {result.mesh, result.camera, result.picture_camera}
    assert len(blender.data.objects) == 4


def test_two_results_side_by_side(blender, job_folder):
    first = part("result.importer").import_result(blender.context, job_folder, "wedge")
    blender.context.scene.cursor.location = Vector((2, 0, 0))
    second = part("result.importer").import_result(blender.context, job_folder, "wedge")
    assert first.mesh.name == "wedge"
    assert second.mesh.location.x - first.mesh.location.x == 2


@pytest.mark.parametrize("damage", ["no mesh", "no frame", "bad cameras", "bad mesh"])
def test_damaged_result_is_refused_and_leaves_nothing(blender, job_folder, damage):
    match damage:
        case "no mesh":
            (job_folder / "mesh.glb").unlink()
        case "no frame":
            (job_folder / "frames" / "010.png").unlink()
        case "bad cameras":
            (job_folder / "cameras.json").write_text("{")
        case "bad mesh":
            (job_folder / "mesh.glb").write_bytes(b"glTF")
    with pytest.raises(Exception, match=r"missing|damaged|could not read") as caught:
        part("result.importer").import_result(blender.context, job_folder)
    assert type(caught.value).__name__ == "UserError"
    assert not blender.data.objects
    assert not blender.data.collections
