from pathlib import Path

import numpy as np
import pytest
import torch

from sv3d_engine.reconstruction.light import Lights, load_light, save_light, save_panorama


def test_light_comes_back_exactly(tmp_path: Path) -> None:
    torch.manual_seed(0)
    lights = Lights()
    with torch.no_grad():
        lights.direction.add_(torch.randn(24, 3) * 0.2)
        lights.raw_amplitude.add_(torch.randn(24))
    save_light(lights.gaussians(), tmp_path / "light.json")
    for written, read in zip(lights.gaussians(), load_light(tmp_path / "light.json"), strict=True):
        assert torch.equal(written, read)


def read_hdr(path: Path, height: int) -> np.ndarray:
    header, body = path.read_bytes().split(f"-Y {height} +X {2 * height}\n".encode())
    assert header.startswith(b"#?RADIANCE")
    rgbe = np.frombuffer(body, np.uint8).reshape(height, 2 * height, 4).astype(float)
    assert (rgbe[..., 0] == rgbe[..., 2]).all()
    return rgbe[..., 0] * 2.0 ** (rgbe[..., 3] - 128 - 8)


@pytest.mark.parametrize(
    ("axis", "row", "column"),
    [
        ((1.0, 0.0, 0.0), 32, 96),  # the world's front is Blender's −Y, three quarters across its panorama
        ((0.0, 1.0, 0.0), 32, 64),  # its +X, in the middle
        ((0.0, 0.0, 1.0), 0, None),  # up, along the first row
    ],
)
def test_panorama_is_where_blender_looks(tmp_path: Path, axis: tuple[float, ...], row: int, column: int | None) -> None:
    light = (torch.tensor([axis]), torch.tensor([50.0]), torch.tensor([2.0]))
    save_panorama(light, tmp_path / "light.hdr", 64)
    picture = read_hdr(tmp_path / "light.hdr", 64)
    assert picture.max() == pytest.approx(2, rel=0.05)
    brightest = np.unravel_index(picture.argmax(), picture.shape)
    assert abs(int(brightest[0]) - row) <= 1
    if column is not None:
        assert abs(int(brightest[1]) - column) <= 1
