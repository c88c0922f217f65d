"""A mesh in the picture's light."""

import math

import numpy as np
import pytest
from sv3d.sv3d_blender.compare import shading
from sv3d.sv3d_blender.compare.palette import to_srgb
from sv3d.sv3d_blender.compare.raster import View

from sv3d_engine.reconstruction import light as engine_light

FAR = np.eye(4)
FAR[2, 3] = -2.0
CORNERS = np.array([[-1.0, -1, 0], [1, -1, 0], [1, 1, 0], [-1, 1, 0]], np.float32)
TRIANGLES = np.array([[0, 1, 2], [0, 2, 3]], np.int32)


def quad(*coats: shading.Coat, **given) -> shading.Model:
    """A square that fills the view and looks at it."""
    uv = (CORNERS[:, :2] + 1) / 2
    normals = np.tile(np.array([0.0, 0, 1], np.float32), (2, 3, 1))
    which = np.arange(2, dtype=np.int32) % len(coats)
    return shading.Model(CORNERS, TRIANGLES, normals, uv[TRIANGLES], which, coats, **given)


def test_the_base_colour_s_picture_comes_out_the_right_way_up() -> None:
    picture = np.array([[[255, 0, 0, 255], [0, 255, 0, 255]], [[0, 0, 255, 255], [9, 9, 9, 255]]], np.uint8)
    seen = shading.look(quad(shading.Coat(picture=picture)), View(FAR, 0.5, 8))
    assert seen[0, 0] == pytest.approx([1, 0, 0, 1], abs=0.01)  # the lowest row first, as in the picture
    assert seen[0, -1] == pytest.approx([0, 1, 0, 1], abs=0.01)
    assert seen[-1, 0] == pytest.approx([0, 0, 1, 1], abs=0.01)


def test_each_triangle_has_its_material_and_occlusion_darkens() -> None:
    half = np.full((1, 1, 4), 128, np.uint8)
    coats = shading.Coat((0.5, 0.2, 0.1)), shading.Coat((0.5, 0.2, 0.1), occlusion=half)
    seen = shading.look(quad(*coats), View(FAR, 0.5, 8))
    plain = to_srgb(np.array([0.5, 0.2, 0.1]))
    assert seen[0, -1, :3] == pytest.approx(plain, abs=0.01)
    assert seen[-1, 0, :3] == pytest.approx(to_srgb(np.array([0.5, 0.2, 0.1]) * 128 / 255), abs=0.01)


def test_what_the_view_does_not_show_is_clear() -> None:
    seen = shading.look(quad(shading.Coat()), View(FAR, 1.0, 8))
    assert seen[..., 3].sum() == 16
    assert not seen[0].any()


def test_nine_numbers_say_what_the_engine_s_light_says() -> None:
    """Through the panorama, in Blender's axes, against the integral of the Gaussians themselves."""
    lights = engine_light.Lights()
    axes, sharpness, amplitude = (values.detach() for values in lights.gaussians())
    amplitude[:8] *= 6
    directions = engine_light.panorama_directions(64)
    grey = engine_light.radiance(directions.reshape(-1, 3), axes, sharpness, amplitude).reshape(64, 128)
    told = shading.irradiance(np.repeat(grey.numpy()[::-1, :, None], 3, -1))
    normals = engine_light.fibonacci_sphere(50)
    wanted = engine_light.shading(normals, axes, sharpness, amplitude).numpy()
    blender = np.stack([normals[:, 1], -normals[:, 0], normals[:, 2]], 1)  # world (x, y, z) is Blender's (y, −x, z)
    assert np.ptp(wanted) > 0.3
    assert shading.harmonics(blender) @ told == pytest.approx(wanted, abs=0.05 * float(wanted.mean()))


def test_even_white_light_leaves_the_base_colour() -> None:
    told = shading.irradiance(np.ones((32, 64, 3), np.float32))
    assert told == pytest.approx(shading.white_light(), abs=5e-3)
    normal = np.array([[0.6, 0.0, 0.8]])
    assert shading.harmonics(normal) @ told == pytest.approx([1.0], abs=5e-3)
    assert math.isclose(shading.white_light()[0] * 0.282095, 1.0, rel_tol=1e-5)
