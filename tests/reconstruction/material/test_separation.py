"""Light and albedo told apart by points of one chromaticity."""

import pytest
import torch
from lit_scenes import EARTH, LAMP, SKY, decibels, lamp_shading, open_sky, paints
from scenes import icosphere

from sv3d_engine.reconstruction.light import MEAN_RADIANCE, fibonacci_sphere
from sv3d_engine.reconstruction.material.separation import Glints, chromaticity, chromaticity_pairs, fit_light
from sv3d_engine.reconstruction.material.transfer import irradiance


@pytest.fixture(scope="module")
def scene():
    """Normals all round, transfer of 96 directions without shadow, and colours in the lamp's light."""
    normals, _ = icosphere(4)
    return normals, irradiance(normals, open_sky(normals, 96)), paints(normals) * lamp_shading(normals)[:, None]


def draw() -> torch.Generator:
    return torch.Generator().manual_seed(1)


def fitted(transfer: torch.Tensor, colour: torch.Tensor) -> torch.Tensor:
    weight = torch.ones(len(colour))
    pairs = chromaticity_pairs(colour, weight, draw(), count=6000)
    return fit_light(transfer, torch.zeros(len(colour)), colour.mean(-1), pairs)


def test_light_does_not_change_the_chromaticity():
    colour = torch.tensor([[0.4, 0.2, 0.1]])
    torch.testing.assert_close(chromaticity(colour), chromaticity(colour / 2), rtol=0, atol=0.05)
    assert (chromaticity(colour) - chromaticity(colour.flip(1))).abs().max() > 1


def test_pairs_have_one_paint(scene):
    normals, _, colour = scene
    pairs = chromaticity_pairs(colour, torch.ones(len(colour)), draw(), count=2000)
    alike = (normals[pairs.first, 1] > 0) == (normals[pairs.second, 1] > 0)
    assert pairs.weight[alike].sum() > 0.99
    assert pairs.weight.sum() == pytest.approx(1, abs=1e-4)
    assert (normals[pairs.first] - normals[pairs.second]).norm(dim=-1).mean() > 0.5


def test_two_paints_come_back_without_their_light(scene):
    normals, transfer, colour = scene
    light = fitted(transfer, colour)
    albedo = colour / (transfer @ light)[:, None]
    assert decibels(colour, paints(normals)) < 22
    assert decibels(albedo, paints(normals)) > 32
    ratio = albedo[normals[:, 1] > 0].mean(0).sum() / albedo[normals[:, 1] <= 0].mean(0).sum()
    assert ratio == pytest.approx(float(EARTH.sum() / SKY.sum()), rel=0.05)


def test_the_lamp_is_found_where_it_is(scene):
    _, transfer, colour = scene
    light = fitted(transfer, colour)
    towards = torch.nn.functional.normalize((light[:, None] * fibonacci_sphere(96)).sum(0), dim=0)
    assert towards @ LAMP > 0.98


def test_the_scale_is_the_stated_one_however_bright_the_picture(scene):
    _, transfer, colour = scene
    bright, dim = fitted(transfer, colour), fitted(transfer, colour / 3)
    assert bright.mean() == pytest.approx(MEAN_RADIANCE, rel=1e-3)
    assert dim.mean() == pytest.approx(MEAN_RADIANCE, rel=1e-3)
    torch.testing.assert_close(transfer @ bright, transfer @ dim, rtol=0.05, atol=0)


def test_grey_beside_white_is_no_shadow(scene):
    """Both have one chromaticity: a patchwork of the two must not become light."""
    normals, transfer, _ = scene
    patch = ((normals * 5).floor().sum(-1) % 2)[:, None]
    truth = (0.4 + 0.3 * patch).expand(-1, 3)
    colour = truth * lamp_shading(normals)[:, None]
    albedo = colour / (transfer @ fitted(transfer, colour))[:, None]
    assert decibels(albedo, truth) > decibels(colour, truth) + 5


def test_glints_bring_a_light_that_shading_alone_cannot_tell():
    """On a plane every light from the front gives one shading."""
    normals = torch.tensor([[0.0, 0, 1]]).expand(200, 3)
    directions = fibonacci_sphere(96)
    transfer = irradiance(normals, (normals @ directions.T > 0).float())
    colour = torch.full((200, 3), 0.3)
    share = 0.04 * torch.exp(12 * (directions[torch.randint(96, (500,), generator=draw())] @ directions.T - 1))
    lamp = directions[20]
    truth = 0.4 + 3 * torch.exp(6 * (directions @ lamp - 1))
    truth = truth * MEAN_RADIANCE / truth.mean()
    pairs = chromaticity_pairs(colour, torch.ones(200), draw(), count=200)
    glints = Glints(share, share @ truth)
    light = fit_light(transfer, torch.zeros(200), colour.mean(-1), pairs, glints=glints)
    assert directions[light.argmax()] @ lamp > 0.9
    assert glints.unexplained(light).mean() < 0.2 * glints.unexplained(torch.full((96,), MEAN_RADIANCE)).mean()
