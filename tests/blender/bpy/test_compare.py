"""A result compared with its orbit: confidence as colours, and the frames as a strip."""

import numpy as np
import pytest
from conftest import part

STRIP_SPAN = ("frame_final_start", "frame_final_duration")  # before 5.2


@pytest.fixture
def result(blender, job_folder):
    """A result whose vertices are the surer the higher they lie."""
    made = part("result.importer").import_result(blender.context, job_folder, "cow")
    mesh = made.mesh.data
    heights = np.array([vertex.co.z for vertex in mesh.vertices], np.float32)
    values = mesh.attributes.new("_CONFIDENCE", "FLOAT", "POINT")
    values.data.foreach_set("value", heights / heights.max())
    return made.mesh


@pytest.fixture
def view(blender, result):
    """A 3D View, as the context has it."""
    window = blender.context.window_manager.windows[0]
    area = max(window.screen.areas, key=lambda area: area.width * area.height)
    before, area.type = area.type, "VIEW_3D"
    region = next(region for region in area.regions if region.type == "WINDOW")
    with blender.context.temp_override(window=window, area=area, region=region):
        yield area.spaces.active
    area.type = before


def test_confidence_is_seen_as_colours_and_goes_without_a_trace(blender, result, view):
    view.shading.type, view.shading.color_type = "MATERIAL", "OBJECT"
    attributes = set(result.data.attributes.keys())
    assert blender.ops.sv3d.show_confidence() == {"FINISHED"}
    assert (view.shading.type, view.shading.color_type) == ("SOLID", "VERTEX")
    colours = result.data.color_attributes.active_color
    assert colours.name == "SV3D Confidence"
    high = max(result.data.vertices, key=lambda v: v.co.z).index
    low = min(result.data.vertices, key=lambda v: v.co.z).index
    assert colours.data[high].color_srgb[:] == pytest.approx((0.99, 0.91, 0.14, 1), abs=0.01)
    assert colours.data[low].color_srgb[:] == pytest.approx((0.27, 0.0, 0.33, 1), abs=0.01)

    blender.ops.sv3d.show_confidence()
    assert (view.shading.type, view.shading.color_type) == ("MATERIAL", "OBJECT")
    assert set(result.data.attributes.keys()) == attributes
    assert "sv3d_shading" not in result


def test_shading_that_was_chosen_meanwhile_stays(blender, result, view):
    view.shading.type = "SOLID"
    blender.ops.sv3d.show_confidence()
    view.shading.color_type = "RANDOM"
    blender.ops.sv3d.show_confidence()
    assert view.shading.color_type == "RANDOM"


def test_without_confidence_there_is_nothing_to_show(blender, result, view):
    result.data.attributes.remove(result.data.attributes["_CONFIDENCE"])
    assert not blender.ops.sv3d.show_confidence.poll()


def test_the_orbit_becomes_a_strip_beside_others(blender, result, job_folder):
    compat, scene = part("compat"), blender.context.scene
    assert blender.ops.sv3d.add_strip() == {"FINISHED"}
    (strip,) = compat.strips(scene)
    assert [element.filename for element in strip.elements] == [f"{i:03d}.png" for i in range(21)]
    names = ("left_handle", "duration") if blender.app.version >= (5, 2, 0) else STRIP_SPAN
    assert [getattr(strip, name) for name in (*names, "channel")] == [1, 21, 1]
    assert blender.path.abspath(strip.directory).rstrip("/") == str(job_folder / "frames")
    assert not scene.render.use_sequencer  # F12 still renders the scene

    scene.render.use_sequencer = True
    blender.ops.sv3d.add_strip()
    assert sorted(strip.channel for strip in compat.strips(scene)) == [1, 2]
    assert scene.render.use_sequencer


def test_frames_that_are_gone_make_no_strip(blender, result, job_folder):
    (job_folder / "frames/004.png").unlink()
    assert blender.ops.sv3d.add_strip() == {"CANCELLED"}
    assert part("compat").strips(blender.context.scene) == []
    assert blender.context.scene.render.use_sequencer
