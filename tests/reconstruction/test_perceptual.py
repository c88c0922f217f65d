"""LPIPS: its rules with any weights, and its published distances with the real ones."""

import os
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from torch import Tensor

from sv3d_engine.ground.tensor_store import save_tensors
from sv3d_engine.reconstruction.perceptual import LEAST, LPIPS, Trunk, load_lpips
from sv3d_engine.shared import model_catalogue as catalogue
from sv3d_engine.shared.errors import UserError

PICTURES = Path(__file__).parents[1] / "data" / "lpips"
TRUNKS: tuple[Trunk, ...] = ("alex", "vgg")


def read(name: str) -> Tensor:  # (1, 3, 64, 64)
    with Image.open(PICTURES / name) as picture:
        return torch.from_numpy(np.asarray(picture.convert("RGB"), np.float32) / 255).permute(2, 0, 1)[None]


def drawn(trunk: Trunk) -> LPIPS:
    torch.manual_seed(0)
    return LPIPS(trunk)


@pytest.mark.parametrize("trunk", TRUNKS)
def test_what_is_alike_is_at_no_distance_and_gradients_reach_the_picture(trunk: Trunk) -> None:
    network, true = drawn(trunk), read("ex_ref.png")
    assert network(true, true).tolist() == [0]
    other = read("ex_p0.png").requires_grad_()
    network(other, true).sum().backward()
    assert other.grad is not None and other.grad.abs().max() > 0
    assert not any(weight.requires_grad for weight in network.parameters())


@pytest.mark.parametrize("trunk", TRUNKS)
def test_each_pictures_distance_is_its_own(trunk: Trunk) -> None:
    network, true = drawn(trunk), read("ex_ref.png")
    others = [read("ex_p0.png"), read("ex_p1.png")]
    both = network(torch.cat(others), true.expand(2, -1, -1, -1))
    torch.testing.assert_close(both, torch.cat([network(one, true) for one in others]))


@pytest.mark.parametrize("trunk", TRUNKS)
def test_the_smallest_pictures_can_be_compared(trunk: Trunk) -> None:
    side = LEAST[trunk]
    assert drawn(trunk)(torch.zeros(1, 3, side, side), torch.ones(1, 3, side, side)) > 0


def test_features_are_of_length_one() -> None:
    for found in drawn("alex").features(read("ex_ref.png")):
        length = found.norm(dim=1)
        torch.testing.assert_close(length[length > 0.5], torch.ones(()).expand(int((length > 0.5).sum())))


def test_weights_come_back_by_the_name_of_their_trunk(tmp_path: Path) -> None:
    network = drawn("alex")
    tensors = {f"alex.{name}": tensor for name, tensor in network.state_dict().items()}
    save_tensors(tensors, {}, tmp_path / "lpips.safetensors")
    read_again = load_lpips(tmp_path / "lpips.safetensors", "alex")
    true, other = read("ex_ref.png"), read("ex_p0.png")
    assert torch.equal(network(true, other), read_again(true, other))
    with pytest.raises(UserError, match="damaged"):
        load_lpips(tmp_path / "lpips.safetensors", "vgg")


@pytest.mark.parametrize(("trunk", "far", "near"), [("alex", 0.722, 0.138), ("vgg", 0.569, 0.422)])
def test_published_distances(trunk: Trunk, far: float, near: float) -> None:
    """AlexNet's are those of the reference's README; VGG's were computed with the same weights."""
    path = Path(os.environ["SV3D_REAL_MODELS"], catalogue.LPIPS.file)
    if not path.is_file():
        pytest.skip("LPIPS is not here: python -m sv3d_engine models get lpips")
    network, true = load_lpips(path, trunk), read("ex_ref.png")
    assert float(network(true, read("ex_p0.png"))) == pytest.approx(far, abs=6e-4)
    assert float(network(true, read("ex_p1.png"))) == pytest.approx(near, abs=6e-4)
