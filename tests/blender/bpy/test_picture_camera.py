"""The picture's own camera: the mesh where the artist's picture shows it, in one click, and the scene as it was."""

import json
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import wedge
from bpy_extras.object_utils import world_to_camera_view
from conftest import part

WIDE, TALL = (150, 100), (90, 160)
CROPS = {WIDE: (80.0, 12.0, 55.0), TALL: (-8.0, 95.5, 60.0)}  # left, top and side of the frame in the picture


@pytest.fixture(params=[WIDE, TALL], ids=["wide", "tall"])
def size(request) -> tuple[int, int]:
    return request.param


@pytest.fixture
def job(job_folder: Path, size) -> Path:
    """A job that was made from a picture with the object off its middle."""
    left, top, side = CROPS[size]
    crop = {"left": left, "top": top, "side": side, "width": size[0], "height": size[1]}
    (job_folder / "report.json").write_text(json.dumps({"stages": {"picture": {"crop": crop}}}))
    (job_folder / "orbit").mkdir()
    wedge.write_picture(job_folder / "orbit" / "original.png")
    return job_folder


@pytest.fixture
def result(blender, job):
    return part("result.importer").import_result(blender.context, job)


def in_picture(blender, result) -> list[tuple[float, float]]:
    """The pixels at which the scene's camera sees the mesh's corners."""
    scene = blender.context.scene
    blender.context.view_layer.update()
    seen = [
        world_to_camera_view(scene, scene.camera, result.mesh.matrix_world @ v.co) for v in result.mesh.data.vertices
    ]
    render = scene.render
    return sorted((x * render.resolution_x, (1 - y) * render.resolution_y) for x, y, _ in seen)


def expected(size) -> list[tuple[float, float]]:
    left, top, side = CROPS[size]
    corners = [wedge.project(v, *wedge.angles()[-1])[:2] for v in wedge.VERTICES]
    return sorted((left + x * side / wedge.SIZE, top + y * side / wedge.SIZE) for x, y in corners)


@pytest.mark.parametrize("moved", [False, True])
def test_each_corner_is_where_the_picture_has_it(blender, result, size, moved):
    scene = blender.context.scene
    scene.render.resolution_percentage, scene.render.pixel_aspect_x = 50, 2.0
    if moved:
        result.mesh.location, result.mesh.rotation_euler, result.mesh.scale = (-4, 0, 2), (0.3, 0.2, 1.1), (2, 2, 2)
    assert blender.ops.sv3d.look_through_picture() == {"FINISHED"}
    assert scene.camera == result.picture_camera
    assert (scene.render.resolution_x, scene.render.resolution_y) == size
    np.testing.assert_allclose(in_picture(blender, result), expected(size), atol=0.02)


def test_what_is_rendered_covers_the_pictures_object(blender, result, size, tmp_path):
    blender.ops.sv3d.look_through_picture()
    scene = blender.context.scene
    scene.render.engine, scene.cycles.samples, scene.render.film_transparent = "CYCLES", 4, True
    scene.render.filepath = str(tmp_path / "seen.png")
    scene.render.image_settings.color_mode = "RGBA"
    blender.ops.render.render(write_still=True)
    picture = blender.data.images.load(str(tmp_path / "seen.png"))
    seen = np.array(picture.pixels).reshape(size[1], size[0], 4)[::-1, :, 3] > 0.5
    frame = blender.data.images.load(str(result.picture_camera.data.background_images[0].image.filepath))
    alpha = np.array(frame.pixels).reshape(wedge.SIZE, wedge.SIZE, 4)[::-1, :, 3] > 0.5
    left, top, side = CROPS[size]
    rows, columns = np.mgrid[: size[1], : size[0]] + 0.5
    x = np.floor((columns - left) * wedge.SIZE / side).astype(int)
    y = np.floor((rows - top) * wedge.SIZE / side).astype(int)
    inside = (x >= 0) & (y >= 0) & (x < wedge.SIZE) & (y < wedge.SIZE)
    truth = inside & alpha[y.clip(0, wedge.SIZE - 1), x.clip(0, wedge.SIZE - 1)]
    assert truth.sum() > 400
    assert (seen & truth).sum() / (seen | truth).sum() >= 0.97


def test_the_original_picture_stands_behind_the_mesh(result, job):
    (background,) = result.picture_camera.data.background_images
    assert Path(background.image.filepath) == job.resolve() / "orbit" / "original.png"
    assert (background.display_depth, background.alpha, background.frame_method) == ("BACK", 1.0, "FIT")
    assert result.picture_camera.data.show_background_images
    assert result.picture_camera.parent == result.mesh
    assert not result.picture_camera.animation_data


def test_the_scenes_own_camera_and_size_come_back(blender, result, size, tmp_path):
    """Also after a second look, saving and opening again; what is changed meanwhile stays."""
    scene = blender.context.scene
    own = blender.data.objects.new("own", blender.data.cameras.new("own"))
    scene.collection.objects.link(own)
    scene.camera = own
    scene.render.resolution_x, scene.render.resolution_y, scene.render.resolution_percentage = 1234, 567, 75
    assert not blender.ops.sv3d.leave_picture.poll()
    blender.ops.sv3d.look_through_picture()
    blender.ops.sv3d.look_through_picture()
    blender.ops.wm.save_as_mainfile(filepath=str(tmp_path / "scene.blend"))
    blender.ops.wm.open_mainfile(filepath=str(tmp_path / "scene.blend"))
    scene = blender.context.scene
    assert scene.camera.name == "wedge picture" or "picture" in scene.camera.name
    assert blender.ops.sv3d.leave_picture() == {"FINISHED"}
    assert scene.camera.name == "own"
    render = scene.render
    assert (render.resolution_x, render.resolution_y, render.resolution_percentage) == (1234, 567, 75)
    assert not blender.ops.sv3d.leave_picture.poll()

    blender.ops.sv3d.look_through_picture()
    render.resolution_x, scene.camera = 4000, None
    blender.ops.sv3d.leave_picture()
    assert (render.resolution_x, render.resolution_y) == (4000, size[1])
    assert scene.camera.name == "own"


def test_a_shadow_catcher_only_on_request(blender, result):
    scene = blender.context.scene
    assert not any(o.is_shadow_catcher for o in blender.data.objects)
    assert blender.ops.sv3d.add_shadow_catcher() == {"FINISHED"}
    (plane,) = [o for o in scene.objects if o.is_shadow_catcher]
    blender.context.view_layer.update()
    low = min((result.mesh.matrix_world @ v.co).z for v in result.mesh.data.vertices)
    assert {round((plane.matrix_world @ v.co).z - low, 5) for v in plane.data.vertices} == {0.0}
    assert scene.render.film_transparent
    assert not blender.ops.sv3d.add_shadow_catcher.poll()
    blender.ops.sv3d.leave_picture()
    assert not scene.render.film_transparent
    blender.data.objects.remove(plane)
    assert blender.ops.sv3d.add_shadow_catcher.poll()


def test_a_mesh_made_from_frames_is_seen_as_its_last_frame(blender, job_folder):
    result = part("result.importer").import_result(blender.context, job_folder)
    blender.ops.sv3d.look_through_picture()
    render = blender.context.scene.render
    assert (render.resolution_x, render.resolution_y) == (wedge.SIZE, wedge.SIZE)
    corners = sorted(wedge.project(v, *wedge.angles()[-1])[:2] for v in wedge.VERTICES)
    np.testing.assert_allclose(in_picture(blender, result), corners, atol=0.02)
    (background,) = result.picture_camera.data.background_images
    assert background.image.filepath.endswith("020.png") and background.image.source == "FILE"


def test_an_earlier_result_gets_its_camera_from_its_folder(blender, result, job, size, tmp_path):
    """Saved by a version that had none, moved since, and looked at from another frame."""
    result.mesh.location, result.mesh.rotation_euler = (-4, 0, 2), (0.3, 0.2, 1.1)
    blender.data.objects.remove(result.picture_camera)
    blender.ops.wm.save_as_mainfile(filepath=str(tmp_path / "scene.blend"))
    blender.ops.wm.open_mainfile(filepath=str(tmp_path / "scene.blend"))
    scene = blender.context.scene
    scene.frame_set(9)
    mesh = blender.context.active_object
    assert blender.ops.sv3d.look_through_picture() == {"FINISHED"}
    assert scene.camera.parent == mesh and scene.camera.name in scene.objects
    corners = in_picture(blender, SimpleNamespace(mesh=mesh))
    np.testing.assert_allclose(corners, expected(size), atol=0.02)
    camera = scene.camera
    blender.ops.sv3d.look_through_picture()
    assert scene.camera == camera, "there is one now"
    assert blender.ops.sv3d.add_shadow_catcher.poll()


def test_an_earlier_result_whose_folder_is_gone_says_so(blender, result, job):
    blender.data.objects.remove(result.picture_camera)
    (job / "cameras.json").unlink()
    assert blender.ops.sv3d.look_through_picture() == {"CANCELLED"}
    assert not blender.context.scene.sv3d_kept.active
    assert not [camera for camera in blender.data.cameras if "picture" in camera.name and camera.users]


def test_what_is_no_result_has_no_such_button(blender):
    assert not blender.ops.sv3d.look_through_picture.poll()
    blender.ops.mesh.primitive_cube_add()
    assert not blender.ops.sv3d.look_through_picture.poll()
    assert not blender.ops.sv3d.add_shadow_catcher.poll()


@pytest.mark.parametrize("mark", ["large", [1, 2, 3], [0, 10], [70000, 10], 5])
def test_a_strangers_mark_is_no_size(blender, result, mark):
    result.picture_camera["sv3d_picture_size"] = mark
    assert not blender.ops.sv3d.look_through_picture.poll()


def test_nothing_of_it_stays_where_a_later_step_fails(blender, job, monkeypatch):
    importer = part("result.importer")

    def fail(*_given):
        raise RuntimeError("no room")

    monkeypatch.setattr(importer, "take_live_mesh", fail)
    with pytest.raises(RuntimeError, match="no room"):
        importer.import_result(blender.context, job)
    assert not blender.data.objects and not blender.data.cameras and not blender.data.images
