import numpy as np
import pytest
import torch
from mesh_shapes import bumpy_sphere, matt, sphere
from torch import Tensor

from sv3d_engine.ground.colour import to_srgb_bytes
from sv3d_engine.ground.progress import Cancelled, Progress
from sv3d_engine.reconstruction.asset.bake import FineSurface, bake_maps, fill_gutters
from sv3d_engine.reconstruction.asset.clean import simplify
from sv3d_engine.reconstruction.asset.topology import TriMesh
from sv3d_engine.reconstruction.asset.unwrap import Atlas, unwrap

SIZE = 256


def smooth_albedo(points: Tensor) -> Tensor:
    """Colour waves of 0.6 units' length."""
    return 0.5 + 0.4 * torch.sin(points * 10 + torch.tensor([0.0, 1.0, 2.0]))


def lookup(pixels: np.ndarray, uv: np.ndarray) -> np.ndarray:
    """Bilinear, as a renderer does it, in sRGB values."""
    size = len(pixels)
    x, y = uv[:, 0] * size - 0.5, (1 - uv[:, 1]) * size - 0.5
    x0, y0 = np.floor(x).astype(int), np.floor(y).astype(int)
    fx, fy = (x - x0)[:, None], (y - y0)[:, None]

    def at(row: np.ndarray, column: np.ndarray) -> np.ndarray:
        return pixels[np.clip(row, 0, size - 1), np.clip(column, 0, size - 1)].astype(float)

    upper = at(y0, x0) * (1 - fx) + at(y0, x0 + 1) * fx
    lower = at(y0 + 1, x0) * (1 - fx) + at(y0 + 1, x0 + 1) * fx
    return upper * (1 - fy) + lower * fy


@pytest.fixture(scope="module")
def ball(tmp_path_factory: pytest.TempPathFactory) -> tuple[TriMesh, Atlas]:
    mesh = simplify(sphere(0.5, 5), 4000)
    return mesh, unwrap(mesh, SIZE, tmp_path_factory.mktemp("unwrap"))


@pytest.fixture(scope="module")
def pixels(ball: tuple[TriMesh, Atlas]) -> np.ndarray:
    bake = bake_maps(*ball, FineSurface(sphere(0.5, 5)), matt(smooth_albedo), SIZE)
    assert 0.4 < bake.coverage < 1
    return bake.base_color


def test_texture_on_the_surface_is_the_albedo(ball: tuple[TriMesh, Atlas], pixels: np.ndarray) -> None:
    mesh, atlas = ball
    rng = np.random.default_rng(0)
    face = rng.integers(len(mesh.faces), size=20_000)
    weights = rng.dirichlet([1, 1, 1], 20_000)
    uv = np.einsum("nk,nkd->nd", weights, atlas.uv[atlas.faces[face]])
    points = np.einsum("nk,nkd->nd", weights, mesh.vertices[mesh.faces[face]])
    points *= 0.5 / np.linalg.norm(points, axis=1, keepdims=True)  # what the fine sphere shows there
    truth = to_srgb_bytes(smooth_albedo(torch.from_numpy(points)).numpy())
    error = np.abs(lookup(pixels, uv) - truth)
    assert error.mean() < 0.6  # of 255
    assert np.percentile(error, 99.9) < 4
    assert error.max() < 12


def test_both_sides_of_a_seam_agree(ball: tuple[TriMesh, Atlas], pixels: np.ndarray) -> None:
    _, atlas = ball
    order = np.argsort(atlas.vertex_map, kind="stable")
    same = atlas.vertex_map[order[1:]] == atlas.vertex_map[order[:-1]]
    a, b = order[1:][same], order[:-1][same]
    assert len(a) > 50
    step = np.abs(lookup(pixels, atlas.uv[a]) - lookup(pixels, atlas.uv[b]))
    assert step.mean() < 1
    assert step.max() < 6


def test_no_texel_keeps_the_background(ball: tuple[TriMesh, Atlas], pixels: np.ndarray) -> None:
    darkest = to_srgb_bytes(np.array(0.1))
    assert pixels.min() >= darkest - 1
    assert pixels.max() <= to_srgb_bytes(np.array(0.9)) + 1


def test_a_simplified_mesh_shows_colours_of_the_fine_one() -> None:
    """Points of the simplified mesh lie off the bumpy surface; the colour is asked for on it."""
    fine = bumpy_sphere(5)
    centres = simplify(fine, 600).corners.mean(1)
    before, after = off_bumps(centres), off_bumps(FineSurface(fine).nearest(centres, centres)[0])
    assert before.mean() > 2e-3
    assert after.mean() < 2e-4


def off_bumps(points: np.ndarray) -> np.ndarray:
    """Distance along the ray from the centre to the surface of ``bumpy_sphere``."""
    radius = np.linalg.norm(points, axis=1)
    x, y, z = (points / radius[:, None] * 5).T
    return np.abs(radius - 0.5 * (1 + 0.04 * np.sin(x) * np.cos(y + 1) * np.sin(z + 2)))


def test_thin_wall_keeps_its_two_colours() -> None:
    plate = bumpy_sphere(5)
    plate = TriMesh(plate.vertices * [1, 1, 0.01], plate.faces)
    surface = FineSurface(plate)
    top = np.array([[0.1, 0.1, 0.0]])  # in the middle of the wall
    assert surface.nearest(top, np.array([[0, 0, 1.0]]))[0][0, 2] > 0.003
    assert surface.nearest(top, np.array([[0, 0, -1.0]]))[0][0, 2] < -0.003


def test_colours_are_asked_for_near_the_faces_also_where_a_chart_is_squeezed() -> None:
    """Two unit squares in a plane: one has a square of the atlas, the other a strip one texel high.

    At the rim of that strip, up to one and a half texels beyond its edge, its plane would have gone on as many units.
    """
    size, side = 64, np.array([[0.0, 0.0], [1, 0], [1, 1], [0, 1]])
    faces = np.array([[0, 1, 2], [0, 2, 3], [4, 5, 6], [4, 6, 7]])
    plane = np.concatenate([side, side + np.array([5, 0])])
    mesh = TriMesh(np.concatenate([plane, np.zeros((8, 1))], 1), faces)
    uv = np.concatenate([0.1 + 0.4 * side, np.array([0.6, 0.3]) + side * np.array([0.3, 1 / size])])
    asked = []

    def albedo(points: Tensor) -> Tensor:
        asked.append(points.numpy())
        return points.abs()

    bake_maps(mesh, Atlas(np.arange(8), faces, uv, 2), FineSurface(mesh), matt(albedo), size)
    points = np.concatenate(asked)
    texel = np.sqrt(2 / len(points))
    even, squeezed = points[points[:, 0] < 3], points[points[:, 0] > 3]
    assert even.min() < -0.5 / (0.4 * size)  # the rim goes on beyond the edge
    assert len(squeezed) > 50
    assert squeezed[:, 1].min() > -3.1 * texel
    assert squeezed[:, 1].max() < 1 + 3.1 * texel


def test_gutters_take_the_nearest_colour() -> None:
    picture = np.zeros((8, 8, 3), np.uint8)
    shown = np.zeros((8, 8), bool)
    picture[2, 1], picture[5, 6] = (10, 20, 30), (200, 100, 50)
    shown[2, 1] = shown[5, 6] = True
    filled = fill_gutters(picture, shown)
    assert filled[0, 0].tolist() == [10, 20, 30]
    assert filled[7, 7].tolist() == [200, 100, 50]
    assert not (filled == 0).all(-1).any()


def test_cancel_is_heard(ball: tuple[TriMesh, Atlas]) -> None:
    class Stop(Progress):
        def __call__(self, fraction: float, note: str = "") -> None:
            if fraction > 0:
                raise Cancelled

    with pytest.raises(Cancelled):
        bake_maps(*ball, FineSurface(ball[0]), matt(smooth_albedo), SIZE, Stop())


def test_albedo_gets_float32_and_no_gradients(ball: tuple[TriMesh, Atlas]) -> None:
    seen = []

    def albedo(points: Tensor) -> Tensor:
        seen.append((points.dtype, points.shape[1], torch.is_grad_enabled()))
        return points.abs().requires_grad_()

    bake_maps(*ball, FineSurface(ball[0]), matt(albedo), 64)
    assert set(seen) == {(torch.float32, 3, False)}
