import numpy as np
import pytest
from mesh_shapes import bumpy_sphere

from sv3d_engine.reconstruction.asset.nearest import NearestFaces, blend
from sv3d_engine.reconstruction.asset.topology import TriMesh, vertex_normals


def by_all_faces(mesh: TriMesh, points: np.ndarray, steps: int = 60) -> np.ndarray:
    """Distance to a dense grid of points of every face."""
    i, j = np.mgrid[: steps + 1, : steps + 1]
    keep = i + j <= steps
    weights = np.stack([i[keep], j[keep], steps - i[keep] - j[keep]], 1) / steps
    grid = np.einsum("wk,fkd->fwd", weights, mesh.corners).reshape(-1, 3)
    return np.array([np.linalg.norm(grid - point, axis=1).min() for point in points])


def near(mesh: TriMesh, count: int, distance: float) -> tuple[np.ndarray, np.ndarray]:
    """Points off the surface, and its normals there."""
    rng = np.random.default_rng(0)
    face = rng.integers(len(mesh.faces), size=count)
    weights = rng.dirichlet([1, 1, 1], count)
    normals = blend(vertex_normals(mesh), mesh.faces, face, weights)
    return blend(mesh.vertices, mesh.faces, face, weights) + distance * normals * rng.normal(size=(count, 1)), normals


def test_no_point_of_the_mesh_is_nearer() -> None:
    mesh = bumpy_sphere(2)
    points, normals = near(mesh, 200, 0.02)
    search = NearestFaces(mesh)
    found = search.at(search.nearest(points, normals, np.arange(200)))
    distance = np.linalg.norm(found - points, axis=1)
    assert np.all(distance <= by_all_faces(mesh, points) + 1e-9)
    assert distance.max() > 0.01


@pytest.mark.parametrize(
    ("point", "weights"),
    [
        ([-1, -1, 3], [1, 0, 0]),
        ([9, -1, 0], [0, 1, 0]),
        ([-1, 9, 0], [0, 0, 1]),
        ([1, -2, 1], [0.75, 0.25, 0]),
        ([-2, 1, 1], [0.75, 0, 0.25]),
        ([3, 3, 1], [0, 0.5, 0.5]),
        ([1, 1, -2], [0.5, 0.25, 0.25]),
    ],
)
def test_corners_sides_and_the_inside_of_a_face(point: list[float], weights: list[float]) -> None:
    triangle = TriMesh(np.array([[0.0, 0, 0], [4, 0, 0], [0, 4, 0]]), np.array([[0, 1, 2]]))
    places = NearestFaces(triangle).nearest(np.array([point], float), np.array([[0.0, 0, 1]]), np.array([0]))
    assert places.weights[0] == pytest.approx(weights)


def test_a_surface_that_looks_away_or_is_far_is_none() -> None:
    mesh = bumpy_sphere(3)
    points, normals = near(mesh, 50, 0.0)
    search = NearestFaces(mesh)
    assert np.all(search.nearest(points, -normals, np.arange(50)).face == -1)
    assert np.all(search.nearest(points * 3, normals, np.arange(50)).face == -1)


def test_neighbours_that_share_a_search_find_their_own_nearest_points() -> None:
    mesh = bumpy_sphere(4)
    points, normals = near(mesh, 300, 0.0)
    beside = points + 1e-3 * np.random.default_rng(1).normal(size=points.shape)
    both, looks = np.concatenate([points, beside]), np.concatenate([normals, normals])
    search = NearestFaces(mesh)
    shared = search.at(search.nearest(both, looks, np.tile(np.arange(300), 2)))
    alone = search.at(search.nearest(both, looks, np.arange(600)))
    assert shared == pytest.approx(alone, abs=1e-6)
