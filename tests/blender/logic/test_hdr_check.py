"""Whether bytes are a panorama as the engine writes them."""

import pytest
import torch
from sv3d.sv3d_blender.result.hdr_check import check_hdr
from sv3d.sv3d_engine.reconstruction.light import save_panorama

HEAD = b"#?RADIANCE\nFORMAT=32-bit_rle_rgbe\n\n-Y 2 +X 4\n"


def test_the_engines_own_passes(tmp_path):
    light = (torch.tensor([[1.0, 0.0, 0.0]]), torch.tensor([5.0]), torch.tensor([2.0]))
    save_panorama(light, tmp_path / "light.hdr", 16)
    assert check_hdr((tmp_path / "light.hdr").read_bytes()) == (32, 16)
    assert check_hdr(HEAD + bytes(32)) == (4, 2)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"{}",
        HEAD,
        HEAD + bytes(31),
        HEAD + bytes(33),
        HEAD.replace(b"+X 4", b"+X 3") + bytes(24),
        HEAD.replace(b"-Y 2 +X 4", b"-Y 99999 +X 199998") + bytes(32),
        HEAD.replace(b"-Y", b"+Y") + bytes(32),
        HEAD.replace(b"RADIANCE", b"RGBE") + bytes(32),
    ],
    ids=range(9),
)
def test_anything_else_does_not(data):
    with pytest.raises(ValueError, match="panorama"):
        check_hdr(data)
