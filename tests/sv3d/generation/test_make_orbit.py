"""make_orbit as the pipeline calls it, with a small network."""

from pathlib import Path

import numpy as np
import pytest
import torch

from sv3d_engine.ground.progress import Progress
from sv3d_engine.shared.errors import UserError
from sv3d_engine.shared.trajectory import sine
from sv3d_engine.sv3d.generation.make_orbit import OrbitSettings, check_finite, guidance_for, make_orbit
from tests.golden import tensor, write_checkpoint
from tests.sv3d.network.small import manifest

CPU = torch.device("cpu")
KEY = "model.diffusion_model.out.2.weight"


def picture() -> np.ndarray:
    rgba = np.full((64, 64, 4), 255, np.uint8)
    rgba[..., 3] = 0
    rgba[10:54, 20:44] = (200, 80, 40, 255)
    return rgba


def test_numbers_that_overflow_are_told_instead_of_black_frames(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    weights = tmp_path / "w.safetensors"
    whole = tensor(KEY, manifest("p")[KEY])

    def damaged(key: str, shape: list[int], salt: str) -> np.ndarray:
        return np.full_like(whole, np.nan) if key == KEY else tensor(key, shape, salt)

    monkeypatch.setattr("tests.golden.tensor", damaged)
    write_checkpoint(manifest("p"), weights, frame_size=64)
    settings = OrbitSettings(sampler="ays", steps=2)
    with pytest.raises(UserError, match="too large to go on"):
        make_orbit(picture(), sine(10.0), weights, settings, CPU, 0, Progress(), tmp_path / "previews")


@pytest.mark.parametrize(("dtype", "remedy"), [(torch.float16, "bfloat16"), (torch.float32, "damaged")])
def test_the_remedy_depends_on_the_precision(dtype: torch.dtype, remedy: str) -> None:
    check_finite(torch.ones(3), dtype)
    for bad in (float("nan"), float("inf")):
        with pytest.raises(UserError, match=remedy):
            check_finite(torch.tensor([0.0, bad]), dtype)


@pytest.mark.parametrize("shape", ["triangle", "linear", "constant"])
def test_guidance_by_the_camera_is_off_unless_asked_for_and_spares_the_front(shape: str) -> None:
    off = guidance_for(OrbitSettings(guidance=shape, guidance_scale=2.5), 21)
    assert (off.camera == 1).all() and off.picture.max() == 2.5
    asked = guidance_for(OrbitSettings(guidance=shape, camera_guidance=2.0), 21)
    assert asked.camera[[0, 10, 20]].tolist() == [1, 2, 1]
