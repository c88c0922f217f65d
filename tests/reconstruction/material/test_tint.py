"""The light's brightness and colour by direction."""

import pytest
import torch
from lit_scenes import EARTH, lamp_shading, open_sky
from scenes import icosphere

from sv3d_engine.reconstruction.light import MEAN_RADIANCE, fibonacci_sphere
from sv3d_engine.reconstruction.material.tint import tinted_shading
from sv3d_engine.reconstruction.material.transfer import irradiance

NORMALS, _ = icosphere(4)
TRANSFER = irradiance(NORMALS, open_sky(NORMALS, 96))
WHITE = torch.full((96,), MEAN_RADIANCE)
WARM = 0.8 * fibonacci_sphere(96)[:, :1] * torch.tensor([1.0, 0.0, -1.0])  # from one side, and cool from the other


def fit(colour: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    draw, weight = torch.Generator().manual_seed(1), torch.ones(len(NORMALS))
    return tinted_shading(NORMALS, NORMALS, TRANSFER, torch.zeros(len(NORMALS), 3), WHITE, colour, weight, draw)


def shading(colour: torch.Tensor) -> torch.Tensor:
    return fit(colour)[0]


def scatter(albedo: torch.Tensor) -> float:
    """How far red to blue differs over the surface, as a natural log."""
    return float((albedo[:, 0] / albedo[:, 2]).log().std())


@pytest.fixture(scope="module")
def room() -> torch.Tensor:
    """What a grey ball with a few brown chips shows in a room that is warm on one side."""
    chips = ((NORMALS * 6).floor().sum(-1) % 5 == 0)[:, None]
    return torch.where(chips, torch.tensor([0.3, 0.15, 0.08]), torch.full((3,), 0.5)) * (
        TRANSFER @ (WHITE[:, None] * WARM.exp())
    )


def test_a_strong_tint_leaves_grey_paint_grey(room):
    found = shading(room)
    grey = (NORMALS * 6).floor().sum(-1) % 5 != 0
    assert scatter(room[grey]) > 0.5
    assert scatter((room / found)[grey]) < 0.12


def test_chips_of_another_paint_keep_their_colour(room):
    found = shading(room)
    chips = (NORMALS * 6).floor().sum(-1) % 5 == 0
    ratio = (room / found)[chips][:, 0] / (room / found)[chips][:, 2]
    assert ratio.median() / ((room / found)[~chips][:, 0] / (room / found)[~chips][:, 2]).median() == pytest.approx(
        0.3 / 0.08, rel=0.1
    )


def test_a_side_that_is_dark_and_of_another_colour_is_in_the_shade():
    """Pairs of one chromaticity never join it to the bright side: the shade stayed on half of a grey ball."""
    sun = (WHITE * (2.0 * fibonacci_sphere(96)[:, 0]).exp())[:, None] * WARM.exp()
    lit = TRANSFER @ sun
    found, light = fit(0.5 * lit)
    assert (lit.mean(-1).log()).std() > 0.5
    assert ((0.5 * lit) / found).mean(-1).log().std() < 0.1
    assert light.mean() == pytest.approx(MEAN_RADIANCE, rel=1e-3)
    assert light[fibonacci_sphere(96)[:, 0] > 0.5].mean() > 4 * light[fibonacci_sphere(96)[:, 0] < -0.5].mean()


def test_many_paints_in_white_light_are_no_tint():
    patch = (NORMALS * 4).floor().long()
    paints = torch.rand(1000, 3, generator=torch.Generator().manual_seed(0)) * 0.6 + 0.1
    colour = paints[(patch @ torch.tensor([1, 10, 100])) % 1000] * lamp_shading(NORMALS)[:, None]
    assert scatter(shading(colour)) < 0.1


def test_one_paint_in_white_light_stays_without_tint():
    assert scatter(shading(EARTH * (TRANSFER @ WHITE)[:, None])) < 0.02


def test_the_light_is_white_on_average(room):
    """Pairs leave its mean colour open: left to itself it made the demo's grey robot blue."""
    found = shading(room)
    mean = found.mean(0)
    torch.testing.assert_close(mean, mean.mean().expand(3), rtol=0.02, atol=0)
