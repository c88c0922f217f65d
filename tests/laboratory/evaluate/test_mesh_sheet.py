from pathlib import Path

import numpy as np
import pytest
import trimesh
from PIL import Image

from sv3d_engine.laboratory.dataset.model_files import load_object
from sv3d_engine.laboratory.evaluate.mesh_sheet import (
    SIDES,
    SIZE,
    albedo,
    albedo_difference,
    clay,
    normal_difference,
    object_sheet,
    real_sheet,
    stacked,
    surface_layers,
)
from sv3d_engine.orbit.cameras import CameraOrbit, View, static_orbit
from sv3d_engine.orbit.orbit_files import write_cameras

ORBIT = CameraOrbit(33.8, 2.2, tuple(View("", *side) for side in SIDES))


def ball(path: Path, colour: tuple[int, int, int], radius: float = 0.4) -> Path:
    mesh = trimesh.creation.icosphere(3, radius)
    mesh.visual = trimesh.visual.ColorVisuals(mesh, vertex_colors=(*colour, 255))
    mesh.export(path)
    return path


def layers(path: Path) -> np.ndarray:
    return surface_layers(load_object(path, fitted=False), ORBIT, 64)


def test_clay_is_brightest_where_it_faces_the_camera_and_size_is_kept(tmp_path: Path) -> None:
    small, large = (layers(ball(tmp_path / f"{r}.glb", (200, 30, 30), r)) for r in (0.2, 0.4))
    pictures = clay(large, ORBIT)
    assert (pictures[:, 32, 32] == 240).all()
    assert (pictures[:, 0, 0] == 255).all()
    assert 3.5 < large[..., 6].sum() / small[..., 6].sum() < 4.5


def test_faces_that_look_away_are_dark_unless_both_sides_count(tmp_path: Path) -> None:
    mesh = trimesh.creation.icosphere(3, 0.4)
    mesh.invert()
    mesh.export(tmp_path / "inside_out.glb")
    found = layers(tmp_path / "inside_out.glb")
    assert (clay(found, ORBIT)[:, 32, 32] == 60).all()
    assert (clay(found, ORBIT, two_sided=True)[:, 32, 32] == 240).all()


def test_albedo_has_no_light(tmp_path: Path) -> None:
    mesh = trimesh.creation.box((0.5, 0.5, 0.5))
    material = trimesh.visual.material.PBRMaterial(baseColorFactor=(255, 55, 55, 255))
    mesh.visual = trimesh.visual.TextureVisuals(material=material)
    mesh.export(tmp_path / "box.glb")
    found = albedo(layers(tmp_path / "box.glb"))
    inside = found[(found != 255).any(-1)]
    assert len(np.unique(inside[:, 0])) == 1


def test_differences_are_white_outside_pale_where_equal_and_red_where_one_is_missing(tmp_path: Path) -> None:
    small, large = (layers(ball(tmp_path / f"{r}.glb", (200, 30, 30), r)) for r in (0.2, 0.4))
    for difference in (normal_difference, albedo_difference):
        same, other = difference(large, large), difference(large, small)
        assert same[0, 0, 0].tolist() == [255, 255, 255]
        assert same[0, 32, 32].tolist() == [240, 240, 240]
        assert other[0, 32, 20].tolist() == [240, 0, 0]


def test_a_real_orbit_is_shown_from_all_round(tmp_path: Path) -> None:
    orbit = static_orbit(10.0, 2.2, 18)
    for i, view in enumerate(orbit.views):
        Image.new("RGBA", (8, 8), (10 * i, 0, 0, 255)).save(tmp_path / view.file)
    write_cameras(orbit, tmp_path / "cameras.json")
    made = ball(tmp_path / "made.glb", (200, 30, 30))
    sheet = np.asarray(real_sheet("toy", tmp_path, made, tmp_path / "cameras.json"))
    frames = sheet[SIZE // 2, SIZE // 2 :: SIZE, 0][:8]
    assert frames.tolist() == [10 * i for i in (0, 2, 4, 6, 9, 11, 13, 15)]


def test_sheets_of_objects_and_real_orbits(tmp_path: Path) -> None:
    made = ball(tmp_path / "made.glb", (200, 30, 30))
    orbit = static_orbit(10.0, 2.2)
    sheet = object_sheet("ball", made, made, orbit)
    assert sheet.width == pytest.approx(8 * SIZE, abs=20)
    for view in orbit.views:
        Image.new("RGBA", (64, 64), (0, 0, 0, 0)).save(tmp_path / view.file)
    write_cameras(orbit, tmp_path / "cameras.json")
    real = real_sheet("toy", tmp_path, made, tmp_path / "cameras.json")
    assert real.size == sheet.size
    for name, picture in (("a", sheet), ("b", real)):
        picture.save(tmp_path / f"{name}.png")
    assert stacked([tmp_path / "a.png", tmp_path / "b.png"]).height == sheet.height + real.height
