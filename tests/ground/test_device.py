import pytest
import torch

from sv3d_engine.ground import device
from sv3d_engine.shared.errors import UserError


@pytest.fixture
def here(monkeypatch):
    """Let these cards be there: here(cuda=True, mps=False)."""

    def put(cuda: bool, mps: bool) -> None:
        monkeypatch.setattr(torch.cuda, "is_available", lambda: cuda)
        monkeypatch.setattr(device, "cuda_failure", lambda: "")
        monkeypatch.setattr(torch.backends.mps, "is_available", lambda: mps)

    return put


def test_auto_is_a_device_that_works():
    assert torch.zeros(1, device=device.resolve_device("auto")).sum() == 0


@pytest.mark.parametrize(
    ("cuda", "mps", "devices"),
    [
        (False, False, ("cpu",)),
        (True, False, ("cuda", "cpu")),
        (False, True, ("mps", "cpu")),
    ],
)
def test_auto_is_a_graphics_card_before_the_processor(here, cuda, mps, devices):
    here(cuda, mps)
    assert device.available_devices() == devices
    assert device.resolve_device("auto").type == devices[0]
    assert device.resolve_device("cpu").type == "cpu"


def test_a_card_that_is_there_but_does_not_compute_is_not_used(monkeypatch):
    def fail(*shape, device):
        raise RuntimeError("CUDA error: no kernel image is available\nCompile with TORCH_USE_CUDA_DSA")

    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch, "zeros", fail)
    assert device.available_devices() == ("cpu",)
    assert device.cuda_failure() == "CUDA error: no kernel image is available"


@pytest.mark.parametrize("name", ["cuda", "mps"])
def test_an_absent_device_is_refused_by_name(here, name):
    here(cuda=False, mps=False)
    with pytest.raises(UserError) as caught:
        device.resolve_device(name)
    assert "cpu" in caught.value.remedy


def test_two_cards_have_two_keys_and_the_processor_none(monkeypatch):
    card = type("Card", (), {"uuid": "1234"})()
    monkeypatch.setattr(torch.cuda, "get_device_properties", lambda _: card)
    assert device.card_key(torch.device("cuda")) == "cuda-1234"
    assert device.card_key(torch.device("mps")) == "mps"
    assert device.card_key(torch.device("cpu")) == ""


def test_the_processor_has_a_name():
    assert device.processor_name().strip()
    assert device.processor_name() in device.device_name(torch.device("cpu"))


def test_only_a_card_has_memory_to_give_back(monkeypatch):
    emptied = []
    monkeypatch.setattr(torch.cuda, "empty_cache", lambda: emptied.append("cuda"))
    monkeypatch.setattr(torch.mps, "empty_cache", lambda: emptied.append("mps"))
    for name in ("cpu", "cuda", "mps"):
        device.release_memory(torch.device(name))
    assert emptied == ["cuda", "mps"]
