import numpy as np
import pytest

from sv3d_engine.reconstruction.asset.tangents import in_tangent_space, tangents
from sv3d_engine.reconstruction.asset.topology import unit

SQUARE = np.array([[0.0, 0, 0], [1, 0, 0], [1, 1, 0], [0, 1, 0]])
FACES = np.array([[0, 1, 2], [0, 2, 3]])
UP = np.tile([0.0, 0, 1], (4, 1))


def read(values: np.ndarray, normals: np.ndarray, tangents: np.ndarray) -> np.ndarray:
    """What a renderer makes of a normal map's values."""
    bitangents = tangents[:, 3:] * np.cross(normals, tangents[:, :3])
    return unit(values[:, :1] * tangents[:, :3] + values[:, 1:2] * bitangents + values[:, 2:] * normals)


@pytest.mark.parametrize("mirrored", [False, True])
def test_x_runs_along_u_and_y_along_v(mirrored: bool) -> None:
    uv = SQUARE[:, :2] * 0.5
    if mirrored:
        uv = uv * [-1, 1] + [1, 0]
    frame = tangents(SQUARE, UP, uv, FACES)
    along_u = [-1, 0, 0] if mirrored else [1, 0, 0]
    assert read(np.tile([1.0, 0, 0], (4, 1)), UP, frame) == pytest.approx(np.tile(along_u, (4, 1)))
    assert read(np.tile([0.0, 1, 0], (4, 1)), UP, frame) == pytest.approx(np.tile([0, 1, 0], (4, 1)))


def test_a_turned_chart_turns_the_tangents() -> None:
    frame = tangents(SQUARE, UP, SQUARE[:, [1, 0]] * [-1, 1] + [1, 0], FACES)  # u runs along −y, v along x
    assert frame == pytest.approx(np.tile([0, -1, 0, 1], (4, 1)))


def test_faces_count_by_their_angle() -> None:
    """Two faces at vertex 0, of 90° and 45°, whose u run along x and along y."""
    vertices = np.array([[0.0, 0, 0], [1, 0, 0], [0, 1, 0], [0, 1, 0], [-1, 1, 0]])
    uv = np.array([[0.0, 0], [1, 0], [0, 1], [1, 0], [1, 1]])
    frame = tangents(vertices, np.tile([0.0, 0, 1], (5, 1)), uv, np.array([[0, 1, 2], [0, 3, 4]]))
    assert frame[0, :3] == pytest.approx(unit(np.array([90.0, 45.0, 0])))


def test_tangents_lie_in_the_plane_of_the_shading_normal() -> None:
    normals = unit(UP + np.random.default_rng(0).normal(0, 0.3, (4, 3)))
    frame = tangents(SQUARE, normals, SQUARE[:, :2], FACES)
    assert (frame[:, :3] * normals).sum(1) == pytest.approx(0, abs=1e-12)
    assert np.linalg.norm(frame[:, :3], axis=1) == pytest.approx(1)


def test_charts_without_area_have_some_tangent() -> None:
    frame = tangents(SQUARE, UP, np.zeros((4, 2)), FACES)
    assert np.linalg.norm(frame[:, :3], axis=1) == pytest.approx(1)
    assert (frame[:, :3] * UP).sum(1) == pytest.approx(0)


def test_a_fold_takes_the_side_of_the_greater_share() -> None:
    vertices = np.where(np.arange(4)[:, None] == 3, [0.4, 1, 0], SQUARE)
    uv = np.array([[0.0, 0], [1, 0], [1, 1], [0.9, 0.5]])  # the second face, less wide, is folded over the first
    frame = tangents(vertices, UP, uv, FACES)
    assert frame[:3] == pytest.approx(np.tile([1, 0, 0, 1], (3, 1)))
    assert frame[3, 3] == -1
    assert np.linalg.norm(frame[3, :3]) == pytest.approx(1)


@pytest.mark.parametrize("sign", [-1, 1])
def test_readers_get_the_vector_back_from_frames_between_vertices(sign: int) -> None:
    """Interpolated normals and tangents are neither unit nor at right angles."""
    rng = np.random.default_rng(0)
    normals, along = rng.normal(size=(2, 500, 3))
    skew = np.concatenate([along * 0.8 + 0.3 * normals, np.full((500, 1), sign)], 1)
    vectors = unit(unit(normals) + 0.9 * unit(rng.normal(size=(500, 3))))
    outward = (vectors * normals).sum(1) > 0.1
    values = in_tangent_space(vectors, normals, skew)
    assert np.linalg.norm(values, axis=1) == pytest.approx(1)
    fair = outward & (values[:, 2] > 0.05)
    assert fair.sum() > 300
    assert read(values, normals, skew)[fair] == pytest.approx(vectors[fair], abs=1e-9)


def test_no_value_looks_into_the_surface() -> None:
    values = in_tangent_space(np.array([[0.6, 0, -0.8]]), UP[:1], np.array([[1.0, 0, 0, 1]]))
    assert values[0, 2] > 0
    assert values[0, 0] > 0.9
