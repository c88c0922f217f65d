"""How fast the reconstruction's kernels run at the sizes of preset standard, each beside its plain PyTorch twin:

python -m sv3d_engine.laboratory.bench.kernel_bench [--device cuda] [--json]
"""

import argparse
import json
import math
import os
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from functools import partial

import torch
from torch import Tensor

from ...ground.device import device_name, resolve_device, synchronize
from ...orbit.cameras import frame_rays, project, static_orbit
from ...reconstruction.field.hash_grid import HashGrid, encode
from ...reconstruction.field.hash_grid_ref import encode_ref
from ...reconstruction.field.hash_grid_warp import encode_warp
from ...reconstruction.field.volume import march, march_ref, weights, weights_ref
from ...reconstruction.field.volume_warp import march_warp, weights_warp
from ...reconstruction.render.rasterize import interpolate, rasterize, visible_faces
from ...reconstruction.render.rasterize_ref import visible_faces_ref
from ...reconstruction.render.rasterize_warp import barycentric_warp, interpolate_warp, visible_faces_warp
from ...shared import protocol

POINTS, LEVELS, RAYS, VOXELS, SIZE = 40_000, 10, 3072, 128, 576
ORBIT = static_orbit(10.0, 2.2)
_LEAST_SECONDS = 0.3  # that each measurement takes


@dataclass(frozen=True)
class Timing:
    """Milliseconds a call, as the caller waits for many of them; the first may compile."""

    operation: str
    by: str  # twin, numba or warp
    first: float
    forward: float
    backward: float | None  # None where there is no gradient


Call = Callable[[], Tensor | tuple[Tensor, ...]]


def time_calls(call: Call, device: torch.device) -> float:
    """Milliseconds a call: the best of three rounds, each long enough for the clock."""

    def seconds(count: int) -> float:
        started = time.perf_counter()
        for _ in range(count):
            call()
        synchronize(device)
        return time.perf_counter() - started

    count = 1
    while (taken := seconds(count)) < _LEAST_SECONDS / 3:
        count = max(2 * count, int(count * _LEAST_SECONDS / 3 / taken))
    return 1000 * min(taken, seconds(count), seconds(count)) / count


def time_operation(operation: str, by: str, call: Call, inputs: tuple[Tensor, ...], device: torch.device) -> Timing:
    """``inputs`` are what the call's result is differentiated by; none: it has no gradient."""
    started = time.perf_counter()
    call()
    synchronize(device)
    first = 1000 * (time.perf_counter() - started)
    backward = None
    if inputs:
        result = call()
        assert isinstance(result, Tensor)
        asked = torch.randn_like(result)
        backward = time_calls(lambda: torch.autograd.grad(result, inputs, asked, retain_graph=True), device)
    return Timing(operation, by, first, time_calls(call, device), backward)


def sphere(rounds: int) -> tuple[Tensor, Tensor]:  # (V, 3), (F, 3)
    """A sphere of radius 0.5 from 2 · rounds² triangles."""
    down, around = torch.meshgrid(*[torch.linspace(0, 1, rounds + 1)] * 2, indexing="ij")
    height, turn = down * math.pi, around * 2 * math.pi
    vertices = torch.stack([height.sin() * turn.cos(), height.sin() * turn.sin(), height.cos()], -1).reshape(-1, 3) / 2
    corner = (torch.arange(rounds)[:, None] * (rounds + 1) + torch.arange(rounds)).reshape(-1, 1)
    lower, upper = torch.tensor([0, rounds + 1, rounds + 2]), torch.tensor([0, rounds + 2, 1])
    return vertices, torch.cat([corner + lower, corner + upper])


def shade_by_warp(screen: Tensor, faces: Tensor, attributes: Tensor) -> Tensor:
    """Visibility, coordinates and interpolation by warp's kernels alone."""
    index = visible_faces_warp(screen, faces, SIZE, SIZE).reshape(-1)
    pixels = (index >= 0).nonzero()[:, 0]
    seen = index[pixels]
    return interpolate_warp(attributes, faces, seen, barycentric_warp(screen, faces, seen, pixels, SIZE))


def shade(screen: Tensor, faces: Tensor, attributes: Tensor) -> Tensor:
    """The same as the product does it."""
    return interpolate(attributes, rasterize(screen, faces, SIZE, SIZE), faces)


def measure(device: torch.device) -> Iterator[Timing]:
    """Every operation by the twin, by warp and, on the CPU, by numba."""
    torch.manual_seed(0)
    os.environ["SV3D_WARP"] = "0"  # so that what is called "twin" below is one; warp's kernels are called by name

    grid = HashGrid(LEVELS, coarsest=16, finest=256, log2_rows=16).to(device)
    points = torch.rand(POINTS, 3, device=device)
    moved = torch.rand(POINTS, 3, device=device, requires_grad=True)
    table = grid.table.detach()
    for name, inputs, arguments in (
        ("hash grid, table", (grid.table,), (points, grid.table, grid.resolutions)),
        ("hash grid, points", (moved,), (moved, table, grid.resolutions)),
    ):
        for by, function in _ways(device, encode_ref, encode, encode_warp):
            yield time_operation(name, by, partial(function, *arguments), inputs, device)

    view, pixel = torch.randint(len(ORBIT.views), (RAYS,)), torch.randint(160 * 160, (RAYS,))
    axis = (torch.arange(VOXELS, device=device) + 0.5) / VOXELS - 0.5
    from_centre = torch.cartesian_prod(axis, axis, axis).norm(dim=1).reshape(VOXELS, VOXELS, VOXELS)
    occupied = (from_centre - 0.4).abs() < 0.05
    rays = *frame_rays(ORBIT, 160, view.to(device), pixel.to(device)), occupied, 0.5, 1 / VOXELS
    jitter = torch.rand(RAYS, device=device)
    for by, function in _ways(device, march_ref, march, march_warp):
        yield time_operation("march", by, partial(function, *rays, jitter), (), device)

    distances, offsets = march_ref(*rays, jitter)
    thickness = torch.rand_like(distances, requires_grad=True)
    for by, function in _ways(device, weights_ref, weights, weights_warp):
        yield time_operation("weights", by, partial(function, thickness, offsets), (thickness,), device)

    for name, rounds in (("visible faces, 80000", 200), ("visible faces, 32", 4)):
        vertices, faces = (tensor.to(device) for tensor in sphere(rounds))
        screen = project(vertices, ORBIT, 0, SIZE)
        for by, function in _ways(device, visible_faces_ref, visible_faces, visible_faces_warp):
            yield time_operation(name, by, partial(function, screen, faces, SIZE, SIZE), (), device)

    vertices, faces = (tensor.to(device) for tensor in sphere(200))
    screen = project(vertices, ORBIT, 0, SIZE).requires_grad_()
    attributes = torch.randn(len(vertices), 7, device=device, requires_grad=True)
    for by, function in (("numba" if device.type == "cpu" else "twin", shade), ("warp", shade_by_warp)):
        call = partial(function, screen, faces, attributes)
        yield time_operation("rasterize, interpolate", by, call, (screen, attributes), device)


def _ways(device: torch.device, twin: Callable, dispatcher: Callable, by_warp: Callable) -> list[tuple[str, Callable]]:
    numba = [("numba", dispatcher)] if device.type == "cpu" else []
    return [("twin", twin), *numba, ("warp", by_warp)]


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--device", choices=protocol.DEVICES, default="auto")
    parser.add_argument("--json", action="store_true", help="one line of JSON")
    arguments = parser.parse_args()
    device = resolve_device(arguments.device)
    timings = []
    if not arguments.json:
        print(f"{device_name(device)}, milliseconds\n\n{'':<24}{'':<8}{'first':>10}{'forward':>10}{'backward':>10}")
    for timing in measure(device):
        timings.append(asdict(timing))
        if not arguments.json:
            backward = "" if timing.backward is None else f"{timing.backward:.3f}"
            print(f"{timing.operation:<24}{timing.by:<8}{timing.first:>10.1f}{timing.forward:>10.3f}{backward:>10}")
    if arguments.json:
        print(json.dumps({"device": device_name(device), "milliseconds": timings}))


if __name__ == "__main__":
    main()
