"""Normal maps of known objects, which stand in for a network's."""

from pathlib import Path

import pytest
import torch
import trimesh
from scenes import grey, icosphere, pictures_of, wavy_orbit
from torch.nn.functional import normalize

from sv3d_engine.ground.progress import Progress
from sv3d_engine.laboratory.evaluate import stand_in_normals
from sv3d_engine.laboratory.evaluate.stand_in_normals import TILT, spoiled, write_normal_maps
from sv3d_engine.reconstruction.frames.normal_maps import NormalMaps
from sv3d_engine.reconstruction.frames.told_normals import told_normals

COUNT, SIZE, RADIUS = 8, 64, 0.5


@pytest.fixture(scope="module")
def ball(tmp_path_factory: pytest.TempPathFactory) -> Path:
    vertices, faces = icosphere(4)
    path = tmp_path_factory.mktemp("ball") / "mesh.glb"
    trimesh.Trimesh(vertices.numpy() * RADIUS, faces.numpy(), process=False).export(path)
    return path


def test_the_true_maps_are_what_a_job_takes_them_for(
    ball: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A ball's normals are its places, seen from anywhere: no axis is turned on the way."""
    monkeypatch.setattr(stand_in_normals, "SIZE", SIZE)
    orbit = wavy_orbit(COUNT)
    assert write_normal_maps(ball, orbit, "true", 0, tmp_path / "maps") == pytest.approx(0, abs=0.1)
    vertices, faces = icosphere(4)
    frames = pictures_of(vertices * RADIUS, faces, grey, orbit, SIZE)
    told = told_normals(frames, NormalMaps(tmp_path / "maps"), Progress())
    assert told.notes == ()
    middle = told.normals[:, SIZE // 2, SIZE // 2]
    world = torch.einsum("nk,nkc->nc", middle[:, :3], orbit.rotations())
    towards = normalize(orbit.positions(), dim=-1)
    assert (world * towards).sum(-1).min() > 0.99
    assert middle[:, 3].min() > 0.9


def test_errors_are_as_large_as_told_and_the_seeds_own(ball: Path, tmp_path: Path) -> None:
    off = [write_normal_maps(ball, wavy_orbit(3), "noisy", seed, tmp_path / str(i)) for i, seed in enumerate((0, 0, 1))]
    assert 8 < off[0] < 20
    assert off[0] == off[1] != off[2]
    first, second = ([f.read_bytes() for f in sorted((tmp_path / name).iterdir())] for name in "01")
    assert first == second


def test_every_third_frame_leans_as_a_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stand_in_normals, "SMOOTH", 0.0)
    monkeypatch.setattr(stand_in_normals, "NOISE", 0.0)
    up = torch.tensor([0.0, 0, 1]).expand(6, 8, 8, 3)
    angle = torch.rad2deg(torch.arccos((spoiled(up, torch.Generator().manual_seed(0)) * up).sum(-1).clamp(-1, 1)))
    assert (angle[[1, 2, 4, 5]] < 0.1).all()
    assert angle[[0, 3]].min() > 0.1 and angle.max() <= TILT + 0.01
    assert angle[0].std() < 1e-3
