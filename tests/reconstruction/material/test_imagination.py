"""Colours that were imagined come in where frames show nothing, and only there."""

import torch

from sv3d_engine.reconstruction.material.imagination import with_imagined
from sv3d_engine.reconstruction.material.material import Material
from sv3d_engine.reconstruction.mesh.refined_surface import Imagined


def changed(base, gain, share):
    count = len(base)
    none = torch.zeros(count)
    material = Material(base, none, none, none, base, none[:, None], (torch.zeros(1, 3), none[:1], none[:1]))
    return with_imagined(material, Imagined(share, gain)).base_colour


def test_colours_change_by_their_share_and_stay_where_frames_look():
    base = torch.tensor([[0.2, 0.4, 0.6]]).expand(3, 3)
    share = torch.tensor([0.0, 0.5, 1.0])
    made = changed(base, torch.full((3, 3), 4.0), share)
    assert torch.equal(made[0], base[0])
    torch.testing.assert_close(made[1], torch.tensor([0.41, 0.81, 1.0]))
    torch.testing.assert_close(made[2], torch.tensor([0.83, 1.0, 1.0]))


def test_black_can_become_light_and_light_black():
    made = changed(torch.tensor([[0.0] * 3, [0.79] * 3]), torch.tensor([[60.0] * 3, [0.0125] * 3]), torch.ones(2))
    torch.testing.assert_close(made, torch.tensor([[0.59] * 3, [0.0] * 3]))
