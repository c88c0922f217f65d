import pytest
import torch

from sv3d_engine.sv3d.diffusion.schedule import ays_sigmas, edm_sigmas


@pytest.mark.parametrize("schedule", [edm_sigmas, ays_sigmas])
@pytest.mark.parametrize("steps", [2, 4, 10, 25, 50])
def test_noise_falls_from_700_to_nothing(schedule, steps):
    sigmas = schedule(steps)
    assert len(sigmas) == steps + 1
    assert sigmas.dtype == torch.float32
    assert float(sigmas[0]) == pytest.approx(700, abs=1e-3)
    assert float(sigmas[-1]) == 0
    assert bool((sigmas[1:] < sigmas[:-1]).all())


def test_edm_ends_at_its_least_noise():
    assert float(edm_sigmas(50)[-2]) == pytest.approx(0.002, abs=1e-6)


def test_ten_steps_are_those_of_align_your_steps():
    expected = [700, 54.5, 15.886, 7.977, 4.248, 1.789, 0.981, 0.403, 0.173, 0.034, 0]
    assert ays_sigmas(10).tolist() == pytest.approx(expected, rel=1e-5)
