from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
import pytest
import torch
from mesh_shapes import bumpy_sphere, matt, sphere
from PIL import Image
from torch import Tensor

from sv3d_engine.ground.colour import from_srgb_bytes
from sv3d_engine.ground.progress import Cancelled, Progress
from sv3d_engine.orbit.cameras import static_orbit
from sv3d_engine.reconstruction.asset.build import build_asset
from sv3d_engine.reconstruction.asset.glb import TexturedMesh, read_glb, write_glb
from sv3d_engine.reconstruction.asset.previews import load_model, render_turntable, render_view
from sv3d_engine.reconstruction.asset.topology import vertex_normals

ORBIT = static_orbit(10, 2.0)


def grey(points: Tensor) -> Tensor:
    return torch.full_like(points, 0.5)


def full(normals: Tensor) -> Tensor:
    return torch.ones_like(normals[:, 0])


@pytest.fixture(scope="module")
def glb(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("job")
    ball = sphere(0.5, 4)

    def red_front(points: Tensor) -> Tensor:
        front = (points[:, :1] > 0).float()
        return torch.cat([0.2 + 0.6 * front, torch.full_like(front, 0.2), torch.full_like(front, 0.2)], 1)

    build_asset(ball.vertices, ball.faces, matt(red_front), 5000, 256, out)
    return out / "mesh.glb"


@pytest.mark.parametrize("mapped", [False, True])
def test_read_gives_back_what_was_written(tmp_path: Path, mapped: bool) -> None:
    ball = sphere(0.5, 1)
    rng = np.random.default_rng(0)
    count = len(ball.vertices)
    mesh = TexturedMesh(
        ball.vertices,
        ball.vertices * 2,
        rng.random((count, 2)),
        ball.faces,
        rng.integers(0, 256, (8, 8, 3), np.uint8),
    )
    if mapped:
        mesh = replace(
            mesh,
            orm=rng.integers(0, 256, (4, 4, 3), np.uint8),
            normal_map=rng.integers(0, 256, (8, 8, 3), np.uint8),
            tangents=rng.random((count, 4)),
            confidence=rng.random(count),
        )
    write_glb(mesh, tmp_path / "mesh.glb")
    back = read_glb(tmp_path / "mesh.glb")
    for name, value in vars(mesh).items():
        if value is None:
            assert getattr(back, name) is None
        else:
            assert np.allclose(getattr(back, name), value, atol=1e-6), name


def test_turntable_starts_at_the_front_and_goes_round(glb: Path, tmp_path: Path) -> None:
    paths = render_turntable(glb, full, ORBIT, 64, 4, tmp_path / "turntable")
    assert [p.name for p in paths] == ["000.png", "001.png", "002.png", "003.png"]
    pictures = [np.asarray(Image.open(p)).astype(int) for p in paths]
    assert all(p.shape == (64, 64, 3) for p in pictures)
    redness = [(p[24:40, 24:40, 0] - p[24:40, 24:40, 1]).mean() for p in pictures]
    assert redness[0] > 100
    assert abs(redness[2]) < 2
    assert redness[1] == pytest.approx(redness[3], rel=0.1)
    left, right = pictures[1][24:40, 20:30], pictures[1][24:40, 34:44]  # from +Y the front, +X, is on the left
    assert (left[..., 0] - left[..., 1]).mean() > 100
    assert abs(right[..., 0] - right[..., 1]).mean() < 2
    assert (pictures[0][0, 0] == 255).all()


def test_light_and_colour_values(glb: Path) -> None:
    mesh = read_glb(glb)
    plain = TexturedMesh(mesh.vertices, mesh.normals, mesh.uv, mesh.faces, np.full((4, 4, 3), 188, np.uint8))

    def from_above(normals: Tensor) -> Tensor:
        return normals[:, 2].clamp_min(0)

    model = load_model(plain)
    picture = render_view(model, from_above, ORBIT, 0, 64)
    lit = render_view(model, full, ORBIT, 0, 64)
    assert (lit[28:36, 28:36] == 188).all()
    assert picture[20, 32, 0] > picture[32, 32, 0] > picture[36, 32, 0]
    assert (picture[44:50, 32] == 0).all()


@pytest.mark.parametrize("mirrored", [False, True])
def test_a_normal_map_turns_the_light(mirrored: bool) -> None:
    """A wall facing the camera whose map leans 30° to the right or up."""
    corners = np.array([[0, -0.4, -0.4], [0, 0.4, -0.4], [0, 0.4, 0.4], [0, -0.4, 0.4]])
    facing, flip = np.tile([1.0, 0, 0], (4, 1)), np.array([-1, 1]) if mirrored else np.array([1, 1])
    uv = (corners[:, 1:] / 0.8 * flip) + 0.5
    along = np.tile([0, flip[0], 0, flip[0]], (4, 1))  # u runs along +Y, or −Y, v up
    white = np.full((2, 2, 3), 255, np.uint8)
    for leaning, towards in (([flip[0] * 0.5, 0, 0.866], [0, 1, 0]), ([0, 0.5, 0.866], [0, 0, 1])):
        bytes_ = np.tile(np.rint(127.5 * np.array(leaning) + 127.5).astype(np.uint8), (2, 2, 1))
        wall = TexturedMesh(corners, facing, uv, np.array([[0, 1, 2], [0, 2, 3]]), white, None, bytes_, along)
        model = load_model(wall)
        from_aside = partial(torch.matmul, other=torch.tensor(towards).float())
        picture = from_srgb_bytes(render_view(model, from_aside, ORBIT, 0, 32))
        assert picture[14:18, 14:18] == pytest.approx(0.5, abs=0.01)
        flat = render_view(load_model(replace(wall, normal_map=None)), from_aside, ORBIT, 0, 32)
        assert flat[14:18, 14:18].max() == 0


def test_few_faces_with_a_normal_map_look_like_the_fine_mesh(tmp_path: Path) -> None:
    fine = bumpy_sphere(5)
    build_asset(fine.vertices, fine.faces, matt(partial(torch.full_like, fill_value=1.0)), 300, 512, tmp_path)
    mesh = read_glb(tmp_path / "mesh.glb")
    white, nowhere = np.full((2, 2, 3), 255, np.uint8), np.zeros((len(fine.vertices), 2))
    truth = TexturedMesh(fine.vertices, vertex_normals(fine), nowhere, fine.faces, white)

    def view(shown: TexturedMesh) -> np.ndarray:
        def from_upper_right(normals: Tensor) -> Tensor:
            return (normals @ torch.tensor([0.5, 0.5, 0.7])).clamp_min(0)

        return render_view(load_model(shown), from_upper_right, ORBIT, 0, 96)[..., 0].astype(float)

    expected, mapped, bare = view(truth), view(mesh), view(replace(mesh, normal_map=None))
    inside = (expected > 40) & (expected < 250)
    assert np.abs(mapped - expected)[inside].mean() < 1.5  # of 255
    assert np.abs(bare - expected)[inside].mean() > 3 * np.abs(mapped - expected)[inside].mean()


def test_outline_is_smooth(glb: Path) -> None:
    model = load_model(read_glb(glb))
    plain = render_view(model, full, ORBIT, 0, 64)
    blended = ((plain > 215) & (plain < 255)).any(-1).sum()
    assert blended > 40


def test_cancel_is_heard(glb: Path, tmp_path: Path) -> None:
    class Stop(Progress):
        def __call__(self, fraction: float, note: str = "") -> None:
            if fraction >= 0.5:
                raise Cancelled

    with pytest.raises(Cancelled):
        render_turntable(glb, full, ORBIT, 64, 4, tmp_path, Stop())
    assert len(list(tmp_path.iterdir())) == 2


def test_a_white_thing_in_full_light_is_white_up_to_its_edges() -> None:
    ball = sphere(0.5, 3)
    uv, texture = np.zeros((len(ball.vertices), 2)), np.full((2, 2, 3), 255, np.uint8)
    model = load_model(TexturedMesh(ball.vertices, ball.vertices * 2, uv, ball.faces, texture))
    assert render_view(model, full, ORBIT, 0, 48).min() >= 254
