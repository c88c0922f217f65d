"""Masked SDS on an egg, with networks that know nothing: where its gradient goes, and that it is whole."""

import random
from contextlib import contextmanager

import pytest
import torch
from recorder import Recorder
from scenes import distance_field, egg_distance, egg_orbit

from sv3d_engine.ground.progress import Cancelled, Progress
from sv3d_engine.ground.settings import Distillation
from sv3d_engine.orbit.cameras import CameraOrbit, View
from sv3d_engine.reconstruction.guidance import orbit_guide
from sv3d_engine.reconstruction.guidance.orbit_guide import OrbitGuide
from sv3d_engine.reconstruction.guidance.random_orbit import random_orbit
from sv3d_engine.reconstruction.guidance.reference_view import reference_view
from sv3d_engine.reconstruction.guidance.soft_visibility import unseen_share
from sv3d_engine.reconstruction.guidance.sv3d_prior import SV3DPrior
from sv3d_engine.reconstruction.mesh.appearance import Appearance
from sv3d_engine.reconstruction.mesh.refine import start_shape
from sv3d_engine.shared.architecture import TINY
from sv3d_engine.sv3d.diffusion.guidance import Guidance, triangle
from sv3d_engine.sv3d.generation.make_orbit import condition
from sv3d_engine.sv3d.generation.placement import Placement
from sv3d_engine.sv3d.network.sv3d import random_sv3d

CPU = torch.device("cpu")
HALF_SIDE = 0.55
FRONT = tuple(View(f"{a}.png", 0.0, a) for a in (-30.0, 0.0, 30.0))  # frames that show the egg's front alone


@pytest.fixture(scope="module")
def egg():
    return start_shape(distance_field(egg_distance, HALF_SIDE), 20, CPU).settle()


@pytest.fixture(scope="module")
def prior():
    model, placement = random_sv3d(TINY, torch.float32, CPU), Placement(CPU)
    picture = torch.rand(1, 3, TINY.frame_size, TINY.frame_size, generator=torch.Generator().manual_seed(0)) * 2 - 1
    poses = random_orbit(0.0, "p", random.Random(0))
    return SV3DPrior(model, placement, condition(model, picture, poses, picture * 0, placement))


def no_begin(vertices, faces, appearance, progress):
    """The appearance stays."""


def guide_of(prior, views=FRONT, **settings):
    frames = egg_orbit(size=32)
    orbit = CameraOrbit(33.8, frames.orbit.distance, tuple(views))
    plain = Guidance(triangle(), torch.ones(21))
    return OrbitGuide(
        prior, reference_view(frames, TINY.frame_size), orbit, plain, Distillation(**settings), 5, no_begin
    )


def gradients(prior, egg, views=FRONT, **settings):
    """Of the vertices, and of every parameter of an appearance by its name; and the loss."""
    torch.manual_seed(0)
    appearance = Appearance(HALF_SIDE, finest=32, levels=3, log2_rows=9)
    advice = guide_of(prior, views, **settings)(*egg, appearance, Progress())
    found = {name: parameter.grad for name, parameter in appearance.named_parameters()}
    moved = {name: gradient for name, gradient in found.items() if gradient is not None}
    return advice.gradient, moved, advice.loss


@pytest.fixture(scope="module")
def whole(prior, egg):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(orbit_guide, "CHUNK_PIXELS", 21 * TINY.frame_size**2)
        return gradients(prior, egg)


@pytest.mark.parametrize("frames", [1, 4])
def test_chunks_bring_the_same_gradient_as_one_piece(prior, egg, whole, monkeypatch, frames):
    monkeypatch.setattr(orbit_guide, "CHUNK_PIXELS", frames * TINY.frame_size**2)
    pull, parameters, loss = gradients(prior, egg)
    for mine, others in ((pull, whole[0]), *((parameters[name], whole[1][name]) for name in whole[1])):
        assert others.abs().max() > 0
        torch.testing.assert_close(mine, others, rtol=1e-3, atol=1e-4 * float(others.abs().max()))
    torch.testing.assert_close(loss, whole[2])


def test_shape_and_colours_are_moved_and_light_and_highlight_are_not(whole):
    pull, parameters, loss = whole
    assert pull.abs().max() > 0
    assert loss > 0
    assert {name.split(".")[0] for name in parameters} == {"grid"}


def test_what_the_frames_show_is_not_moved(egg, whole):
    share = unseen_share(*egg, CameraOrbit(33.8, 2.4, FRONT))
    length = whole[0].norm(dim=-1)
    assert length[share > 0.9].mean() > 10 * length[share == 0].mean()
    assert length[(share == 0) & (egg[0][:, 0] > 0.3)].max() < 1e-3 * length.max()


def test_without_the_mask_what_the_frames_show_is_moved_as_well(prior, egg):
    length = gradients(prior, egg, masked=False)[0].norm(dim=-1)
    share = unseen_share(*egg, CameraOrbit(33.8, 2.4, FRONT))
    assert length[share == 0].mean() > 0.5 * length[share > 0.9].mean()


def test_the_shape_may_move_where_no_frame_looks(prior, egg):
    advice = guide_of(prior)(*egg, Appearance(HALF_SIDE, 16, 1, 4), Progress())
    assert torch.equal(advice.share, unseen_share(*egg, guide_of(prior).frames_orbit))


def test_the_gradient_is_in_proportion_to_the_weight(prior, egg, whole):
    twice, _, loss = gradients(prior, egg, weight=2 * Distillation().weight)
    torch.testing.assert_close(twice, 2 * whole[0], rtol=1e-3, atol=1e-3 * float(twice.abs().max()))
    torch.testing.assert_close(loss, 4 * whole[2], rtol=1e-3, atol=0.0)


def test_one_seed_gives_one_series_of_orbits_and_levels(prior, egg):
    series = []
    for _ in range(2):
        guide = guide_of(prior)
        pulls = [guide(*egg, Appearance(HALF_SIDE, 16, 1, 4), Progress()).loss for _ in range(2)]
        series.append((guide.levels, [float(p) for p in pulls]))
    assert len(set(series[0][0])) == 2
    assert series[0][0] == series[1][0]
    assert all(Distillation().quietest <= level <= Distillation().noisiest for level in series[0][0])


def test_it_tells_how_far_it_is_and_can_be_stopped(prior, egg):
    progress = Recorder()
    guide_of(prior)(*egg, Appearance(HALF_SIDE, 16, 1, 4), progress)
    told = progress.told
    assert told == sorted(told)
    assert 0 <= told[0] <= told[-1] < 1
    with pytest.raises(Cancelled):
        guide_of(prior)(*egg, Appearance(HALF_SIDE, 16, 1, 4), Recorder(stop_at=1))


def test_what_colours_are_multiplied_by_is_told_from_the_first_orbit_on(prior, egg):
    torch.manual_seed(0)
    appearance = Appearance(HALF_SIDE, finest=32, levels=3, log2_rows=9)
    guide = guide_of(prior)

    def darker(vertices, faces, appearance, progress):
        torch.nn.init.constant_(appearance.decoder[2].bias, -1.0)

    guide.begin = darker
    guide(*egg, appearance, Progress())
    assert torch.equal(guide.gain(egg[0], appearance), torch.ones(len(egg[0]), 3))
    torch.nn.init.constant_(appearance.decoder[2].bias, 0.0)
    guide(*egg, appearance, Progress())
    assert float(appearance.decoder[2].bias.detach().abs().max()) == 0, "it begins once"
    assert guide.gain(egg[0], appearance).mean() == pytest.approx(0.5 / 0.27, rel=0.1)


def test_light_highlights_and_decoder_rest_in_the_guided_phase(prior, egg):
    appearance = Appearance(HALF_SIDE, 16, 1, 4)
    guide_of(prior)(*egg, appearance, Progress())
    moving = {name.split(".")[0] for name, parameter in appearance.named_parameters() if parameter.requires_grad}
    assert moving == {"grid"}


@pytest.mark.parametrize("mode", ["together", "offload"])
def test_where_networks_go_to_ram_gradients_go_back_before_they_do(prior, egg, mode):
    asked = []

    class Watched(SV3DPrior):
        @contextmanager
        def encoder(self):
            with super().encoder() as encode:
                at_work = [True]

                def watched(frames):
                    latents = encode(frames)
                    if latents.requires_grad:
                        latents.register_hook(lambda gradient: asked.append(at_work[0]))
                    return latents

                yield watched
                at_work[0] = False

    guide = guide_of(Watched(prior.model, Placement(CPU, mode), prior.known))
    guide(*egg, Appearance(HALF_SIDE, 16, 1, 4), Progress())
    assert asked == [mode == "offload"]
