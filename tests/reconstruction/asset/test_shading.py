import numpy as np
import pytest
from mesh_shapes import box, bumpy_sphere, sphere

from sv3d_engine.reconstruction.asset.shading import SHARP, corner_fans, part_at_sharp_edges, tangent_frame
from sv3d_engine.reconstruction.asset.topology import TriMesh, face_normals, vertex_normals
from sv3d_engine.reconstruction.asset.unwrap import Atlas


def whole(mesh: TriMesh) -> Atlas:
    """An atlas without seams, whose charts need not make sense."""
    return Atlas(np.arange(len(mesh.vertices)), mesh.faces, mesh.vertices[:, :2].astype(np.float32), 1)


def roof(degrees: float) -> TriMesh:
    """Two slopes that meet along x at this angle between their normals."""
    half = np.radians(degrees / 2)
    y, z = np.cos(half), -np.sin(half)
    vertices = np.array([[0.0, 0, 0], [1, 0, 0], [1, y, z], [0, y, z], [1, -y, z], [0, -y, z]])
    return TriMesh(vertices, np.array([[0, 1, 2], [0, 2, 3], [1, 0, 5], [1, 5, 4]]))


def test_a_box_is_shaded_by_its_sides() -> None:
    mesh = box()
    parted, normals = part_at_sharp_edges(mesh, whole(mesh))
    assert len(normals) == 6 * 4
    np.testing.assert_allclose(normals[parted.faces], np.repeat(face_normals(mesh)[:, None], 3, 1), atol=1e-12)
    np.testing.assert_array_equal(parted.vertex_map[parted.faces], mesh.faces)


def test_what_is_round_stays_smooth() -> None:
    for mesh in (sphere(), bumpy_sphere(4)):
        parted, normals = part_at_sharp_edges(mesh, whole(mesh))
        assert len(normals) == len(mesh.vertices)
        np.testing.assert_allclose(normals, vertex_normals(mesh)[parted.vertex_map], atol=1e-12)


@pytest.mark.parametrize(("off", "corners"), [(-1.0, 6), (1.0, 8)])
def test_an_edge_is_sharp_from_a_certain_angle(off: float, corners: int) -> None:
    mesh = roof(SHARP + off)
    assert len(part_at_sharp_edges(mesh, whole(mesh))[1]) == corners


def test_an_edge_that_ends_on_a_smooth_surface_parts_nothing_there() -> None:
    """A ridge that rises from the middle of a flat surface to its rim."""
    vertices = np.array([[0.0, 0, 0], [1, 0, 0.45], [1, 0.6, 0], [-1, 0.6, 0], [-1, -0.6, 0], [1, -0.6, 0]])
    mesh = TriMesh(vertices, np.array([[0, 1, 2], [0, 2, 3], [0, 3, 4], [0, 4, 5], [0, 5, 1]]))
    fans, normals = corner_fans(mesh).reshape(-1, 3), face_normals(mesh)
    bent = np.degrees(np.arccos((normals * np.roll(normals, 1, 0)).sum(1).clip(-1, 1)))
    assert bent.argmax() == 0
    assert sorted(bent)[-2] < SHARP < bent[0]  # only the edge 0-1 is sharp
    assert len(set(fans[:, 0])) == 1  # at 0, where it ends
    assert fans[0, 1] != fans[4, 2]  # at 1, the rim, it parts


def test_seams_of_the_texture_part_no_shading() -> None:
    mesh = sphere()
    apart = Atlas(
        mesh.faces.ravel(), np.arange(mesh.faces.size).reshape(-1, 3), np.zeros((mesh.faces.size, 2), np.float32), 1
    )
    parted, normals = part_at_sharp_edges(mesh, apart)
    assert len(normals) == mesh.faces.size
    np.testing.assert_allclose(normals, vertex_normals(mesh)[parted.vertex_map], atol=1e-12)


def test_faces_without_area_are_no_edges() -> None:
    mesh = roof(0)
    sliver = TriMesh(
        np.concatenate([mesh.vertices, [[0.5, 0, 0]]]), np.array([[0, 6, 2], [6, 1, 2], [0, 2, 3], [0, 1, 6]])
    )
    assert len(part_at_sharp_edges(sliver, whole(sliver))[1]) == 5


def test_the_frame_of_a_box_lies_in_its_sides() -> None:
    mesh = box()
    frame = tangent_frame(mesh, whole(mesh))
    assert len(frame.tangents) == len(frame.normals) == len(frame.atlas.vertex_map) == 24
    assert np.abs((frame.tangents[:, :3] * frame.normals).sum(1)).max() < 1e-9
