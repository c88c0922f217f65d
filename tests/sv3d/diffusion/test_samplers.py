"""Samplers on data whose best denoiser is known: one point, and a normal distribution."""

import pytest
import torch

from sv3d_engine.sv3d.diffusion.samplers import dpmpp_2m, euler, initial
from sv3d_engine.sv3d.diffusion.schedule import ays_sigmas, edm_sigmas

MEAN, SPREAD = 0.3, 0.7


def best(latents, sigma):
    """The mean of a normal distribution's clean values, given noisy ones."""
    return MEAN + (latents - MEAN) * SPREAD**2 / (SPREAD**2 + sigma**2)


def exact(start, sigma):
    """Where the probability flow of the same distribution ends."""
    return MEAN + (start - MEAN) * SPREAD / (SPREAD**2 + sigma**2) ** 0.5


def silent(done, clean):
    pass


@pytest.mark.parametrize("sampler", [euler, dpmpp_2m])
@pytest.mark.parametrize("sigmas", [edm_sigmas(20), ays_sigmas(10)])
def test_a_single_point_is_found(sampler, sigmas):
    target = torch.randn(3, 4, 2, 2)
    start = initial(torch.randn(3, 4, 2, 2), sigmas)
    assert torch.allclose(sampler(lambda x, s: target, start, sigmas, silent), target, atol=1e-5)


@pytest.mark.parametrize(("sampler", "order"), [(euler, 1), (dpmpp_2m, 2)])
def test_the_error_falls_with_the_order_of_the_sampler(sampler, order):
    noise = torch.randn(50, 4, 2, 2, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    errors = []
    for steps in (40, 80):
        sigmas = edm_sigmas(steps).double()
        start = initial(noise, sigmas)
        errors.append(float((sampler(best, start, sigmas, silent) - exact(start, sigmas[0])).abs().mean()))
    assert errors[0] / errors[1] > 0.8 * 2**order


def test_the_second_order_is_nearer_after_as_many_steps():
    sigmas = edm_sigmas(20)
    start = initial(torch.randn(50, 4, 2, 2, generator=torch.Generator().manual_seed(0)), sigmas)
    first, second = (
        float((s(best, start, sigmas, silent) - exact(start, 700)).abs().mean()) for s in (euler, dpmpp_2m)
    )
    assert second < 0.6 * first


@pytest.mark.parametrize("sampler", [euler, dpmpp_2m])
def test_every_step_is_watched_with_its_clean_latents(sampler):
    seen = []
    sigmas = edm_sigmas(5)
    target = torch.ones(1, 4, 2, 2)
    sampler(lambda x, s: target, torch.zeros(1, 4, 2, 2), sigmas, lambda done, clean: seen.append((done, clean)))
    assert [done for done, _ in seen] == [1, 2, 3, 4, 5]
    assert all(clean is target for _, clean in seen)


@pytest.mark.parametrize("sampler", [euler, dpmpp_2m])
def test_a_watcher_stops_the_sampling(sampler):
    class Stop(Exception):
        pass

    def watch(done, _clean):
        if done == 2:
            raise Stop

    with pytest.raises(Stop):
        sampler(best, torch.zeros(1, 4, 2, 2), edm_sigmas(5), watch)
