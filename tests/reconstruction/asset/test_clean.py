import numpy as np
import pytest
import trimesh
from mesh_shapes import box, bumpy_sphere, flipped, soup, sphere, together, torus

from sv3d_engine.reconstruction.asset.clean import clean, winding_numbers
from sv3d_engine.reconstruction.asset.repair import drop_degenerate, orient_consistently
from sv3d_engine.reconstruction.asset.topology import (
    TriMesh,
    face_areas,
    face_components,
    face_normals,
    face_volumes,
    is_closed_manifold,
    mates,
)
from sv3d_engine.shared.errors import UserError


def pieces(mesh: TriMesh) -> int:
    return face_components(mates(mesh))[0]


def volume(mesh: TriMesh) -> float:
    return float(face_volumes(mesh).sum())


def assert_sound(mesh: TriMesh) -> None:
    """Ours and trimesh's opinion, the latter after welding by position as a GLB reader would."""
    assert is_closed_manifold(mesh.faces)
    welded = trimesh.Trimesh(mesh.vertices, mesh.faces, process=True)
    assert welded.is_watertight
    assert welded.is_winding_consistent
    assert volume(mesh) > 0


def test_a_sound_mesh_stays_as_it_is() -> None:
    mesh = bumpy_sphere(3)
    cleaned = clean(mesh)
    assert np.array_equal(cleaned.vertices, mesh.vertices)
    assert np.array_equal(cleaned.faces, mesh.faces)


def test_soup_is_welded() -> None:
    mesh = soup(torus())
    jitter = np.random.default_rng(0).uniform(-1e-8, 1e-8, mesh.vertices.shape)
    cleaned = clean(TriMesh(mesh.vertices + jitter, mesh.faces))
    assert_sound(cleaned)
    assert len(cleaned.vertices) == len(torus().vertices)


def test_degenerate_and_repeated_faces_go() -> None:
    ball = sphere()
    a, b, c = ball.faces[10]
    extra = np.array([[a, a, b], [c, c, c], [b, c, a], [a, b, c], [0, 5, 9], [9, 5, 0]])
    cleaned = clean(TriMesh(ball.vertices, np.concatenate([ball.faces, extra])))
    assert_sound(cleaned)
    assert len(cleaned.faces) == len(ball.faces)


def test_faces_that_use_a_vertex_twice_go_wherever_they_have_it() -> None:
    faces = np.array([[0, 0, 1], [1, 0, 0], [0, 1, 0], [2, 2, 2], [0, 1, 2]])
    assert drop_degenerate(TriMesh(np.eye(3), faces)).faces.tolist() == [[0, 1, 2]]


def test_of_repeated_faces_one_stays_and_of_opposite_ones_none() -> None:
    faces = np.array([[0, 1, 2], [1, 2, 0], [3, 1, 0], [0, 1, 3], [2, 3, 1]])
    assert drop_degenerate(TriMesh(np.eye(4), faces)).faces.tolist() == [[0, 1, 2], [2, 3, 1]]


def test_vertices_that_are_not_numbers_are_cut_out_and_the_hole_closed() -> None:
    ball = sphere()
    vertices = ball.vertices.copy()
    vertices[7] = np.nan
    cleaned = clean(TriMesh(vertices, ball.faces))
    assert_sound(cleaned)
    assert volume(cleaned) == pytest.approx(volume(ball), rel=0.01)


def test_slivers_are_welded_away() -> None:
    ball = sphere()
    a, b, c = ball.faces[0]
    near = ball.vertices[a] + 1e-8 * (ball.vertices[b] - ball.vertices[a])
    n = len(ball.vertices)
    rest = ball.faces[1:]
    mate = np.flatnonzero(np.isin(rest, [a, b]).all(-1) | (np.isin(rest, [a, b]).sum(1) == 2))[0]
    d = np.setdiff1d(rest[mate], [a, b])[0]
    rest = np.delete(rest, mate, 0)
    split = np.array([[a, n, c], [n, b, c], [b, n, d], [n, a, d]])
    cleaned = clean(TriMesh(np.concatenate([ball.vertices, near[None]]), np.concatenate([rest, split])))
    assert_sound(cleaned)
    assert len(cleaned.faces) == len(ball.faces)
    assert face_areas(cleaned).min() > 1e-6


@pytest.mark.parametrize("share", [0.1, 0.5, 1.0])
def test_turned_faces_are_turned_back(share: float) -> None:
    mesh = torus()
    turn = np.random.default_rng(1).random(len(mesh.faces)) < share
    cleaned = clean(TriMesh(mesh.vertices, np.where(turn[:, None], mesh.faces[:, ::-1], mesh.faces)))
    assert_sound(cleaned)
    assert volume(cleaned) == pytest.approx(volume(mesh))


def test_few_turned_faces_follow_the_many() -> None:
    ball = sphere()
    turn = np.random.default_rng(0).random(len(ball.faces)) < 0.2
    mixed = TriMesh(ball.vertices, np.where(turn[:, None], ball.faces[:, ::-1], ball.faces))
    assert (face_normals(orient_consistently(mixed)) == face_normals(ball)).all()


def test_boxes_that_share_an_edge_come_apart() -> None:
    mesh = soup(together(box(1), box(1, (1, 1, 0))))
    cleaned = clean(mesh)
    assert_sound(cleaned)
    assert pieces(cleaned) == 2
    assert volume(cleaned) == pytest.approx(2, rel=1e-3)
    assert volume(cleaned) < 2  # each moved into itself


def test_boxes_that_share_a_corner_come_apart() -> None:
    cleaned = clean(soup(together(box(1), box(1, (1, 1, 1)))))
    assert_sound(cleaned)
    assert pieces(cleaned) == 2


def test_ring_of_voxels_closed_by_an_edge_is_manifold() -> None:
    """Voxels that go round and touch themselves: both fans of the shared edge belong to one piece."""
    cells = np.zeros((5, 5, 5), bool)
    cells[1, 1:4, 1] = cells[1:4, 3, 1] = cells[3, 2:4, 1] = True
    cells[2, 1, 1] = True  # meets (3, 2) along an edge, while joined to it the long way round
    cleaned = clean(from_voxels(cells))
    assert_sound(cleaned)
    assert volume(cleaned) == pytest.approx(cells.sum(), rel=1e-3)


@pytest.mark.parametrize("seed", range(6))
def test_random_voxels_are_manifold(seed: int) -> None:
    """Every way in which cells can touch at edges and corners, many at a time."""
    cells = np.zeros((9, 9, 9), bool)
    cells[1:-1, 1:-1, 1:-1] = np.random.default_rng(seed).random((7, 7, 7)) < 0.5
    cleaned = clean(from_voxels(cells))
    assert_sound(cleaned)


def from_voxels(cells: np.ndarray) -> TriMesh:
    """The outer faces of unit cells, two triangles each, corners apart."""
    quads = []
    for axis in range(3):
        for side in (0, 1):
            shown = cells & ~np.roll(cells, 1 if side == 0 else -1, axis)
            u, v = np.eye(3)[(axis + 1) % 3], np.eye(3)[(axis + 2) % 3]
            corner = np.argwhere(shown) + side * np.eye(3)[axis]
            ring = [corner, corner + u, corner + u + v, corner + v]
            quads.append(np.stack(ring if side else ring[::-1], 1))
    ring = np.concatenate(quads)
    triangles = np.concatenate([ring[:, [0, 1, 2]], ring[:, [0, 2, 3]]])
    return TriMesh(triangles.reshape(-1, 3), np.arange(3 * len(triangles)).reshape(-1, 3))


def test_floaters_go_and_real_parts_stay() -> None:
    body = sphere(0.5)
    part = sphere(0.1, 2, (0.8, 0, 0))
    dust = [sphere(0.02, 1, (0.7, 0.1 * k, 0.5)) for k in range(8)]
    cleaned = clean(together(body, part, *dust))
    assert_sound(cleaned)
    assert pieces(cleaned) == 2
    assert volume(cleaned) == pytest.approx(volume(body) + volume(part))


def test_thin_part_with_little_volume_stays() -> None:
    body = sphere(0.5)
    plate = torus()
    plate = TriMesh(plate.vertices * [0.6, 0.6, 0.01] + [0, 0, 0.9], plate.faces)
    assert abs(volume(plate)) < 0.001 * volume(body)
    assert pieces(clean(together(body, plate))) == 2


@pytest.mark.parametrize("inner", [sphere(0.3), flipped(sphere(0.3))], ids=["outward", "inward"])
def test_inner_shells_go(inner: TriMesh) -> None:
    body = sphere(0.5)
    cleaned = clean(together(body, inner))
    assert_sound(cleaned)
    assert pieces(cleaned) == 1
    assert volume(cleaned) == pytest.approx(volume(body))


def test_part_that_sticks_out_of_another_stays() -> None:
    assert pieces(clean(together(sphere(0.5), sphere(0.2, 2, (0.5, 0, 0))))) == 2


def test_part_in_the_hollow_of_a_ring_stays() -> None:
    assert pieces(clean(together(torus(), sphere(0.1)))) == 2


def test_holes_are_filled() -> None:
    ball = sphere(0.5, 4)
    rng = np.random.default_rng(2)
    keep = rng.random(len(ball.faces)) > 0.02
    keep[:12] = False
    cleaned = clean(TriMesh(ball.vertices, ball.faces[keep]))
    assert_sound(cleaned)
    assert pieces(cleaned) == 1
    assert volume(cleaned) == pytest.approx(volume(ball), rel=0.01)


def test_all_flaws_at_once() -> None:
    body = soup(bumpy_sphere(4))
    rng = np.random.default_rng(3)
    faces = np.where((rng.random(len(body.faces)) < 0.2)[:, None], body.faces[:, ::-1], body.faces)
    faces = faces[rng.random(len(faces)) > 0.01]
    faces = np.concatenate([faces, faces[:50], faces[:20, [0, 0, 1]]])
    mesh = together(TriMesh(body.vertices, faces), flipped(sphere(0.2)), sphere(0.01, 1, (0.9, 0, 0)))
    cleaned = clean(mesh)
    assert_sound(cleaned)
    assert pieces(cleaned) == 1
    assert volume(cleaned) == pytest.approx(volume(bumpy_sphere(4)), rel=0.01)


@pytest.mark.parametrize("faces", [np.empty((0, 3), np.int64), np.array([[0, 1, 2]]), np.array([[0, 0, 1]])])
def test_nothing_solid_is_a_clear_error(faces: np.ndarray) -> None:
    with pytest.raises(UserError, match="no solid surface"):
        clean(TriMesh(np.eye(3), faces))


def test_winding_numbers() -> None:
    points = np.array([[0.0, 0.0, 0.0], [0.2, 0.1, 0.3], [0.7, 0.0, 0.0]])
    assert winding_numbers(points, sphere().corners) == pytest.approx([1, 1, 0], abs=1e-9)
    assert winding_numbers(points, flipped(sphere()).corners) == pytest.approx([-1, -1, 0], abs=1e-9)
