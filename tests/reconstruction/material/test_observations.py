"""The table of what the frames show of each vertex."""

from dataclasses import replace

import pytest
import torch
from lit_scenes import LAMP, ball, ball_frames, lamp_shading, paints
from scenes import grey, pictures_of, wavy_orbit, weighted
from torch.nn.functional import normalize

from sv3d_engine.ground.colour import to_linear
from sv3d_engine.reconstruction.material.observations import Observations, diffuse_colour, low_quantile, sightings


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


def test_lit_and_unlit_views_give_way_to_each_other_without_a_jump():
    lit = torch.linspace(0.1, 0.9, 81)[:, None]  # share of the trust
    weight = torch.cat([(1 - lit).expand(-1, 3), lit.expand(-1, 3)], 1)
    colour = torch.tensor([0.19, 0.2, 0.21, 0.58, 0.6, 0.62])[None, :, None].expand(81, -1, 3)
    found = low_quantile(Observations(colour, weight, weight))[:, 0]
    assert found[:21].max() < 0.26
    assert found[-11:].min() > 0.54
    assert found.diff().abs().max() < 0.04


def test_clipped_values_hardly_count():
    frames = ball_frames(count=4)
    frames = replace(frames, rgb=(1.5 * frames.rgb).clamp(max=1))
    vertices, faces = ball()
    seen = sightings(frames, vertices, faces)(vertices, normalize(vertices, dim=-1))
    clipped, dim = seen.colour.amax(-1) > 0.999, seen.colour.amax(-1) < 0.5
    assert clipped.any()
    assert seen.weight[clipped].max() < 0.2 < seen.weight[dim].max()


def test_what_is_clipped_is_seen_as_well_as_anything_else():
    frames = ball_frames(count=4)
    vertices, faces = ball()
    dim, clipped = (
        sightings(replace(frames, rgb=rgb), vertices, faces)(vertices, normalize(vertices, dim=-1))
        for rgb in (0.9 * frames.rgb, torch.ones_like(frames.rgb))
    )
    torch.testing.assert_close(clipped.evidence, dim.evidence)
    assert clipped.trust.mean() < 0.3 * dim.trust.mean()


def test_a_soft_cut_out_and_a_thin_wire_keep_their_colours():
    frames = ball_frames(count=4)
    vertices, faces = ball()
    full, soft = (
        sightings(replace(frames, alpha=alpha), vertices, faces)(vertices, normalize(vertices, dim=-1))
        for alpha in (frames.alpha, 0.95 * frames.alpha)
    )
    assert soft.evidence.mean() > 0.95 * full.evidence.mean() > 0.1
    vertices = vertices * torch.tensor([0.03, 0.03, 1.0])  # under two pixels across
    normals = normalize(vertices * torch.tensor([1e3, 1e3, 1.0]), dim=-1)
    frames = pictures_of(vertices, faces, grey, wavy_orbit(4), 96)
    thin = sightings(frames, vertices, faces)(vertices, normals)
    shown = thin.evidence > 0
    assert shown.float().mean() > 0.5
    assert (diffuse_colour(thin)[shown] - to_linear(torch.tensor(0.5))).abs().median() < 0.02


def test_a_doubted_frame_is_trusted_by_its_weight(seen):
    vertices, faces = ball()
    frames = ball_frames()
    doubted = replace(frames, orbit=weighted(frames.orbit, {1: 0.25}))
    less = sightings(doubted, vertices, faces)(vertices, normalize(vertices, dim=-1))
    assert seen.weight[:, 1].max() > 0.5
    torch.testing.assert_close(less.weight[:, 1], 0.25 * seen.weight[:, 1])
    torch.testing.assert_close(less.view[:, 1], 0.25 * seen.view[:, 1])
    torch.testing.assert_close(less.weight[:, 2:], seen.weight[:, 2:])
