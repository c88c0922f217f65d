"""The overlay is there while the add-on is, and shows the orbit that Generate would make."""

from math import radians

import pytest
from conftest import part, part_of_engine


def view(blender, variant="p"):
    return part("overlay.view").orbit_view(blender.context.scene, variant)


def test_it_comes_and_goes_with_the_add_on(blender):
    drawing = part("overlay.drawing")
    assert drawing.is_registered()
    drawing.unregister()
    assert not drawing.is_registered()
    drawing.register()
    assert len(drawing._handlers) == 2


def test_a_preset_is_shown_at_the_cursor(blender, settings):
    trajectory = part_of_engine("shared.trajectory")
    blender.context.scene.cursor.location = (1, 2, 3)
    settings.elevation = radians(12)
    assert view(blender).poses == trajectory.sine(12, 30)
    assert view(blender).target == (1, 2, 3)
    assert view(blender, "u").poses == trajectory.static(12)
    settings.orbit_kind, settings.seed = "dynamic", 4
    assert view(blender).poses == trajectory.dynamic(12, 4)


def test_it_is_where_a_picture_is_the_source_and_not_switched_off(blender, settings):
    settings.show_orbit = False
    assert view(blender) is None
    settings.show_orbit = True
    settings.source = "FOLDER"
    assert view(blender) is None


def test_scene_cameras_are_shown_where_they_stand(blender, settings):
    blender.context.scene.cursor.location = (1, 2, 3)
    blender.ops.sv3d.add_orbit_cameras(kind="FREE", radius=5)
    blender.context.view_layer.update()
    shown = view(blender)
    assert shown.target == pytest.approx((1, 2, 3))
    assert (shown.distance, shown.front_azimuth, shown.strays) == (pytest.approx(5), pytest.approx(-90), ())
    blender.data.objects["Orbit 05"].location *= 2
    blender.context.view_layer.update()
    (stray,) = view(blender).strays
    assert stray == pytest.approx(tuple(blender.data.objects["Orbit 05"].matrix_world.translation))
    settings.scene_cameras.which = "SELECTED"
    assert view(blender) is None
