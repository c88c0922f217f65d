"""SV3D-mini as it comes along: small, laid out like the official files, and better than no model."""

import json
from dataclasses import asdict
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors import safe_open

from sv3d_engine.laboratory.evaluate.nvs_figures import psnr
from sv3d_engine.laboratory.evaluate.nvs_orbits import OrbitSampler, generated
from sv3d_engine.shared.architecture import FACTS
from sv3d_engine.shared.model_facts import NAME, bundled_weights
from sv3d_engine.sv3d.generation.make_orbit import OrbitSettings
from sv3d_engine.sv3d.network.sv3d import checkpoint_keys, empty_sv3d
from sv3d_engine.sv3d.network.weights import inspect


@pytest.fixture(scope="module")
def mini() -> Path:
    file = bundled_weights()
    assert file is not None
    return file


def test_it_is_small_and_in_half_precision(mini: Path) -> None:
    assert mini.stat().st_size <= 30_000_000
    with safe_open(mini, framework="pt") as file:
        assert {file.get_slice(key).get_dtype() for key in file.keys()} == {"F16"}  # noqa: SIM118


def test_it_has_the_official_layout_and_takes_any_orbit(mini: Path) -> None:
    info = inspect(mini)
    assert (info.name, info.variant, info.frame_size, info.unread) == (NAME, "p", 128, ())
    with safe_open(mini, framework="pt") as file:
        assert set(file.keys()) == set(checkpoint_keys(empty_sv3d(info.architecture)))
        assert json.loads(file.metadata()[FACTS])["name"] == NAME


@pytest.mark.parametrize("kind", ["static", "dynamic"])
def test_its_frames_are_nearer_to_the_truth_than_the_picture_is(mini: Path, kind: str) -> None:
    settings = OrbitSettings(**asdict(inspect(mini).usage))
    sampler = OrbitSampler(mini, settings, torch.device("cpu"), 0)
    gains = []
    for orbit in generated("val", 4, kind, sampler.frame_size):
        (made,) = sampler([orbit])
        for frame, truth in zip(made[:-1] / 255, orbit.truth[:-1], strict=True):
            gains.append(psnr(frame, truth) - psnr(orbit.truth[-1], truth))
    assert np.mean(gains) > 1
