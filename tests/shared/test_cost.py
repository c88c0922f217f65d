"""What an orbit is expected to take."""

import json

import pytest

from sv3d_engine.shared.model_facts import STEP_SECONDS, orbit_seconds, step_share
from tests.sv3d.network.small import DATA, manifest


def test_the_official_model_is_the_measure():
    shapes = json.loads((DATA / "sv3d_p_checkpoint_manifest.json").read_text())
    assert step_share(shapes, 576) == pytest.approx(1.0, rel=1e-3)
    assert orbit_seconds(50, 1.0, "cuda") == pytest.approx(44.0)


def test_a_small_model_takes_seconds_and_never_none():
    share = step_share({key: tuple(shape) for key, shape in manifest("p").items()}, 64)
    assert 0 < share < 1e-3
    for device in STEP_SECONDS:
        assert 1 < orbit_seconds(50, share, device) < 10
