from dataclasses import dataclass

import pytest
import torch

from sv3d_engine.ground import warp_kernels
from sv3d_engine.ground.warp_kernels import use_warp

CARD = torch.device("cuda:0")


@dataclass
class OnCard:
    """What is asked of a tensor on a card that this machine need not have."""

    dtype: torch.dtype = torch.float32
    device: torch.device = CARD


@pytest.fixture
def card(monkeypatch):
    monkeypatch.delenv("SV3D_WARP", raising=False)
    monkeypatch.setattr(warp_kernels, "_works_on", lambda device: device.index != 1)


@pytest.mark.usefixtures("card")
class TestWithACard:
    def test_kernels_take_what_they_can_read_from_one_device(self):
        assert use_warp(OnCard(), OnCard(torch.int64), OnCard(torch.bool))
        assert not use_warp(OnCard(), OnCard(torch.float64))
        assert not use_warp(OnCard(), OnCard(torch.float16))
        assert not use_warp(OnCard(), torch.ones(2))
        assert not use_warp(torch.ones(2))
        assert not use_warp(OnCard(device=torch.device("cuda:1")))

    def test_the_environment_can_leave_them_out(self, monkeypatch):
        monkeypatch.setenv("SV3D_WARP", "0")
        assert not use_warp(OnCard())


def test_where_warp_does_not_work_the_twins_do(caplog):
    assert not use_warp(OnCard(device=torch.device("cuda:99")))
    assert "warp's kernels are left out" in caplog.text
