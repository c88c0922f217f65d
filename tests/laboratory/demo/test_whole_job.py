"""The main job on the demo orbit, measured against the robot's true surface and colours.  Takes a few minutes."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
import trimesh

from sv3d_engine.laboratory.demo import robot, studio

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture(scope="module")
def job(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A finished job, run as a user would."""
    out = tmp_path_factory.mktemp("whole") / "job"
    command = [sys.executable, "-m", "sv3d_engine", "mesh", str(studio.FOLDER), "--out", str(out), "--preset", "draft"]
    cameras = ["--cameras", str(studio.FOLDER / "cameras.json"), "--device", "cpu", "--seed", "0"]
    subprocess.run([*command, *cameras], cwd=ROOT, check=True)
    return out


@pytest.fixture(scope="module")
def samples(job: Path) -> tuple[torch.Tensor, torch.Tensor]:
    """Points on the mesh in the world (P, 3), and their linear base colour (P, 3)."""
    mesh = trimesh.load(job / "mesh.glb", force="mesh")
    points, faces = trimesh.sample.sample_surface(mesh, 20_000, seed=0)
    corners = trimesh.triangles.points_to_barycentric(mesh.triangles[faces], points)
    uv = (mesh.visual.uv[mesh.faces[faces]] * corners[..., None]).sum(1)
    srgb = trimesh.visual.color.uv_to_color(uv, mesh.visual.material.baseColorTexture)[:, :3] / 255
    linear = np.where(srgb <= 0.04045, srgb / 12.92, ((srgb + 0.055) / 1.055) ** 2.4)
    world = np.stack([points[:, 2], points[:, 0], points[:, 1]], -1)  # glTF (x, y, z) = world (y, z, x)
    return torch.from_numpy(world).float(), torch.from_numpy(linear).float()


def test_every_result_is_there(job: Path) -> None:
    for name in ("mesh.glb", "cameras.json", "light.json", "light.hdr", "report.json", "frames/020.png", "turntable"):
        assert (job / name).exists(), name
    assert json.loads((job / "report.json").read_text(encoding="utf-8"))


def test_the_surface_is_the_robots(samples: tuple[torch.Tensor, torch.Tensor]) -> None:
    gap = robot.distance(samples[0]).abs()
    assert gap.mean() < 0.005
    assert (gap < 0.02).float().mean() > 0.97


def test_nothing_of_the_robot_is_missing(samples: tuple[torch.Tensor, torch.Tensor]) -> None:
    axis = torch.linspace(-0.51, 0.51, 103)
    points = torch.cartesian_prod(axis, axis, axis)
    true = points[robot.distance(points).abs() < 0.004]
    distance = torch.cat([torch.cdist(part, samples[0]).amin(1) for part in true.split(1000)])
    assert (distance < 0.03).float().mean() > 0.97


def test_the_light_is_out_of_the_colours(samples: tuple[torch.Tensor, torch.Tensor]) -> None:
    points, colours = samples
    true = robot.albedo(points)
    scale = (colours * true).sum(0) / colours.square().sum(0)  # exposure and white balance cannot be known
    assert (colours * scale - true).abs().mean() < 0.068  # .061 was measured
