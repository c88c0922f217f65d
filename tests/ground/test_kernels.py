import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from sv3d_engine.ground import kernels
from sv3d_engine.reconstruction.field.hash_grid import encode
from sv3d_engine.reconstruction.field.hash_grid_ref import encode_ref
from sv3d_engine.reconstruction.field.volume import march, march_ref, weights, weights_ref
from sv3d_engine.reconstruction.render.rasterize import visible_faces
from sv3d_engine.reconstruction.render.rasterize_ref import visible_faces_ref

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


@pytest.mark.parametrize("dtype", [torch.float32, torch.int64, torch.int32, torch.bool])
def test_kernels_take_what_they_can_read(dtype):
    assert kernels.use_kernel(torch.ones(2), torch.ones(2, dtype=dtype))
    assert not kernels.use_kernel(torch.ones(2), torch.ones(2, dtype=dtype, device="meta"))


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float64])
class TestOtherPrecisionsGoToTheTwin:
    def test_encode(self, dtype):
        torch.manual_seed(0)
        points, table = torch.rand(50, 3, dtype=dtype), torch.rand(3, 64, 2, dtype=dtype)
        resolutions = torch.tensor([2, 3, 9])
        features = encode(points, table, resolutions)
        assert features.dtype == dtype
        assert features.equal(encode_ref(points, table, resolutions))

    def test_march(self, dtype):
        origins = torch.tensor([[0, 0, 2], [0.1, 0.2, 2]], dtype=dtype)
        directions = torch.tensor([[0, 0, -1], [0, 0, -1]], dtype=dtype)
        occupied, jitter = torch.ones(4, 4, 4, dtype=torch.bool), torch.tensor([0.25, 0.5], dtype=dtype)
        distances, offsets = march(origins, directions, occupied, 1.0, 0.125, jitter)
        expected = march_ref(origins, directions, occupied, 1.0, 0.125, jitter)
        assert distances.dtype == dtype
        assert len(distances) > 20
        assert distances.equal(expected[0])
        assert offsets.equal(expected[1])

    def test_weights(self, dtype):
        thickness, offsets = torch.rand(6).to(dtype).requires_grad_(), torch.tensor([0, 2, 6])
        shares = weights(thickness, offsets)
        assert shares.dtype == dtype
        assert shares.equal(weights_ref(thickness, offsets))
        shares.sum().backward()
        assert thickness.grad.dtype == dtype

    def test_visible_faces(self, dtype):
        screen = torch.tensor([[0, 0, 1], [8, 0, 1], [0, 8, 1], [8, 8, 2], [0, 0, 2]], dtype=dtype)
        faces = torch.tensor([[0, 1, 2], [3, 4, 1]])
        seen = visible_faces(screen, faces, 8, 8)
        assert seen.unique().tolist() == [-1, 0, 1]
        assert seen.equal(visible_faces_ref(screen, faces, 8, 8))


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
from sv3d_engine.reconstruction.field.volume import weights

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
from sv3d_engine.reconstruction.field.volume import weights

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
