"""Which type of numbers a device gets, and what comes after overflow."""

import pytest
import torch

from sv3d_engine.shared.errors import UserError
from sv3d_engine.sv3d.generation.precision import check_finite, dtype_for, name_of, wider

CPU, CUDA, MPS = (torch.device(name) for name in ("cpu", "cuda", "mps"))


@pytest.fixture
def card(monkeypatch):
    """Give the graphics card a compute capability."""

    def arrange(*capability):
        monkeypatch.setattr(torch.cuda, "get_device_capability", lambda device: capability)

    return arrange


@pytest.mark.parametrize(
    ("capability", "chosen", "second"),
    [
        ((6, 1), "float32", "float32"),
        ((7, 0), "float16", "float32"),
        ((7, 5), "float16", "float32"),
        ((8, 0), "bfloat16", "bfloat16"),
        ((8, 9), "bfloat16", "bfloat16"),
        ((12, 0), "bfloat16", "bfloat16"),
    ],
)
def test_a_card_computes_in_what_its_generation_is_fast_at(card, capability, chosen, second):
    card(*capability)
    assert name_of(dtype_for("auto", CUDA)) == chosen
    assert name_of(wider(torch.float16, CUDA)) == second


def test_other_devices_have_one_type_each():
    assert (dtype_for("auto", CPU), wider(torch.float16, CPU)) == (torch.float32, torch.bfloat16)
    assert (dtype_for("auto", MPS), wider(torch.float16, MPS)) == (torch.float16, torch.float32)


def test_a_precision_that_was_asked_for_is_taken(card):
    card(6, 1)
    for precision in ("float16", "bfloat16", "float32"):
        assert name_of(dtype_for(precision, CUDA)) == precision


def test_nothing_is_wider_than_the_range_of_float32(card):
    card(8, 0)
    for device in (CPU, CUDA, MPS):
        assert wider(torch.bfloat16, device) is None
        assert wider(torch.float32, device) is None


@pytest.mark.parametrize(("dtype", "remedy"), [(torch.float16, "bfloat16"), (torch.float32, "damaged")])
def test_the_remedy_depends_on_the_precision(dtype, remedy):
    check_finite(torch.ones(3), dtype)
    for bad in (float("nan"), float("inf")):
        with pytest.raises(UserError, match=remedy):
            check_finite(torch.tensor([0.0, bad]), dtype)
