"""The table of what the frames show of each vertex."""

from dataclasses import replace

import pytest
import torch
from lit_scenes import LAMP, ball, ball_frames, lamp_shading, paints
from torch.nn.functional import normalize

from sv3d_engine.reconstruction.material.observations import diffuse_colour, sightings


@pytest.fixture(scope="module")
def seen():
    vertices, faces = ball()
    return sightings(ball_frames(), vertices, faces)(vertices, normalize(vertices, dim=-1))


def test_colours_are_those_of_the_place_in_linear_light(seen):
    vertices, _ = ball()
    truth = paints(vertices) * lamp_shading(normalize(vertices, dim=-1))[:, None]
    away = seen.evidence * (vertices[:, 1].abs() > 0.02) > 0.5
    error = (diffuse_colour(seen) - truth)[away].abs()
    assert error.mean() < 0.003
    assert error.max() < 0.03


def test_frames_on_the_other_side_count_nothing(seen):
    vertices, _ = ball()
    towards = normalize(ball_frames().orbit.positions() - vertices[:, None], dim=-1)
    facing = (towards * normalize(vertices, dim=-1)[:, None]).sum(-1)
    assert seen.weight[facing < 0].max() == 0
    assert seen.weight[facing > 0.8].min() > 0.5


def test_what_another_part_hides_counts_nothing():
    frames = ball_frames(count=4)
    vertices, faces = ball()
    inner = vertices / 2
    both = torch.cat([vertices, inner]), torch.cat([faces, faces + len(vertices)])
    seen = sightings(frames, *both)(inner, normalize(inner, dim=-1))
    assert seen.weight.max() == 0


def test_a_highlight_in_some_views_leaves_the_colour_alone():
    vertices, faces = ball()
    normals = normalize(vertices, dim=-1)
    matt, shiny = (diffuse_colour(sightings(ball_frames(s), vertices, faces)(vertices, normals)) for s in (None, 0.4))
    glossy = sightings(ball_frames(0.4), vertices, faces)(vertices, normals)
    lit = (glossy.evidence > 0.5) & (normals @ LAMP > 0.3)
    plain = (glossy.colour * glossy.weight[..., None]).sum(1) / glossy.weight.sum(1, keepdim=True)
    assert (shiny - matt)[lit].abs().mean() < 0.65 * (plain - matt)[lit].abs().mean()


def test_clipped_values_hardly_count():
    frames = ball_frames(count=4)
    frames = replace(frames, rgb=(1.5 * frames.rgb).clamp(max=1))
    vertices, faces = ball()
    seen = sightings(frames, vertices, faces)(vertices, normalize(vertices, dim=-1))
    clipped, dim = seen.colour.amax(-1) > 0.999, seen.colour.amax(-1) < 0.5
    assert clipped.any()
    assert seen.weight[clipped].max() < 0.2 < seen.weight[dim].max()
