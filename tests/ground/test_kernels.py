import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from sv3d_engine.ground import kernels

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize(
    ("platform", "variable", "expected"),
    [
        ("linux", "XDG_CACHE_HOME", ("sv3d", "kernels")),
        ("win32", "LOCALAPPDATA", ("sv3d", "kernels")),
    ],
)
def test_compiled_code_goes_to_the_users_cache(monkeypatch, tmp_path, platform, variable, expected):
    monkeypatch.setattr("sys.platform", platform)
    monkeypatch.setenv(variable, str(tmp_path))
    assert kernels.cache_folder() == tmp_path.joinpath(*expected)


def test_compiled_code_goes_to_library_caches_on_a_mac(monkeypatch):
    monkeypatch.setattr("sys.platform", "darwin")
    assert kernels.cache_folder() == Path.home() / "Library" / "Caches" / "sv3d" / "kernels"


def test_kernels_take_what_they_can_read():
    assert kernels.use_kernel(torch.ones(2), torch.ones(2, dtype=torch.int64))
    assert not kernels.use_kernel(torch.ones(2), torch.ones(2, dtype=torch.float64))
    assert not kernels.use_kernel(torch.ones(2, device="meta"))


def test_infinity_keeps_its_meaning():
    @kernels.jit
    def nearest(depths):
        best = depths[0]
        for depth in depths:
            best = min(best, depth)
        return best

    assert nearest(torch.tensor([torch.inf, 3.0, torch.inf]).numpy()) == 3


def test_kernels_leave_pytorch_its_number_of_threads():
    code = """
import torch
from sv3d_engine.field.compositing import weights

weights(torch.ones(3), torch.tensor([0, 1, 3]))
print(torch.get_num_threads())
"""
    told = {key: value for key, value in os.environ.items() if key != "NUMBA_NUM_THREADS"}
    told["OMP_NUM_THREADS"] = "1"
    done = subprocess.run([sys.executable, "-c", code], env=told, cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["1"]


def test_code_from_the_cache_does_what_it_did_when_it_was_compiled(tmp_path):
    code = """
import torch
from sv3d_engine.field.compositing import weights

torch.manual_seed(0)
offsets = torch.cat([torch.zeros(1), torch.randint(1, 100, (2000,)).cumsum(0)]).long()
thickness = torch.rand(int(offsets[-1])).div_(32).requires_grad_()
weights(thickness, offsets).square().sum().backward()
print(thickness.grad.view(torch.int32).sum())
"""
    told = {**os.environ, "NUMBA_CACHE_DIR": str(tmp_path)}
    command = [sys.executable, "-c", code]
    first, second = (
        subprocess.run(command, env=told, cwd=ROOT, capture_output=True, text=True, check=True).stdout for _ in range(2)
    )
    assert first == second


def test_numba_is_set_up_before_it_is_loaded():
    loads = re.compile(r"^\s*(import|from) numba\b", re.MULTILINE)
    loading = [p.name for p in (ROOT / "sv3d_engine").rglob("*.py") if loads.search(p.read_text("utf-8"))]
    assert loading == ["kernels.py"]
