from dataclasses import replace

import numpy as np
import pytest
import torch
from mesh_shapes import bumpy_sphere, matt, sphere
from torch import Tensor

from sv3d_engine.ground.colour import to_srgb_bytes
from sv3d_engine.ground.progress import Cancelled, Progress
from sv3d_engine.reconstruction.asset.bake import FineSurface, Maps, Paint, bake_maps, fill_gutters
from sv3d_engine.reconstruction.asset.clean import simplify
from sv3d_engine.reconstruction.asset.shading import tangent_frame
from sv3d_engine.reconstruction.asset.topology import TriMesh, unit
from sv3d_engine.reconstruction.asset.unwrap import Atlas, unwrap

SIZE = 256
Bumps = tuple[TriMesh, TriMesh, Atlas]


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
def bumps(tmp_path_factory: pytest.TempPathFactory) -> Bumps:
    """A bumpy ball, the same with a fiftieth of the faces, and the atlas of that."""
    fine = bumpy_sphere(5)
    mesh = simplify(fine, 300)
    return fine, mesh, unwrap(mesh, 512, tmp_path_factory.mktemp("unwrap"))


def bake(mesh: TriMesh, atlas: Atlas, fine: TriMesh, paint: Paint, size: int, progress: Progress | None = None) -> Maps:
    surface = FineSurface(fine, np.linspace(0, 1, len(fine.vertices)))
    return bake_maps(mesh, tangent_frame(mesh, atlas), surface, paint, size, progress)


@pytest.fixture(scope="module")
def pixels(ball: tuple[TriMesh, Atlas]) -> np.ndarray:
    maps = bake(*ball, sphere(0.5, 5), matt(smooth_albedo), SIZE)
    assert 0.4 < maps.coverage < 1
    return maps.base_color


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
    found, after, *_ = FineSurface(fine, np.ones(len(fine.vertices))).nearest(centres, centres, np.arange(len(centres)))
    assert found.all()
    before, after = off_bumps(centres), off_bumps(after)
    assert before.mean() > 5e-4
    assert after.mean() < before.mean() / 8


def off_bumps(points: np.ndarray) -> np.ndarray:
    """Distance along the ray from the centre to the surface of ``bumpy_sphere``."""
    radius = np.linalg.norm(points, axis=1)
    x, y, z = (points / radius[:, None] * 5).T
    return np.abs(radius - 0.5 * (1 + 0.04 * np.sin(x) * np.cos(y + 1) * np.sin(z + 2)))


def test_thin_wall_keeps_its_two_colours() -> None:
    plate = bumpy_sphere(5)
    plate = TriMesh(plate.vertices * [1, 1, 0.01], plate.faces)
    surface = FineSurface(plate, np.ones(len(plate.vertices)))
    top = np.array([[0.1, 0.1, 0.0]])  # in the middle of the wall
    _, above, *_ = surface.nearest(top, np.array([[0, 0, 1.0]]), np.array([0]))
    _, below, *_ = surface.nearest(top, np.array([[0, 0, -1.0]]), np.array([0]))
    assert above[0, 2] > 0.003
    assert below[0, 2] < -0.003


def wide_plane() -> TriMesh:
    """z = 0 for x from −2 to 8 and y from −2 to 3, in triangles of a tenth."""
    x, y = np.meshgrid(np.linspace(-2, 8, 101), np.linspace(-2, 3, 51), indexing="ij")
    first = (np.arange(100)[:, None] * 51 + np.arange(50)).ravel()
    faces = np.concatenate([np.stack([first, first + 51, first + 52], 1), np.stack([first, first + 52, first + 1], 1)])
    return TriMesh(np.stack([x, y, 0 * x], -1).reshape(-1, 3), faces)


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

    bake(mesh, Atlas(np.arange(8), faces, uv, 2), wide_plane(), matt(albedo), size)
    points = np.concatenate(asked)
    texel = np.sqrt(2 / len(points))
    even, squeezed = points[points[:, 0] < 3], points[points[:, 0] > 3]
    assert even.min() < -0.5 / (0.4 * size)  # the rim goes on beyond the edge
    assert len(squeezed) > 50
    assert squeezed[:, 1].min() > -3.1 * texel
    assert squeezed[:, 1].max() < 1 + 3.1 * texel


def shaded(maps: Maps, mesh: TriMesh, atlas: Atlas, count: int = 20_000) -> tuple[np.ndarray, np.ndarray]:
    """Places (N, 3) of a mesh, and the normals (N, 3) that a renderer makes of its normal map there."""
    frame = tangent_frame(mesh, atlas)
    rng = np.random.default_rng(0)
    face = rng.integers(len(mesh.faces), size=count)
    weights = rng.dirichlet([1, 1, 1], count)
    uv, normals, tangents = (
        np.einsum("nk,nkd->nd", weights, v[frame.atlas.faces[face]])
        for v in (frame.atlas.uv, frame.normals, frame.tangents)
    )
    x, y, z = (lookup(maps.normal, uv) / 127.5 - 1).T[..., None]
    shading = x * tangents[:, :3] + y * tangents[:, 3:] * np.cross(normals, tangents[:, :3]) + z * normals
    return np.einsum("nk,nkd->nd", weights, mesh.vertices[mesh.faces[face]]), unit(shading)


def degrees(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    return np.degrees(np.arccos((a * b).sum(1).clip(-1, 1)))


@pytest.mark.parametrize("mirrored", [False, True])
def test_the_normal_map_brings_the_fine_surfaces_normals_back(bumps: Bumps, mirrored: bool) -> None:
    fine, mesh, atlas = bumps
    if mirrored:
        atlas = replace(atlas, uv=atlas.uv * np.float32([-1, 1]) + np.float32([1, 0]))
    maps = bake(mesh, atlas, fine, matt(smooth_albedo), 512)
    points, seen = shaded(maps, mesh, atlas)
    everything = np.arange(len(points))
    found, _, true, _ = FineSurface(fine, np.ones(len(fine.vertices))).nearest(points, points, everything)
    assert found.all()
    error = degrees(seen, true)
    assert error.mean() < 0.2
    assert error.max() < 1
    flat = replace(maps, normal=np.full_like(maps.normal, 255) // np.array([2, 2, 1], np.uint8))
    assert degrees(shaded(flat, mesh, atlas)[1], true).mean() > 6 * error.mean()


def test_both_kinds_of_charts_are_among_them(bumps: Bumps) -> None:
    """The packer mirrors charts where that saves room."""
    _, mesh, atlas = bumps
    assert set(tangent_frame(mesh, atlas).tangents[:, 3]) == {-1, 1}


def test_properties_lie_in_their_channels(ball: tuple[TriMesh, Atlas]) -> None:
    """Glossy metal above, rough below; more is known towards +X; occlusion falls from one vertex to the next."""

    def paint(points: Tensor, normals: Tensor) -> Tensor:
        above = (normals[:, 2:] > 0).float()
        evidence = (points[:, :1] + 0.5).clamp(0, 1)
        return torch.cat([torch.full_like(points, 0.5), 0.9 - 0.7 * above, above, evidence], 1)

    mesh, atlas = ball
    fine = sphere(0.5, 5)
    surface = FineSurface(fine, fine.vertices[:, 1] + 0.5)
    maps = bake_maps(mesh, tangent_frame(mesh, atlas), surface, paint, SIZE)
    place = mesh.vertices[atlas.vertex_map]
    fair = np.abs(place[:, 2]) > 0.05
    above = place[fair, 2] > 0
    occlusion, roughness, metallic = lookup(maps.orm, atlas.uv)[fair].T / 255
    assert occlusion == pytest.approx(place[fair, 1] + 0.5, abs=0.02)
    assert roughness == pytest.approx(np.where(above, 0.2, 0.9), abs=0.01)
    assert metallic == pytest.approx(np.where(above, 1, 0), abs=0.01)
    confidence = lookup(maps.confidence[..., None], atlas.uv)[fair, 0] / 255
    assert confidence == pytest.approx(place[fair, 0] + 0.5, abs=0.02)
    assert maps.orm.shape == (SIZE, SIZE, 3)


def test_one_material_needs_half_the_size(ball: tuple[TriMesh, Atlas]) -> None:
    maps = bake(*ball, sphere(0.5, 5), matt(smooth_albedo), SIZE)
    assert maps.orm.shape == (SIZE // 2, SIZE // 2, 3)
    assert maps.normal.shape == maps.base_color.shape == (SIZE, SIZE, 3)
    assert (maps.orm[..., 1:] == [204, 0]).all()
    assert np.ptp(maps.orm[..., 0]) > 200


def test_gutters_of_all_maps_are_filled(ball: tuple[TriMesh, Atlas]) -> None:
    maps = bake(*ball, sphere(0.5, 5), matt(smooth_albedo), SIZE)
    assert maps.coverage < 0.9
    assert maps.confidence.min() == 255
    assert np.linalg.norm(maps.normal / 127.5 - 1, axis=-1) == pytest.approx(1, abs=0.02)


def test_what_shows_no_surface_takes_the_nearest_that_does(ball: tuple[TriMesh, Atlas]) -> None:
    """A lid is missing from the fine surface: nothing is asked for there, and no hole is left."""
    mesh, atlas = ball
    fine = sphere(0.5, 5)
    open_ball = TriMesh(fine.vertices, fine.faces[fine.corners[..., 2].max(1) < 0.4])
    asked = []

    def paint(points: Tensor, normals: Tensor) -> Tensor:
        asked.append(points)
        return torch.cat([torch.full((len(points), 5), 0.5), torch.ones(len(points), 1)], 1)

    maps = bake(mesh, atlas, open_ball, paint, SIZE)
    assert torch.cat(asked)[:, 2].max() < 0.41
    assert (maps.base_color == maps.base_color[0, 0]).all()
    assert maps.confidence.min() == 255


def test_no_paint_is_asked_about_nothing(ball: tuple[TriMesh, Atlas]) -> None:
    asked = []
    bake(*ball, sphere(0.5, 3, (9, 0, 0)), lambda points, normals: asked.append(points), SIZE)
    assert asked == []


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
        bake(*ball, ball[0], matt(smooth_albedo), SIZE, Stop())


def test_albedo_gets_float32_and_no_gradients(ball: tuple[TriMesh, Atlas]) -> None:
    seen = []

    def albedo(points: Tensor) -> Tensor:
        seen.append((points.dtype, points.shape[1], torch.is_grad_enabled()))
        return points.abs().requires_grad_()

    bake(*ball, ball[0], matt(albedo), 64)
    assert set(seen) == {(torch.float32, 3, False)}
