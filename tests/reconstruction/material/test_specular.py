"""What a glossy surface adds to its own colour."""

import pytest
import torch
from torch.nn.functional import normalize

from sv3d_engine.reconstruction.light import fibonacci_sphere
from sv3d_engine.reconstruction.material.specular import environment_brdf, reflection

UP = torch.tensor([[0.0, 0.0, 1.0]])
COUNT = 192


def open_sky() -> torch.Tensor:
    return (fibonacci_sphere(COUNT)[:, 2] > 0).float()[None]


def test_head_on_four_percent_come_back_and_at_grazing_angles_far_more():
    share, _ = reflection(UP, UP, open_sky(), 0.3)
    assert share.sum() == pytest.approx(0.04, abs=0.01)
    grazing = normalize(torch.tensor([[1.0, 0, 0.1]]), dim=-1)
    assert reflection(UP, grazing, open_sky(), 0.3)[0].sum() > 4 * share.sum()


@pytest.mark.parametrize("roughness", [0.2, 0.5, 0.9])
def test_no_more_is_reflected_than_arrives(roughness):
    scale, offset = environment_brdf(torch.linspace(0.05, 1, 20), roughness)
    assert (scale + offset).max() < 1.02
    assert torch.minimum(scale, offset).min() > -0.02


def test_the_lobe_is_round_the_mirrored_direction_and_narrower_the_smoother():
    towards = normalize(torch.tensor([[1.0, 0, 1]]), dim=-1)
    mirrored = normalize(torch.tensor([-1.0, 0, 1]), dim=0)
    spread = []
    for roughness in (0.3, 0.6):
        share = reflection(UP, towards, open_sky(), roughness)[0][0]
        centre = normalize((share[:, None] * fibonacci_sphere(COUNT)).sum(0), dim=0)
        assert centre @ mirrored > 0.95
        spread.append((share @ (1 - fibonacci_sphere(COUNT) @ mirrored)) / share.sum())
    assert spread[0] < 0.6 * spread[1]


def test_what_hides_the_light_is_reflected_in_its_stead():
    share, rest = reflection(UP, UP, torch.zeros(1, COUNT), 0.5)
    assert share.max() == 0
    clear, nothing = reflection(UP, UP, open_sky(), 0.5)
    assert float(rest) == pytest.approx(float(clear.sum()), rel=1e-4)
    assert float(nothing) == pytest.approx(0, abs=1e-5)
