from itertools import product

import numpy as np
import pytest
import trimesh
from mesh_shapes import bumpy_sphere, from_trimesh, sphere, torus

from sv3d_engine.reconstruction.asset.clean import simplify
from sv3d_engine.reconstruction.asset.edge_operations import FAR, collapse, edges_of, flip, lengths, split
from sv3d_engine.reconstruction.asset.nearest import NearestFaces
from sv3d_engine.reconstruction.asset.retopology import _opened, even_out
from sv3d_engine.reconstruction.asset.topology import (
    TriMesh,
    face_normals,
    face_volumes,
    is_closed_manifold,
    needles,
    vertex_normals,
)


def least_angles(mesh: TriMesh) -> np.ndarray:
    """Degrees, of each face."""
    u = np.roll(mesh.corners, -1, 1) - mesh.corners
    v = np.roll(mesh.corners, 1, 1) - mesh.corners
    return np.degrees(np.arctan2(np.linalg.norm(np.cross(u, v), axis=2), (u * v).sum(2))).min(1)


def volume(mesh: TriMesh) -> float:
    return float(face_volumes(mesh).sum())


def genus(mesh: TriMesh) -> float:
    return 1 - (len(np.unique(mesh.faces)) - len(mesh.faces) / 2) / 2


def uneven(mesh: TriMesh, share: float = 0.5) -> TriMesh:
    """With vertices pushed along the surface by a share of an edge, so that many faces are thin."""
    edge = np.median(np.linalg.norm(mesh.corners[:, 0] - mesh.corners[:, 1], axis=1))
    push = np.random.default_rng(1).normal(0, share * edge, mesh.vertices.shape)
    normals = vertex_normals(mesh)
    return TriMesh(mesh.vertices + push - (push * normals).sum(1)[:, None] * normals, mesh.faces)


def cube(subdivisions: int = 4) -> TriMesh:
    mesh = trimesh.creation.box()
    for _ in range(subdivisions):
        mesh = mesh.subdivide()
    return from_trimesh(mesh)


def test_thin_faces_become_even_ones_on_the_same_surface() -> None:
    fine = bumpy_sphere(5)
    rough = uneven(bumpy_sphere(4), 0.3)
    even = even_out(rough, NearestFaces(fine), len(rough.faces))
    assert is_closed_manifold(even.faces)
    assert 0.8 * len(rough.faces) < len(even.faces) <= len(rough.faces)
    assert (least_angles(rough) < 20).mean() > 0.15
    assert (least_angles(even) < 20).mean() < 0.01
    assert not needles(even).any()
    nearest = NearestFaces(fine)
    places = nearest.nearest(even.vertices, vertex_normals(even), np.arange(len(even.vertices)))
    assert np.linalg.norm(nearest.at(places) - even.vertices, axis=1).max() < 0.003  # edges are 0.036 long


def test_a_ball_neither_swells_nor_shrinks() -> None:
    """Vertices on the surface would cut its bulges off: 0.6 % of the volume of 1000 faces."""
    fine = sphere(0.5, 5)
    even = simplify(fine, 1000)
    assert volume(even) == pytest.approx(volume(fine), rel=1e-3)


def test_creases_stay_sharp() -> None:
    fine = cube()
    even = simplify(fine, 800)
    for corner in product((-0.5, 0.5), repeat=3):
        assert np.linalg.norm(even.vertices - corner, axis=1).min() < 1e-3
    edges = edges_of(even.faces)
    normals = face_normals(even)
    sharp = (normals[edges.sides[:, 0]] * normals[edges.sides[:, 1]]).sum(1) < 0.5
    assert lengths(even.vertices, edges)[sharp].sum() == pytest.approx(12, rel=1e-3)
    assert volume(even) == pytest.approx(1, rel=1e-3)
    assert (least_angles(even) < 20).mean() < 0.02


def test_a_needle_that_cannot_go_is_opened() -> None:
    """A vertex that lies on the edge across from it makes its face one; nothing else turns over."""
    ball = sphere()
    a, b, c = ball.faces[100]
    vertices = ball.vertices.copy()
    vertices[a] = (vertices[b] + vertices[c]) / 2
    thin = TriMesh(vertices, ball.faces)
    assert needles(thin).any()
    opened = _opened(thin)
    assert not needles(opened).any()
    middles = opened.corners.mean(1)
    assert np.all(np.einsum("fk,fk->f", face_normals(opened), middles) > 0)


def test_same_input_same_faces() -> None:
    first, second = (simplify(uneven(bumpy_sphere(4)), 1500) for _ in range(2))
    assert np.array_equal(first.faces, second.faces)
    assert np.array_equal(first.vertices, second.vertices)


@pytest.mark.parametrize("scale", [1e-3, 1.0, 1e3])
def test_units_do_not_matter(scale: float) -> None:
    rough = uneven(torus(), 0.3)
    grown = TriMesh(rough.vertices * scale, rough.faces)
    even = even_out(grown, NearestFaces(grown), len(rough.faces))
    expected = even_out(rough, NearestFaces(rough), len(rough.faces))
    assert np.allclose(np.sort(even.vertices[:, 0]), np.sort(expected.vertices[:, 0]) * scale, atol=0.02 * scale)


@pytest.mark.parametrize("seed", range(4))
def test_any_noise_leaves_a_closed_manifold(seed: int) -> None:
    mesh = torus(24)
    noise = np.random.default_rng(seed).normal(0, 0.02, mesh.vertices.shape)
    rough = TriMesh(mesh.vertices + noise, mesh.faces)
    even = even_out(rough, NearestFaces(mesh), len(rough.faces) // 2)
    assert is_closed_manifold(even.faces)
    assert genus(even) == 1


def test_split_puts_a_vertex_into_the_middle() -> None:
    ball = sphere(0.5, 2)
    edges = edges_of(ball.faces)
    key = np.where(np.arange(len(edges.a)) < 7, 0.0, FAR)
    halved, ends = split(ball, edges, key)
    assert is_closed_manifold(halved.faces)
    assert len(halved.vertices) == len(ball.vertices) + len(ends)
    assert len(halved.faces) == len(ball.faces) + 2 * len(ends)
    assert 1 <= len(ends) <= 7
    assert halved.vertices[len(ball.vertices) :] == pytest.approx(ball.vertices[ends].mean(1))
    assert volume(halved) == pytest.approx(volume(ball))


def test_collapse_takes_the_first_edges_and_keeps_to_its_number() -> None:
    ball = sphere(0.5, 3)
    edges = edges_of(ball.faces)
    target = (ball.vertices[edges.a] + ball.vertices[edges.b]) / 2
    key = np.arange(len(edges.a), dtype=float)
    anything = np.full(len(ball.vertices), FAR)
    less, left, gone = collapse(ball, edges, key, target, anything, 3)
    assert gone == 3
    assert is_closed_manifold(less.faces)
    assert len(less.faces) == len(ball.faces) - 6
    same = (less.vertices == ball.vertices[left]).all(1)
    assert (~same).sum() == 3
    assert (less.vertices == target[0]).all(1).any()
    none, _, gone = collapse(ball, edges, key, target, np.zeros(len(ball.vertices)), 3)  # all would be too long
    assert gone == 0
    assert np.array_equal(none.faces, ball.faces)


def test_collapses_never_close_a_tube() -> None:
    mesh = from_trimesh(trimesh.creation.torus(0.35, 0.05, major_sections=24, minor_sections=3))
    for _ in range(30):
        edges = edges_of(mesh.faces)
        target = (mesh.vertices[edges.a] + mesh.vertices[edges.b]) / 2
        mesh, _, _ = collapse(
            mesh, edges, lengths(mesh.vertices, edges), target, np.full(len(mesh.vertices), FAR), len(edges.a)
        )
    assert is_closed_manifold(mesh.faces)
    assert genus(mesh) == 1


def test_flips_go_on_to_delaunay_and_leave_fixed_edges() -> None:
    mesh = rough = uneven(sphere(0.5, 3), 0.15)
    edges = edges_of(mesh.faces)
    untouched, flipped = flip(mesh, edges, np.ones(len(edges.a), bool))
    assert flipped == 0
    assert np.array_equal(untouched.faces, rough.faces)
    for _ in range(20):
        edges = edges_of(mesh.faces)
        mesh, flipped = flip(mesh, edges, np.zeros(len(edges.a), bool))
        assert is_closed_manifold(mesh.faces)
        if not flipped:
            break
    assert flipped == 0
    assert not np.array_equal(mesh.faces, rough.faces)
    assert least_angles(mesh).mean() > least_angles(rough).mean()


def test_flips_do_not_cut_across_a_ridge() -> None:
    mesh = cube(0)
    edges = edges_of(mesh.faces)
    for _ in range(3):
        mesh, _ = flip(mesh, edges_of(mesh.faces), np.zeros(len(edges.a), bool))
    assert volume(mesh) == pytest.approx(1)
