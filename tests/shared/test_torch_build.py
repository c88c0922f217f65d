"""Which build of PyTorch suits a machine."""

import pytest

from sv3d_engine.shared import nvidia, torch_build
from sv3d_engine.shared.errors import UserError
from sv3d_engine.shared.torch_build import TorchBuild

ADA = nvidia.Driver("580.65", "RTX 4090", (8, 9))


@pytest.fixture
def machine(monkeypatch):
    def pretend(platform: str, driver: nvidia.Driver | None) -> None:
        monkeypatch.setattr(torch_build.sys, "platform", platform)
        monkeypatch.setattr(nvidia, "find_driver", lambda: driver)

    return pretend


@pytest.mark.parametrize("platform", ["linux", "win32"])
def test_a_driver_decides(machine, platform):
    machine(platform, ADA)
    assert torch_build.torch_build("auto") == torch_build.torch_build("cuda")
    assert torch_build.torch_build("auto").name == "cu130"
    assert torch_build.torch_build("auto").is_cuda
    assert not torch_build.torch_build("cpu").is_cuda


def test_without_a_driver_pips_own_build_is_taken(machine):
    machine("linux", None)
    assert torch_build.torch_build("auto") == TorchBuild()
    assert torch_build.torch_build("auto").pip_options == []
    assert torch_build.torch_build("cpu").pip_options == ["--extra-index-url", nvidia.INDEX + "cpu"]


def test_where_cuda_cannot_be_had_is_told(machine):
    machine("darwin", None)
    with pytest.raises(UserError, match="macOS"):
        torch_build.torch_build("cuda")
