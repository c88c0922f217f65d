import json
import sys
from importlib.util import find_spec

import pytest
import torch

from sv3d_engine.job import command_line
from sv3d_engine.laboratory.bench import kernel_bench
from sv3d_engine.laboratory.bench.kernel_bench import Timing, as_rows, sphere
from sv3d_engine.laboratory.bench.peers import drjit_encode, embree_visible_faces
from sv3d_engine.orbit.cameras import project, static_orbit
from sv3d_engine.reconstruction.render.rasterize import visible_faces

CPU = torch.device("cpu")


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Sizes and times at which a measurement says nothing, but is quick."""
    monkeypatch.setenv("SV3D_WARP", "0")
    for name, value in {"POINTS": 50, "RAYS": 20, "VOXELS": 8, "SIZE": 32, "_LEAST_SECONDS": 1e-6}.items():
        monkeypatch.setattr(kernel_bench, name, value)


def test_every_kernel_stands_beside_its_twin_and_peers(small: None, capsys: pytest.CaptureFixture[str]) -> None:
    assert command_line.main(["bench", "kernels", "--device", "cpu", "--json"]) == 0
    timings = [Timing(**row) for row in json.loads(capsys.readouterr().out)]
    ways: dict[str, list[str]] = {}
    for t in timings:
        ways.setdefault(t.operation, []).append(t.by)
    assert ways["hash grid, table"] == ["twin", "numba", "warp", "Dr.Jit"]
    assert ways["visible faces, 80000"] == ["twin", "numba", "warp", "Embree", "Embree, kept"]
    assert ways["march"] == ways["weights"] == ["twin", "numba", "warp"]
    assert ways["interpolate"] == ["twin", "warp"]
    assert ways["antialias"] == ["torch"]
    assert all(t.backward for t in timings if t.operation == "antialias")


def test_a_rate_is_in_millions_a_second() -> None:
    assert Timing("visible faces", "numba", 300_000, 9.0, 20.0, None).rate == pytest.approx(15)


def test_a_peer_that_is_not_installed_is_said_to_be_so(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("embreex", "drjit"):
        monkeypatch.setitem(sys.modules, name, None)
    vertices, faces = sphere(4)
    assert embree_visible_faces(vertices, faces, static_orbit(10.0, 2.2), 0, 16) is None
    assert drjit_encode(torch.rand(5, 3), 2, 4, 8, 64) is None
    rows = list(as_rows([Timing("visible faces", "Embree", 256, None, None, None)], CPU))
    assert rows[-1].split() == ["visible", "faces", "Embree", "not", "installed"]


def test_embree_sees_what_the_rasteriser_sees() -> None:
    vertices, faces = sphere(30)
    orbit = static_orbit(10.0, 2.2)
    calls = embree_visible_faces(vertices, faces, orbit, 3, 96)
    if calls is None:
        assert find_spec("embreex") is None
        return
    ours = visible_faces(project(vertices, orbit, 3, 96), faces, 96, 96)
    for call in calls:
        assert (call() == ours).float().mean() > 0.995  # but for pixels on an edge


def test_drjit_can_be_timed() -> None:
    calls = drjit_encode(torch.rand(50, 3), levels=3, coarsest=4, finest=16, rows=256)
    for call in calls or ():
        call()
    assert calls is not None or find_spec("drjit") is None or not _has_llvm()


def _has_llvm() -> bool:
    import drjit

    return bool(drjit.has_backend(drjit.JitBackend.LLVM))


def test_bench_mesh_tells_stages_and_kernels(
    small: None, monkeypatch: pytest.MonkeyPatch, tmp_path, capsys: pytest.CaptureFixture[str]
) -> None:
    stages = {"field": {"seconds": 30.0, "peak_memory": 1e9}}
    (tmp_path / "report.json").write_text(json.dumps({"stages": stages, "seconds": 30.0, "peak_memory": 1e9}))
    result = type("Result", (), {"report": str(tmp_path / "report.json")})
    monkeypatch.setattr("sv3d_engine.laboratory.commands.run_here", lambda job, details: result)
    monkeypatch.setattr(kernel_bench, "measure", lambda device: iter([Timing("march", "numba", 18, 1.0, 2.0, None)]))
    assert command_line.main(["bench", "mesh", str(tmp_path), "--device", "cpu"]) == 0
    rows = [row.split() for row in capsys.readouterr().out.splitlines()]
    assert ["field", "30.0", "1.00", "GB"] in rows
    assert ["march", "numba", "1.0", "2.00", "0.009"] in rows
