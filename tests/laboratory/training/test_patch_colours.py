"""What a new autoencoder can do before it has learnt anything."""

import pytest
import torch

from sv3d_engine.laboratory.training.networks import fresh
from tests.laboratory.training.runs import tiny


@pytest.fixture(scope="module")
def seen() -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Pictures of coloured squares on white (8, 3, 64, 64), their latents, and what comes back."""
    random = torch.Generator().manual_seed(0)
    pictures = torch.ones(8, 3, 64, 64)
    pictures[:, :, 16:48, 16:48] = torch.rand(8, 3, 1, 1, generator=random) * 2 - 1
    autoencoder = fresh(tiny().architecture, 0).autoencoder
    with torch.no_grad():
        latents = autoencoder.encode(pictures).latent_dist.mode()
        return pictures, latents, autoencoder.decode(latents).sample


def test_colours_come_back(seen: tuple[torch.Tensor, ...]) -> None:
    pictures, _, made = seen
    for channel in range(3):
        shown = torch.stack([p[channel, 24:40, 24:40].mean() for p in (*pictures, *made)]).view(2, 8)
        assert torch.corrcoef(shown)[0, 1] > 0.95
    assert (made - pictures).square().mean() < 0.15 * (pictures - pictures.mean()).square().mean()


def test_the_first_latents_are_lightness_and_two_directions_of_colour(seen: tuple[torch.Tensor, ...]) -> None:
    pictures, latents, _ = seen
    red, green, blue = pictures[:, :, 32, 32].unbind(1)
    told = latents[:, :3, 4, 4].unbind(1)
    for value, wanted in zip(told, (red + green + blue, red - blue, red - 2 * green + blue), strict=True):
        assert torch.corrcoef(torch.stack([value, wanted]))[0, 1] > 0.9
