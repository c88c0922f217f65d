"""A field whose network is silent is a plain sphere."""

import math

import pytest
import torch
from scenes import distance_field, is_closed, volume

from sv3d_engine.reconstruction.field.radiance_field import distance_grid, extract_mesh


def ball(radius):
    return distance_field(lambda points: points.norm(dim=-1) - radius, 0.6)


def test_grid_is_the_distance_at_voxel_centres():
    values = distance_grid(ball(0.4), 24)
    axis = ((torch.arange(24) + 0.5) / 24 * 2 - 1) * 0.6
    assert float(values[3, 20, 11]) == pytest.approx(math.hypot(axis[3], axis[20], axis[11]) - 0.4, abs=2e-3)


def test_mesh_is_closed_outward_and_of_the_right_size():
    vertices, faces = extract_mesh(ball(0.4), 40)
    assert is_closed(faces)
    assert volume(vertices, faces) == pytest.approx(4 / 3 * math.pi * 0.4**3, rel=0.01)
    torch.testing.assert_close(vertices.norm(dim=-1), torch.full((len(vertices),), 0.4), atol=3e-3, rtol=0)


def test_a_surface_that_leaves_the_cube_is_closed_at_its_walls():
    vertices, faces = extract_mesh(ball(0.7), 24)
    assert is_closed(faces)
    assert vertices.abs().max() <= 0.6 * (1 + 1 / 24)
