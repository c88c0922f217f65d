"""A mesh as a camera sees it."""

import math

import numpy as np
import pytest
from sv3d.sv3d_blender.compare import raster
from sv3d.sv3d_blender.compare.raster import View, rasterize

FAR = np.eye(4)
FAR[2, 3] = -2.0  # the camera stands two units before the origin, on +Z


def test_a_triangle_covers_the_pixels_whose_middles_it_holds() -> None:
    # Half the view is 2 · 0.5 = 1 wide: this is its lower left half.
    points = np.array([[-1.0, -1, 0], [1, -1, 0], [-1, 1, 0]])
    seen = rasterize(points, np.array([[0, 1, 2]]), View(FAR, 0.5, 8))
    picture = np.zeros(64, int)
    picture[seen.pixels] = 1
    rows, columns = np.mgrid[:8, :8]
    assert picture.reshape(8, 8).tolist() == (columns + rows <= 7).astype(int).tolist()
    assert (seen.triangles == 0).all()


def test_weights_are_those_in_space_not_in_the_picture() -> None:
    points = np.array([[-1.0, -1, 0.5], [1, -1, 0.5], [0, 1.5, -4.0]])
    seen = rasterize(points, np.array([[0, 1, 2]]), View(FAR, 0.5, 64))
    places = (points[[0, 1, 2]][None] * seen.weights[:, :, None]).sum(1)
    rows, columns = np.divmod(seen.pixels, 64)
    depth = 2 - places[:, 2]
    assert places[:, 0] / depth / 0.5 == pytest.approx((columns + 0.5) / 32 - 1, abs=1e-5)
    assert places[:, 1] / depth / 0.5 == pytest.approx((rows + 0.5) / 32 - 1, abs=1e-5)


def test_the_nearest_is_seen_from_either_side_in_any_order() -> None:
    near, far = [[-1.0, -1, 0.5], [1, -1, 0.5], [0, 1, 0.5]], [[-1.0, -1, -0.5], [1, -1, -0.5], [0, 1, -0.5]]
    for points, nearest in ((near + far, 0), (far + near, 1)):
        for turn in ([0, 1, 2], [2, 1, 0]):
            triangles = np.array([turn, [3 + i for i in turn]])
            seen = rasterize(np.array(points), triangles, View(FAR, 0.5, 16))
            middle = seen.triangles[seen.pixels == 16 * 6 + 8]
            assert middle.tolist() == [nearest]


def test_what_lies_behind_or_beside_is_left_out() -> None:
    points = np.array([[0.0, 0, 3], [1, 0, 3], [0, 1, 3], [9, 9, 0], [10, 9, 0], [9, 10, 0], [0, 0, 0]])
    triangles = np.array([[0, 1, 2], [3, 4, 5], [6, 6, 6], [0, 6, 1]])  # behind, beside, a point, through the camera
    assert len(rasterize(points, triangles, View(FAR, 0.5, 16)).pixels) == 0
    assert len(rasterize(points, np.zeros((0, 3), int), View(FAR, 0.5, 16)).pixels) == 0


def test_many_triangles_are_seen_the_same_in_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    angles = np.linspace(0, math.tau, 40, endpoint=False)
    points = np.array([[0.0, 0, 0.3], *[[math.cos(a), math.sin(a), math.sin(3 * a) / 4] for a in angles]])
    triangles = np.array([[0, 1 + i, 1 + (i + 1) % 40] for i in range(40)])
    whole = rasterize(points, triangles, View(FAR, 0.6, 50))
    monkeypatch.setattr(raster, "_CHUNK", 100)
    parts = rasterize(points, triangles, View(FAR, 0.6, 50))
    assert parts.pixels.tolist() == whole.pixels.tolist()
    assert parts.triangles.tolist() == whole.triangles.tolist()
