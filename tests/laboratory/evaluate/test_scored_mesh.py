"""Files as they are scored: axes, mirrored nodes, and each way of giving colour."""

from pathlib import Path

import numpy as np
import pytest
import trimesh
from PIL import Image
from trimesh.visual.material import PBRMaterial

from sv3d_engine.laboratory.evaluate.scored_mesh import read_scored
from sv3d_engine.shared.errors import UserError

MIDDLE = np.full((1, 3), 1 / 3)


def box(**about: object) -> trimesh.Trimesh:
    return trimesh.creation.box((1.0, 2.0, 4.0), **about)


def saved(thing: trimesh.Trimesh | trimesh.Scene, path: Path) -> Path:
    thing.export(path)
    return path


def test_gltf_is_turned_upright_with_its_front_to_x(tmp_path: Path) -> None:
    path = saved(box(), tmp_path / "box.glb")  # x 1, up 2, towards the viewer 4
    assert np.ptp(read_scored(path, "z").vertices, axis=0) == pytest.approx([4, 1, 2])
    assert np.ptp(read_scored(path, "x").vertices, axis=0) == pytest.approx([1, 4, 2])
    assert np.ptp(read_scored(saved(box(), tmp_path / "box.obj")).vertices, axis=0) == pytest.approx([1, 2, 4])


@pytest.mark.parametrize("mirrored", [False, True])
def test_the_outside_stays_outside(tmp_path: Path, mirrored: bool) -> None:
    scene = trimesh.Scene()
    scene.add_geometry(box(), transform=np.diag([-1.0 if mirrored else 1.0, 1, 1, 1]))
    mesh = read_scored(saved(scene, tmp_path / "box.glb"))
    assert ((mesh.corners.mean(1) * mesh.face_normals).sum(1) > 0).all()


def test_colours_of_vertices_are_linear_in_gltf_and_srgb_elsewhere(tmp_path: Path) -> None:
    half = box(vertex_colors=np.tile([128, 128, 128, 255], (8, 1)).astype(np.uint8))
    for name, linear in (("a.glb", 128 / 255), ("a.ply", 0.2159)):
        colour = read_scored(saved(half, tmp_path / name)).colour(np.array([0]), MIDDLE)
        assert colour[0] == pytest.approx([linear] * 3, abs=1e-3)


def test_a_texture_is_looked_up_between_its_texels_and_tinted(tmp_path: Path) -> None:
    picture = Image.fromarray(np.array([[[0] * 3, [255] * 3]], np.uint8))  # black left, white right
    square = trimesh.Trimesh([[0, 0, 0], [1, 0, 0], [0, 1, 0]], [[0, 1, 2]], process=False)
    uv = np.array([[0.25, 0.5], [0.75, 0.5], [0.5, 0.5]])
    material = PBRMaterial(baseColorTexture=picture, baseColorFactor=[255, 0, 255, 255])
    square.visual = trimesh.visual.TextureVisuals(uv, material=material)
    mesh = read_scored(saved(square, tmp_path / "a.glb"))
    assert mesh.colour(np.zeros(3, int), np.eye(3)) == pytest.approx(np.array([[0, 0, 0], [1, 0, 1], [0.5, 0, 0.5]]))


def test_each_material_keeps_its_faces(tmp_path: Path) -> None:
    red, blue = box(), box()
    red.visual = trimesh.visual.TextureVisuals(material=PBRMaterial(baseColorFactor=[255, 0, 0, 255]))
    blue.visual = trimesh.visual.TextureVisuals(material=PBRMaterial(baseColorFactor=[0, 0, 255, 255]))
    mesh = read_scored(saved(trimesh.Scene([red, blue.apply_translation((3, 0, 0))]), tmp_path / "a.glb"))
    colour = mesh.colour(np.arange(24), np.repeat(MIDDLE, 24, 0))
    right = mesh.corners.mean(1)[:, 0] > 1.5
    assert (colour[right] == [0, 0, 1]).all() and (colour[~right] == [1, 0, 0]).all()


def test_normals_of_the_file_count_and_without_them_seams_are_smooth(tmp_path: Path) -> None:
    ball = trimesh.creation.icosphere(3)
    with_normals = read_scored(saved(ball, tmp_path / "a.ply"))
    apart = np.arange(3 * len(ball.faces)).reshape(-1, 3)
    corners = trimesh.Trimesh(ball.triangles.reshape(-1, 3), apart, process=False)
    split = read_scored(saved(corners, tmp_path / "b.obj"))
    for mesh in (with_normals, split):
        assert (mesh.normals * mesh.vertices).sum(1) == pytest.approx(1, abs=5e-3)


def test_what_is_no_mesh_is_told(tmp_path: Path) -> None:
    (tmp_path / "a.glb").write_bytes(b"no glTF")
    with pytest.raises(UserError, match=r"a\.glb cannot be read"):
        read_scored(tmp_path / "a.glb")
