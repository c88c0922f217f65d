"""What the mesh stage finds comes back from its file as it was."""

from dataclasses import replace

import pytest
import torch
from scenes import icosphere

from sv3d_engine.reconstruction.mesh.refined_surface import Imagined, Surface, load_surface, save_surface
from sv3d_engine.shared.errors import UserError


@pytest.fixture
def surface():
    return Surface(*icosphere(2), {"mask": [0.5, 0.25], "sds": [1.0]})


def test_a_surface_comes_back(surface, tmp_path):
    path = tmp_path / "surface.safetensors"
    save_surface(surface, path)
    read = load_surface(path)
    assert torch.equal(read.vertices, surface.vertices)
    assert torch.equal(read.faces, surface.faces)
    assert read.losses == surface.losses
    assert read.imagined is None


def test_what_was_imagined_comes_back_with_the_surface(surface, tmp_path):
    path = tmp_path / "surface.safetensors"
    imagined = Imagined(torch.rand(len(surface.vertices)), torch.rand(len(surface.vertices), 3))
    save_surface(replace(surface, imagined=imagined), path)
    read = load_surface(path).imagined
    assert torch.equal(read.share, imagined.share)
    assert torch.equal(read.gain, imagined.gain)


def test_a_damaged_surface_is_told_in_plain_words(surface, tmp_path):
    path = tmp_path / "surface.safetensors"
    save_surface(surface, path)
    path.write_bytes(path.read_bytes()[:-100])
    with pytest.raises(UserError, match="damaged"):
        load_surface(path)
