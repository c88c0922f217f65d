"""The engine's GLB as arrays."""

import json
import struct
import sys
from pathlib import Path

import numpy as np
import pytest
from sv3d.sv3d_blender.result.glb_file import read_asset
from sv3d.sv3d_engine.shared.errors import UserError

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "stand_in"))

import wedge

from sv3d_engine.reconstruction.asset.glb import TexturedMesh, write_glb


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "mesh.glb"
    path.write_bytes(wedge.glb())
    return path


def ball(normals_of, cut: int = 16) -> TexturedMesh:
    """A ball of latitudes and longitudes, whose texture is cut along one meridian."""
    v, u = np.meshgrid(np.linspace(0.1, np.pi - 0.1, 9), np.linspace(0, 2 * np.pi, cut + 1), indexing="ij")
    points = np.stack([np.sin(v) * np.cos(u), np.sin(v) * np.sin(u), np.cos(v)], -1)
    points[:, -1] = points[:, 0]
    points = points.reshape(-1, 3)
    corner = (np.arange(8)[:, None] * (cut + 1) + np.arange(cut)).ravel()
    below, right = cut + 1, 1
    faces = np.concatenate(
        [
            np.stack([corner, corner + below, corner + below + right], 1),
            np.stack([corner, corner + below + right, corner + right], 1),
        ]
    )
    uv = np.stack([(u / 2 / np.pi).ravel(), (v / np.pi).ravel()], 1)
    picture = np.zeros((4, 4, 3), np.uint8)
    return TexturedMesh(points, normals_of(points), uv, faces, picture, picture, picture, None, uv[:, 0])


def unit(vectors):
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


def test_the_wedge_stands_on_the_ground_with_its_front_towards_minus_y(file):
    asset = read_asset(file)
    assert len(asset.vertices) == 8
    np.testing.assert_allclose(asset.box, ((-0.30, -0.35, 0.0), (0.20, 0.25, 0.75)), atol=1e-6)
    np.testing.assert_allclose(asset.vertices.min(0), asset.box[0], atol=1e-6)
    assert asset.foot == pytest.approx(0.45)
    assert asset.surface.base_color.startswith(b"\x89PNG")
    assert (asset.surface.orm, asset.surface.normal, asset.surface.metallic) == (None, None, 0.0)
    assert not asset.smooth  # as glTF says of a file without normals


def test_edges_know_their_corners_and_seams(file):
    asset = read_asset(file)
    assert len(asset.edges) == 18
    assert asset.seams.sum() == 12
    following = np.arange(len(asset.corners)).reshape(-1, 3)[:, [1, 2, 0]].ravel()
    ends = np.sort(np.stack([asset.corners, asset.corners[following]], 1), 1)
    np.testing.assert_array_equal(np.sort(asset.edges[asset.corner_edges], 1), ends)


def test_the_seam_of_a_ball_is_one_meridian(tmp_path):
    write_glb(ball(unit), tmp_path / "ball.glb")
    asset = read_asset(tmp_path / "ball.glb")
    assert len(asset.vertices) == 9 * 16
    assert asset.seams.sum() == 8
    seam = asset.vertices[asset.edges[asset.seams]]
    assert np.ptp(seam[..., 0]) < 1e-6  # world +X, where it is cut, is the front
    assert asset.smooth
    assert all(p.startswith(b"\x89PNG") for p in (asset.surface.orm, asset.surface.normal))
    assert asset.confidence.shape == (9 * 16,)


def test_normals_are_kept_only_where_they_tell_something(tmp_path):
    write_glb(ball(unit), tmp_path / "ball.glb")
    assert read_asset(tmp_path / "ball.glb").normals is None
    write_glb(ball(lambda points: unit(points * (1.0, 1.0, 0.3))), tmp_path / "told.glb")
    told = read_asset(tmp_path / "told.glb")
    assert told.normals.shape == (len(told.corners), 3)
    sides = np.abs(told.vertices[told.corners, 2] - 1.0) < 0.5
    assert np.abs(told.normals[sides, 2]).max() < 0.4


def test_a_mesh_stays_whole_along_its_sharp_edges(tmp_path):
    """A box of one chart whose six sides have normals of their own."""
    signs = np.array([[x, y, z] for x in (-1, 1) for y in (-1, 1) for z in (-1, 1)], float)
    sides = np.array([[0, 1, 3, 2], [4, 6, 7, 5], [0, 4, 5, 1], [2, 3, 7, 6], [0, 2, 6, 4], [1, 5, 7, 3]])
    points = signs[sides.ravel()]
    normals = np.repeat(unit(signs[sides].mean(1)), 4, 0)
    faces = (np.arange(6)[:, None, None] * 4 + np.array([[0, 1, 2], [0, 2, 3]])).reshape(-1, 3)
    picture = np.zeros((4, 4, 3), np.uint8)
    write_glb(TexturedMesh(points, normals, points[:, :2], faces, picture), tmp_path / "box.glb")
    asset = read_asset(tmp_path / "box.glb")
    assert len(asset.vertices) == 8
    assert (len(asset.edges), asset.sharp.sum()) == (18, 12)
    along = np.abs(asset.vertices[asset.edges[:, 0]] - asset.vertices[asset.edges[:, 1]])
    np.testing.assert_array_equal(asset.sharp, (along > 0.1).sum(1) == 1)  # the diagonals of the sides are not
    assert not asset.seams.any()
    assert asset.normals is None  # Blender makes the same of the sharp edges


def test_a_smooth_mesh_has_no_sharp_edges(tmp_path):
    write_glb(ball(unit), tmp_path / "ball.glb")
    assert not read_asset(tmp_path / "ball.glb").sharp.any()


def test_quads_cross_no_seam(file):
    asset = read_asset(file, quads=True)
    sizes = np.diff(np.append(asset.starts, len(asset.corners)))
    assert set(sizes) == {4}
    assert len(asset.edges) == 12
    assert asset.seams.all()


@pytest.mark.parametrize(
    ("what", "value"),
    [("count", 10**9), ("bufferView", 99), ("componentType", 1), ("type", "MAT4"), ("bufferView", -1), ("count", -3)],
)
def test_numbers_that_lead_out_of_the_file_are_refused(file, what, value):
    change(file, lambda document: document["accessors"][0].update({what: value}))
    with pytest.raises(UserError, match="damaged"):
        read_asset(file)


def test_a_face_without_its_vertex_and_a_number_that_is_none_are_refused(file):
    change(file, lambda document: document["accessors"][0].update(count=5))
    with pytest.raises(UserError):
        read_asset(file)
    data = wedge.glb()
    length = struct.unpack_from("<I", data, 12)[0]
    first = 20 + length + 8
    file.write_bytes(data[:first] + struct.pack("<f", float("nan")) + data[first + 4 :])
    with pytest.raises(UserError):
        read_asset(file)


@pytest.mark.parametrize(
    "edit",
    [
        lambda document: document.update(nodes=[["mesh"]]),
        lambda document: document.update(meshes={}),
        lambda document: document.update(materials=[[]]),
        lambda document: document.update(bufferViews=[[]]),
        lambda document: document["nodes"][0].update(translation=[0, 0, 1e30]),
        lambda document: document["nodes"][0].update(translation=[0, 0, float("nan")]),
        lambda document: document["nodes"][0].update(scale=["a", 1, 1]),
        lambda document: document["images"][0].update(bufferView=0),  # which are numbers, not a picture
        lambda document: document["bufferViews"][3].update(byteLength=60),  # of a picture: less than it has
    ],
)
def test_a_document_that_is_none_is_refused(file, edit):
    change(file, edit)
    with pytest.raises(UserError, match="damaged"):
        read_asset(file)


@pytest.mark.parametrize("kept", [0, 4, 30, 500])
def test_half_a_file_is_refused(file, kept):
    file.write_bytes(file.read_bytes()[:kept])
    with pytest.raises(UserError, match="damaged"):
        read_asset(file)


def change(file, edit) -> None:
    data = file.read_bytes()
    length = struct.unpack_from("<I", data, 12)[0]
    document = json.loads(data[20 : 20 + length])
    edit(document)
    text = json.dumps(document).encode()
    text += b" " * (-len(text) % 4)
    file.write_bytes(data[:12] + struct.pack("<I", len(text)) + data[16:20] + text + data[20 + length :])
