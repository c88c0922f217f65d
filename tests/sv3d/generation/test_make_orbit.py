"""make_orbit as a job calls it, with a small network."""

import math
import weakref
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from sv3d_engine.ground.progress import Progress
from sv3d_engine.shared.errors import UserError
from sv3d_engine.shared.trajectory import sine
from sv3d_engine.sv3d.generation.make_orbit import Orbit, OrbitSettings, guidance_for, make_orbit
from sv3d_engine.sv3d.network.sv3d import SV3D
from sv3d_engine.sv3d.network.unet import OrbitUNet
from sv3d_engine.sv3d.network.weights import load_sv3d
from tests.golden import tensor, write_checkpoint
from tests.sv3d.network.small import manifest

CPU = torch.device("cpu")
KEY = "model.diffusion_model.out.2.weight"


def picture() -> np.ndarray:
    rgba = np.full((64, 64, 4), 255, np.uint8)
    rgba[..., 3] = 0
    rgba[10:54, 20:44] = (200, 80, 40, 255)
    return rgba


@pytest.fixture
def orbit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Orbit]:
    """An orbit in one step, by weights whose last layer is multiplied by ``factor``."""

    def make(factor: float, **settings: Any) -> Orbit:
        def changed(key: str, shape: list[int], salt: str) -> np.ndarray:
            made = tensor(key, shape, salt)
            return made * np.float32(factor) if key == KEY else made

        weights = tmp_path / "w.safetensors"
        with monkeypatch.context() as patched:
            patched.setattr("tests.golden.tensor", changed)
            write_checkpoint(manifest("p"), weights, frame_size=64)
        asked = OrbitSettings(sampler="ays", steps=1, **settings)
        return make_orbit(picture(), sine(10.0), weights, asked, CPU, 0, Progress(), tmp_path / "previews")

    return make


@pytest.mark.parametrize("precision", ["auto", "float16"])
def test_numbers_that_overflow_everywhere_are_told_instead_of_black_frames(
    orbit: Callable[..., Orbit], precision: str
) -> None:
    with pytest.raises(UserError, match=r"too large to go on.*damaged"):
        orbit(math.nan, precision=precision)


def test_numbers_too_large_for_float16_are_sampled_again_in_bfloat16(
    orbit: Callable[..., Orbit], monkeypatch: pytest.MonkeyPatch
) -> None:
    loaded: list[weakref.ref[OrbitUNet]] = []

    def load(weights: Path, dtype: torch.dtype, *rest: Any) -> SV3D:
        assert all(unet() is None for unet in loaded), "the first weights are still held"
        model = load_sv3d(weights, dtype, *rest)
        loaded.append(weakref.ref(model.unet))
        return model

    monkeypatch.setattr("sv3d_engine.sv3d.generation.make_orbit.load_sv3d", load)
    again = orbit(1e6, precision="float16")
    assert len(loaded) == 2
    asked = orbit(1e6, precision="bfloat16")
    assert (again.frames == asked.frames).all()
    assert again.facts | {"memory_free": 0} == asked.facts | {"memory_free": 0, "overflowed": "float16"}
    assert again.facts["precision"] == "bfloat16"
    assert "too large for float16, so the orbit was sampled again in bfloat16" in again.notes[0]
    assert again.notes[1:] == asked.notes


def test_float16_is_kept_where_it_will_do(orbit: Callable[..., Orbit]) -> None:
    made = orbit(1.0, precision="float16")
    assert made.facts["precision"] == "float16"
    assert "overflowed" not in made.facts
    assert not any("too large" in note for note in made.notes)


@pytest.mark.parametrize("shape", ["triangle", "linear", "constant"])
def test_guidance_by_the_camera_is_off_unless_asked_for_and_spares_the_front(shape: str) -> None:
    off = guidance_for(OrbitSettings(guidance=shape, guidance_scale=2.5), 21)
    assert (off.camera == 1).all() and off.picture.max() == 2.5
    asked = guidance_for(OrbitSettings(guidance=shape, camera_guidance=2.0), 21)
    assert asked.camera[[0, 10, 20]].tolist() == [1, 2, 1]
