import numpy as np
import pytest

from sv3d_engine.reconstruction.asset.texels import chart_texels

SIZE = 32


def reference(uv: np.ndarray, faces: np.ndarray) -> np.ndarray:
    """Face at each texel centre by testing every pair, −1 for none."""
    row, column = np.mgrid[:SIZE, :SIZE]
    p = np.stack([(column + 0.5) / SIZE, 1 - (row + 0.5) / SIZE], -1)
    owner = np.full((SIZE, SIZE), -1)
    for f, (a, b, c) in enumerate(uv[faces]):
        inside = [cross(b - a, p - a), cross(c - b, p - b), cross(a - c, p - c)]
        sign = np.sign(cross(b - a, c - a))
        owner[np.all([sign * side >= 0 for side in inside], 0)] = f
    return owner


def cross(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    return a[..., 0] * b[..., 1] - a[..., 1] * b[..., 0]


@pytest.mark.parametrize("seed", range(8))
def test_texels_of_a_triangle_are_those_that_a_slow_test_finds(seed: int) -> None:
    uv = np.random.default_rng(seed).random((3, 2))
    faces = np.array([[0, 1, 2]])
    texels = chart_texels(uv, faces, SIZE)
    inside = texels.index[texels.weights(slice(None)).min(1) >= 0]
    assert np.array_equal(inside, np.flatnonzero(reference(uv, faces).ravel() >= 0))


def test_weights_give_the_texel_centre_back_also_on_the_rim() -> None:
    uv = np.array([[0.2, 0.2], [0.8, 0.3], [0.3, 0.7], [0.9, 0.9]])
    faces = np.array([[0, 1, 2], [1, 3, 2]])
    texels = chart_texels(uv, faces, SIZE)
    place = np.einsum("tk,tkd->td", texels.weights(slice(None)), uv[faces[texels.face]])
    centre = np.stack([(texels.index % SIZE + 0.5) / SIZE, 1 - (texels.index // SIZE + 0.5) / SIZE], 1)
    assert np.allclose(place, centre, atol=1e-6)
    assert texels.weights(slice(None)).sum(1) == pytest.approx(1)


def test_rim_surrounds_the_chart_and_takes_nothing_from_its_inside() -> None:
    uv = np.array([[0.25, 0.25], [0.75, 0.25], [0.75, 0.75], [0.25, 0.75]])
    faces = np.array([[0, 1, 2], [0, 2, 3]])
    texels = chart_texels(uv, faces, SIZE)
    shown = np.zeros((SIZE, SIZE), bool)
    shown.ravel()[texels.index] = True
    reach = 2  # bilinear lookups at the edge need one: it lies half a texel from the first centre outside
    assert shown[8 - reach : 24 + reach, 8 - reach : 24 + reach].all()
    assert shown.sum() == (16 + 2 * reach) ** 2
    inside = reference(uv, faces).ravel()[texels.index] >= 0
    assert texels.weights(slice(None))[inside].min() >= -1e-6


def test_triangles_without_area_show_nothing_and_break_nothing() -> None:
    uv = np.array([[0.1, 0.1], [0.9, 0.1], [0.5, 0.1], [0.5, 0.9]])
    texels = chart_texels(uv, np.array([[0, 1, 3], [0, 2, 1], [2, 2, 2]]), SIZE)
    assert np.isfinite(texels.weights(slice(None))).all()
    assert (texels.face == 0).all()


def test_charts_at_the_border_stay_in_the_picture() -> None:
    uv = np.array([[0.0, 0.0], [1.0, 0.0], [1.0, 1.0], [0.0, 1.0]])
    texels = chart_texels(uv, np.array([[0, 1, 2], [0, 2, 3]]), SIZE)
    assert np.array_equal(texels.index, np.arange(SIZE * SIZE))
