"""Mesh and frames compared through the orbit camera: how they are shown, and how far they differ."""

import time
from types import SimpleNamespace

import numpy as np
import pytest
from conftest import part


@pytest.fixture
def made(blender, job_folder):
    return part("result.importer").import_result(blender.context, job_folder, "cow")


@pytest.fixture
def preparing(blender):
    preparing = part("compare.preparing").preparing
    yield preparing
    preparing.forget()


def turn_until(preparing, done) -> None:
    """Do what Blender's timer does; without a window none runs."""
    end = time.monotonic() + 30
    while not done():
        assert time.monotonic() < end
        preparing._on_timer()
        time.sleep(0.005)


def measured(preparing, made, index: int):
    turn_until(preparing, lambda: preparing.measured(made.camera, made.frames, index))
    return preparing.measured(made.camera, made.frames, index)


def test_half_clear_frames_go_while_another_way_is_chosen(made):
    camera = made.camera.data
    for how in ("WIPE", "DIFFERENCE"):
        camera.sv3d_compare.how = how
        assert not camera.show_background_images
    camera.sv3d_compare.how = "BLEND"
    assert camera.show_background_images
    camera.show_background_images = False  # as the artist has it
    camera.sv3d_compare.how = "WIPE"
    camera.sv3d_compare.how = "BLEND"
    assert not camera.show_background_images


def test_without_the_add_on_blender_shows_the_frames_itself(blender, made):
    made.camera.data.sv3d_compare.how = "WIPE"
    part("compare.property_group").blend_all()
    assert made.camera.data.show_background_images
    drawing = part("compare.drawing")
    assert drawing.is_registered()
    drawing.unregister()
    assert not drawing.is_registered()
    drawing.register()


def test_a_frame_is_read_once_with_those_that_come_next(made, preparing):
    assert preparing.frame(made.frames, 3) is None
    turn_until(preparing, lambda: preparing._due is None)
    frame = preparing.frame(made.frames, 3)
    assert frame.pixels.shape == (96, 96, 4)
    assert {index for _orbit, index, _edited in preparing._frames} == set(range(3, 11))
    assert preparing.frame(made.frames, 3) is frame


def test_a_frame_that_is_gone_is_told(made, preparing, job_folder):
    (job_folder / "frames/003.png").unlink()
    preparing.frame(made.frames, 3)
    turn_until(preparing, lambda: preparing._due is None)
    assert preparing.frame(made.frames, 3).pixels is None


def test_the_edited_frame_is_the_one_that_is_compared(made, preparing, monkeypatch):
    before = measured(preparing, made, 3)
    image = part("repair.frame_image").paintable(made.frames, 3)
    again = measured(preparing, made, 3)
    assert again.mean == pytest.approx(before.mean)
    image.pixels.foreach_set(np.tile(np.array([1.0, 0, 0, 1], np.float32), 96 * 96))
    monkeypatch.setattr(part("compare.preparing"), "_FRESH", 0.0)  # it is looked at anew without a wait
    turn_until(preparing, lambda: preparing.frame(made.frames, 3).pixels[0, 0].tolist() == [255, 0, 0, 255])
    monkeypatch.undo()
    assert measured(preparing, made, 3).mean > 0.5


def test_the_mesh_that_made_the_frames_hardly_differs(made, preparing):
    turn_until(preparing, lambda: preparing.mean(made.camera, made.frames) or not preparing.measured(*args(made)))
    turn_until(preparing, lambda: preparing.mean(made.camera, made.frames))
    # The stand-in's frames have hard edges, of which half a pixel is always another.
    assert 0 < preparing.mean(made.camera, made.frames) < 0.03
    for index in (0, 7, 20):
        one = measured(preparing, made, index)
        shown = one.pixels[one.pixels[..., 3] == 255]
        dark = part("compare.palette").HEAT.colours[0] * 255
        assert np.mean(np.abs(shown[:, :3] - dark).max(1) < 3) > 0.9


def test_rejected_frames_are_not_in_the_mean(made, preparing):
    frames = part("result.frame_changes").frames_of(made.frames)
    part("repair.frame_image").paintable(made.frames, 3).pixels.foreach_set(
        np.tile(np.array([1.0, 0, 0, 1], np.float32), 96 * 96)
    )
    turn_until(preparing, lambda: preparing.mean(made.camera, made.frames) or not preparing.measured(*args(made)))
    turn_until(preparing, lambda: preparing.mean(made.camera, made.frames))
    worse = preparing.mean(made.camera, made.frames)
    frames[3].weight = 0
    assert preparing.mean(made.camera, made.frames) < worse / 2


def test_a_frame_that_is_gone_or_cannot_be_compared_says_so_and_the_others_go_on(
    blender, made, preparing, job_folder, monkeypatch
):
    module, told = part("compare.preparing"), part("compare.drawing").told
    tried, own = [], module.measure

    def measure(pixels, stamp, *rest):
        tried.append(stamp)
        if len(tried) == 1:
            raise ValueError("a singular matrix")
        return own(pixels, stamp, *rest)

    monkeypatch.setattr(module, "measure", measure)
    (job_folder / "frames/003.png").unlink()
    assert told(preparing.measured(*args(made))) == "Comparing…"
    turn_until(preparing, lambda: preparing._on_timer() is None)
    assert len(tried) == 20, "each but the one that is gone, once"
    assert told(preparing.measured(*args(made))) == "This frame cannot be compared"
    assert told(preparing.measured(made.camera, made.frames, 3)) == "The frame is gone"
    assert told(preparing.measured(made.camera, made.frames, 4)).startswith("Difference: ")
    assert preparing.mean(made.camera, made.frames) < 0.03


def test_a_mesh_that_cannot_be_read_says_so(made, preparing, monkeypatch):
    module, told = part("compare.preparing"), part("compare.drawing").told
    monkeypatch.setattr(module, "model_of", lambda _result: 1 / 0)
    preparing.measured(*args(made))
    turn_until(preparing, lambda: preparing._on_timer() is None)
    assert told(preparing.measured(*args(made))) == "This frame cannot be compared"
    assert preparing.mean(made.camera, made.frames) is None


def test_a_mesh_that_is_gone_is_told(blender, made, preparing, monkeypatch):
    drawing, written = part("compare.drawing"), []
    monkeypatch.setattr(drawing, "_write", lambda text, *_place: written.append(text))
    square = part("compare.square").Square(0, 0, 100, 100)
    blender.data.objects.remove(made.mesh)
    drawing._draw_difference(SimpleNamespace(camera=made.camera, orbit=made.frames, index=0, square=square), 1.0)
    assert written == ["The mesh is gone"]


def test_a_frame_of_two_sides_has_its_fringe_filled(blender):
    pixels = np.zeros((2, 4, 4), np.uint8)
    pixels[0, 1] = (10, 20, 30, 255)
    filled = part("compare.preparing")._without_fringe(pixels)
    assert filled[1, 2].tolist() == [10, 20, 30, 0] and not filled[:, 3].any()


def args(made):
    return made.camera, made.frames, 0


def test_it_is_the_mesh_as_it_is_shown(blender, made, preparing):
    before = measured(preparing, made, 4).mean
    made.mesh.location = (5, 5, 5)  # the camera goes with it
    made.mesh.rotation_euler = (0.3, 0.2, 0.1)
    blender.context.view_layer.update()
    assert measured(preparing, made, 4).mean == pytest.approx(before)
    taper = made.mesh.modifiers.new("taper", "SIMPLE_DEFORM")
    taper.deform_method, taper.factor = "TAPER", 1.0
    blender.context.view_layer.update()
    assert preparing.measured(made.camera, made.frames, 4) is None  # what was measured is no more
    assert measured(preparing, made, 4).mean > 2 * before


def test_a_material_that_is_changed_counts(blender, made, preparing):
    before = measured(preparing, made, 4).mean
    tree = made.mesh.data.materials[0].node_tree
    shader = next(node for node in tree.nodes if node.type == "BSDF_PRINCIPLED")
    tree.links.remove(shader.inputs["Base Color"].links[0])
    shader.inputs["Base Color"].default_value = (1, 1, 0, 1)
    blender.context.view_layer.update()
    assert preparing.measured(made.camera, made.frames, 4) is None
    assert measured(preparing, made, 4).mean > before + 0.1


def test_the_camera_of_each_frame_is_that_of_the_scene_at_it(blender, made):
    reading, scene = part("compare.reading"), blender.context.scene
    made.mesh.location = (1, 2, 3)
    for index in (0, 8, 20):
        scene.frame_set(1 + index)
        there = made.camera.matrix_world.inverted() @ made.mesh.matrix_world
        assert reading.view_of(made.camera, index, 96).to_camera == pytest.approx(np.array(there), abs=1e-5)


def test_the_picture_s_light_is_in_it(blender, made):
    reading = part("compare.reading")
    image = blender.data.images.new("cow light", 32, 16, float_buffer=True)
    up = np.repeat(np.linspace(0, 2, 16, dtype=np.float32)[:, None, None], 32, 1) * np.ones(4, np.float32)
    image.pixels.foreach_set(np.ascontiguousarray(up).ravel())
    made.mesh["sv3d_light"] = image
    light = reading.model_of(made.mesh).light
    harmonics = part("compare.shading").harmonics(np.array([[0.0, 0, 1], [0, 0, -1]])) @ light
    assert harmonics[0] > 1.3
    assert harmonics[1] < 0.7


def test_a_result_without_its_mesh_has_no_difference_and_one_that_is_deleted_nothing(blender, made, preparing):
    preparing.measured(made.camera, made.frames, 0)
    blender.data.objects.remove(made.mesh)
    turn_until(preparing, lambda: preparing._on_timer() is None)
    assert preparing.measured(made.camera, made.frames, 0) is None
    blender.data.objects.remove(made.camera)
    turn_until(preparing, lambda: preparing._on_timer() is None)


def test_another_file_begins_anew(blender, made, preparing):
    measured(preparing, made, 0)
    blender.ops.wm.read_homefile(use_empty=True)
    assert not preparing._frames
    assert not preparing._measured


def test_what_was_chosen_is_saved_with_the_file(blender, made, tmp_path):
    made.camera.data.sv3d_compare.how, made.camera.data.sv3d_compare.wipe = "WIPE", 0.25
    blender.ops.wm.save_as_mainfile(filepath=str(tmp_path / "a.blend"))
    blender.ops.wm.open_mainfile(filepath=str(tmp_path / "a.blend"))
    camera = blender.data.cameras["cow camera"]
    assert (camera.sv3d_compare.how, camera.sv3d_compare.wipe) == ("WIPE", 0.25)
    camera.sv3d_compare.how = "BLEND"
    assert camera.show_background_images
