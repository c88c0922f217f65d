"""The camera vector: what it depends on, and the mistakes it must not make."""

import math

import pytest
import torch

from sv3d_engine.shared.trajectory import Pose, sine, static
from sv3d_engine.sv3d.diffusion.conditioning import COND_AUG, Conditioning, camera_vector, sinusoids


def angle_part(angle: float) -> torch.Tensor:
    return sinusoids(torch.tensor([angle]), 512)[0]


def test_the_last_azimuth_is_zero_and_never_a_whole_turn():
    for poses in (static(10.0), [*static(10.0)[:-1], Pose(10.0, 360.0)]):
        assert torch.equal(camera_vector(poses, "p")[-1, 768:], angle_part(0.0))


def test_azimuths_are_taken_from_the_last_frame():
    turned = [Pose(p.elevation, p.azimuth + 77.0) for p in sine(5.0)]
    assert torch.allclose(camera_vector(turned, "p"), camera_vector(sine(5.0), "p"), atol=1e-4)


def test_the_polar_angle_is_absolute():
    vector = camera_vector([Pose(90.0 - 30.0, 10.0), Pose(-20.0, 0.0)], "p")
    assert torch.allclose(vector[0, 256:768], angle_part(math.radians(30)), atol=1e-5)
    assert torch.allclose(vector[1, 256:768], angle_part(math.radians(110)), atol=1e-5)


def test_u_knows_no_cameras():
    vector = camera_vector(sine(5.0), "u")
    assert vector.shape == (21, 256)
    assert torch.equal(vector, sinusoids(torch.full((21,), COND_AUG), 256))


def test_cosines_come_first():
    assert sinusoids(torch.zeros(1), 6).tolist() == [[1, 1, 1, 0, 0, 0]]
    assert sinusoids(torch.tensor([math.pi]), 4)[0, [0, 2]].tolist() == pytest.approx([-1, 0], abs=1e-6)


def test_the_unconditional_side_keeps_the_cameras():
    known = Conditioning(torch.ones(1, 1, 8), torch.ones(1, 4, 2, 2), camera_vector(static(0.0), "p")[None])
    blind = known.unconditional()
    assert not blind.token.any()
    assert not blind.latents.any()
    assert torch.equal(blind.vector, known.vector)
