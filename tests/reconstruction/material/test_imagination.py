"""Colours that were imagined come in where frames show nothing, and only there."""

import torch

from sv3d_engine.reconstruction.material.imagination import FEWEST, with_imagined
from sv3d_engine.reconstruction.material.material import Material
from sv3d_engine.reconstruction.mesh.refined_surface import Imagined

COUNT = 400


def scene(gain=(2.0, 1.0, 0.5)):
    """True colours, of which the last quarter is not seen, and what was imagined: the truth in another scale."""
    true = 0.1 + 0.3 * torch.rand(COUNT, 3, generator=torch.Generator().manual_seed(0))
    unseen = torch.arange(COUNT) >= 300
    found = torch.where(unseen[:, None], 0.9, true)
    return true, found, (~unseen).float(), Imagined(unseen.float(), true / torch.tensor(gain))


def with_colours_of(found, evidence, imagined):
    none, light = torch.zeros(COUNT), (torch.eye(3), torch.ones(3), torch.ones(3))
    material = Material(found, none, none, evidence, torch.ones(COUNT, 3), torch.zeros(COUNT, 2), light)
    made = with_imagined(material, imagined)
    assert made.evidence is material.evidence
    return made.base_colour


def test_imagined_colours_are_brought_to_the_frames_scale():
    true, found, evidence, imagined = scene()
    made = with_colours_of(found, evidence, imagined)
    torch.testing.assert_close(made, true, atol=0.02, rtol=0)
    assert torch.equal(made[:300], found[:300])


def test_each_vertex_takes_its_share():
    true, found, evidence, imagined = scene((1.0, 1.0, 1.0))
    half = Imagined(0.5 * imagined.share, imagined.albedo)
    torch.testing.assert_close(
        with_colours_of(found, evidence, half)[300:], (found + true)[300:] / 2, atol=0.01, rtol=0
    )


def test_nothing_is_taken_where_nothing_can_be_compared():
    _, found, evidence, imagined = scene()
    few = evidence * (torch.arange(COUNT) < FEWEST - 1)
    assert torch.equal(with_colours_of(found, few, imagined), found)
