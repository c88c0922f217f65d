"""A match is trusted only where it is sure."""

import pytest
import torch
from scenes import icosphere, wavy_orbit, weighted

from sv3d_engine.ground.progress import Progress
from sv3d_engine.reconstruction.frames.photo_consistency_ref import UNKNOWN
from sv3d_engine.reconstruction.mesh.matching import ASIDE, best_views, peak

STEP = 0.0012  # of the curves below, which go from −12 to 12


def match(curve, others=5):
    found = peak(torch.as_tensor(curve)[None], STEP, torch.tensor([others]))
    return float(found.displacement), float(found.trust)


def hill(top, height=0.95, width=4.0):
    """A parabola's top at ``top``, and 0.3 elsewhere."""
    away = torch.arange(-12, 13) - top
    return (height - 0.3 * (away / width).square()).clamp_min(0.3)


@pytest.mark.parametrize("top", [-6.3, -0.5, 0.0, 0.2, 3.4])
def test_a_peak_is_found_between_the_steps(top):
    displacement, trust = match(hill(top))
    assert displacement == pytest.approx(top * STEP, abs=1e-5)
    assert trust > 0.9


@pytest.mark.parametrize("top", [0.0, 0.25, 0.5])
def test_a_match_half_way_between_coarse_steps_is_trusted_as_well(top):
    """Of small frames, whose steps are as long as ASIDE."""
    curve = hill(top, width=2.0)
    found = peak(curve[None], ASIDE, torch.tensor([5]))
    assert float(found.trust) > 0.9


def test_two_peaks_alike_are_not_trusted():
    curve = torch.maximum(hill(-7.0), hill(7.0))
    assert match(curve)[1] == 0
    assert match(torch.maximum(hill(-7.0), hill(7.0, height=0.8)))[1] > 0.5


def test_a_weak_or_flat_curve_is_not_trusted():
    assert match(torch.full((25,), 0.9))[1] == 0
    assert match(hill(0.0, height=0.5))[1] == 0
    assert match(hill(0.0, width=60.0))[1] == 0


def test_a_peak_at_the_end_or_beside_the_unknown_is_not_trusted():
    assert match(hill(12.0))[1] == match(hill(-12.0))[1] == 0
    curve = hill(0.0)
    curve[20] = UNKNOWN
    assert match(curve)[1] == 0


def test_few_frames_are_trusted_less():
    trust = [match(hill(0.0), others)[1] for others in (1, 2, 4)]
    assert trust[0] == 0 and 0.2 < trust[1] < 0.5 < trust[2]


def test_a_doubted_frame_is_compared_after_those_that_look_less_squarely():
    vertices, faces = icosphere(3)
    vertices, orbit = 0.4 * vertices, wavy_orbit(12)
    first, doubted = (
        best_views(vertices, vertices / 0.4, faces, o, 48, Progress()) for o in (orbit, weighted(orbit, {3: 0.6}))
    )
    best = first[:, 0] == 3
    assert best.any()
    assert (doubted[best, 0] != 3).float().mean() > 0.5
    assert (doubted[best] == 3).any()
    assert torch.equal(doubted[(first != 3).all(1)], first[(first != 3).all(1)])
