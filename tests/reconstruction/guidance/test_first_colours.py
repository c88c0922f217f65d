"""The guided phase begins with the material that the frames tell."""

import pytest
import torch
from recorder import Recorder
from scenes import icosphere
from torch.nn.functional import normalize

from sv3d_engine.ground.colour import to_linear
from sv3d_engine.ground.progress import Cancelled, Progress
from sv3d_engine.reconstruction.guidance.first_colours import begin_with
from sv3d_engine.reconstruction.light import LIGHT_COUNT, fibonacci_sphere, shading
from sv3d_engine.reconstruction.material.material import Material
from sv3d_engine.reconstruction.mesh.appearance import Appearance

RADIUS = 0.3


def begun(progress=None):
    """A ball with a red top and a grey rest in light from one side; what an appearance makes of it."""
    torch.manual_seed(0)
    appearance = Appearance(0.5, finest=32, levels=6, log2_rows=14)
    torch.nn.init.constant_(appearance.highlight[2].bias, -0.3)  # as colours that were not yet right have left it
    vertices, faces = icosphere(4)
    base = torch.where(vertices[:, 2:] > 0, torch.tensor([0.5, 0.1, 0.1]), torch.tensor([0.3, 0.3, 0.3]))
    none = torch.zeros(len(vertices))
    axes = fibonacci_sphere(LIGHT_COUNT)
    light = axes, torch.full((LIGHT_COUNT,), 8.0), 0.1 + 1.7 * axes[:, 0].clamp_min(0)
    material = Material(base, none, none, none, base, none[:, None], light)
    begin_with(material, RADIUS * vertices, faces, appearance, torch.Generator().manual_seed(0), progress or Progress())
    assert all(parameter.grad is None for parameter in appearance.parameters())
    return appearance, material


def points(count=500):
    there = normalize(torch.randn(count, 3, generator=torch.Generator().manual_seed(1)), dim=1)
    return there[there[:, 2].abs() > 0.1]


def test_colours_in_their_light_are_the_materials():
    appearance, material = begun()
    normals = points()
    with torch.no_grad():
        light, none = appearance.lights(normals), torch.empty(0, 3)
        seen, *_ = appearance(RADIUS * normals, -normals, light, none)
        found = to_linear(seen)
    base = torch.where(normals[:, 2:] > 0, torch.tensor([0.5, 0.1, 0.1]), torch.tensor([0.3, 0.3, 0.3]))
    wanted = base * shading(normals, *material.light)[:, None]
    assert wanted.amax() > 4 * wanted.amin()
    assert (found - wanted).abs().mean() < 0.02 * wanted.mean()


def test_cancel_is_heard():
    with pytest.raises(Cancelled):
        begun(Recorder(stop_at=3))


def test_one_seed_gives_one_start():
    first, again = begun()[0], begun()[0]
    assert torch.equal(first.albedo(RADIUS * points()), again.albedo(RADIUS * points()))
