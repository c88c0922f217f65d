"""What one view says of a shape: its losses are least for the true one."""

from dataclasses import replace

import pytest
import torch
from scenes import distance_field, egg_distance, egg_orbit

from sv3d_engine.ground.colour import to_srgb
from sv3d_engine.orbit.cameras import CameraOrbit, View, pixel_size
from sv3d_engine.reconstruction.mesh.appearance import Appearance
from sv3d_engine.reconstruction.mesh.judging import view_losses
from sv3d_engine.reconstruction.mesh.picture import draw_probes, take_picture
from sv3d_engine.reconstruction.mesh.refine import start_shape
from sv3d_engine.reconstruction.mesh.views import Part, Window, see, windows
from sv3d_engine.reconstruction.render.antialias import mesh_edges

CPU = torch.device("cpu")
SIZE, HALF_SIDE = 96, 0.55


@pytest.fixture(scope="module")
def frames():
    return egg_orbit(size=SIZE)


def losses_of_view(surface, appearance, window, orbit, draw):
    """Every loss of the first view of a surface, its vertices and faces."""
    vertices, faces = surface
    sight = see(vertices, faces, mesh_edges(faces), orbit, 0, window.part)
    probes = draw_probes(sight, draw)
    picture = take_picture(sight, appearance, window.part, probes)
    return view_losses(picture, probes, sight, window, pixel_size(orbit, SIZE), draw)


@pytest.fixture(scope="module")
def grey_view(frames):
    """One grey for frame and egg: the first window, how an egg of some size is seen there, and its appearance."""
    torch.manual_seed(0)
    appearance = Appearance(HALF_SIDE, finest=64, levels=2, log2_rows=6)
    torch.nn.init.zeros_(appearance.decoder[2].weight)
    torch.nn.init.zeros_(appearance.decoder[2].bias)
    window = windows(frames, CPU)[0]
    grey = float(to_srgb(torch.tensor(0.5 * 0.8)))
    window = replace(window, colour=grey * window.alpha[..., None].expand(-1, -1, 3).contiguous())

    def losses_of(offset, draws=8):
        field = distance_field(lambda p: egg_distance(p) - offset, HALF_SIDE)
        surface = start_shape(field, 24, CPU).settle()
        draw = torch.Generator().manual_seed(0)
        with torch.no_grad():
            return [losses_of_view(surface, appearance, window, frames.orbit, draw) for _ in range(draws)]

    return losses_of


@pytest.mark.parametrize("offset", [0.03, -0.03])
def test_a_wrong_outline_is_seen_before_one_background_or_another(grey_view, offset):
    """With the same background each time an object of its colour could have any outline."""
    seen = [float(terms["photometric"]) for terms in grey_view(offset)]
    right = [float(terms["photometric"]) for terms in grey_view(0.0)]
    assert max(seen) > 2 * min(seen)
    assert sum(seen) > 10 * sum(right)


def test_the_true_shape_costs_least(grey_view):
    small, right, large = (grey_view(offset, 1)[0] for offset in (-0.02, 0.0, 0.02))
    for other in (small, large):
        assert other["mask"] > 5 * right["mask"]


def two_balls(gap):
    """Depth loss of one ball before another, ``gap`` behind it, over the frame of a camera in front of both."""
    orbit = CameraOrbit(33.8, 2.2, (View("000.png", 0.0, 0.0),))
    centres = torch.tensor([[0.2, 0.05, 0.0], [0.2 - gap, -0.05, 0.0]])
    field = distance_field(lambda p: ((p[:, None] - centres).norm(dim=-1) - 0.12).amin(1), HALF_SIDE)
    surface = start_shape(field, 32, CPU).settle()
    alpha = torch.ones(SIZE, SIZE)
    window = Window(Part(SIZE, torch.zeros(3), SIZE, SIZE), torch.ones(SIZE, SIZE, 3), alpha, alpha)
    appearance = Appearance(HALF_SIDE, finest=16, levels=1, log2_rows=4)
    terms = losses_of_view(surface, appearance, window, orbit, torch.Generator().manual_seed(0))
    return float(terms["depth"].detach())


def test_what_lies_behind_is_not_drawn_nearer():
    assert two_balls(gap=0.45) < 1.5 * two_balls(gap=0.0)


def test_light_is_told_by_linear_values_of_solid_pixels(frames):
    """A picture of a grey egg in some light: that light explains it, though outlines fade."""
    torch.manual_seed(0)
    appearance = Appearance(HALF_SIDE, finest=16, levels=1, log2_rows=4)
    with torch.no_grad():
        appearance.lights.raw_amplitude.add_(torch.randn(24))
        window = windows(frames, CPU)[0]
        vertices, faces = start_shape(distance_field(egg_distance, HALF_SIDE), 24, CPU).settle()
        sight = see(vertices, faces, mesh_edges(faces), frames.orbit, 0, window.part)
        shown = sight.raster.spread(to_srgb(0.5 * appearance.lights(sight.normals))[:, None].expand(-1, 3))
        window = replace(window, colour=shown.reshape(*window.alpha.shape, 3) * window.alpha[..., None])
        terms = losses_of_view((vertices, faces), appearance, window, frames.orbit, torch.Generator())
    assert terms["illumination"] < 1e-4
