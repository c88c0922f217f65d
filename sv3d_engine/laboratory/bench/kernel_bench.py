"""How fast the reconstruction's kernels run at the sizes of preset standard, each beside its plain PyTorch twin and,
on the processor, beside a public library that does the same (``peers``): ``python -m sv3d_engine bench kernels``.
"""

import math
import os
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from functools import partial

import torch
from torch import Tensor

from ...ground.device import device_name, synchronize
from ...orbit.cameras import frame_rays, project, static_orbit
from ...reconstruction.field.hash_grid import HashGrid, encode
from ...reconstruction.field.hash_grid_ref import encode_ref
from ...reconstruction.field.hash_grid_warp import encode_warp
from ...reconstruction.field.volume import march, march_ref, weights, weights_ref
from ...reconstruction.field.volume_warp import march_warp, weights_warp
from ...reconstruction.render.antialias import antialias, mesh_edges, silhouette_crossings
from ...reconstruction.render.rasterize import interpolate, rasterize, visible_faces
from ...reconstruction.render.rasterize_ref import visible_faces_ref
from ...reconstruction.render.rasterize_warp import barycentric_warp, interpolate_warp, visible_faces_warp
from .peers import drjit_encode, embree_visible_faces

POINTS, RAYS, VOXELS, SIZE = 40_000, 3072, 128, 576
LEVELS, COARSEST, FINEST, LOG2_ROWS = 10, 16, 256, 16  # of the hash grid
ORBIT = static_orbit(10.0, 2.2)
_LEAST_SECONDS = 0.3  # that each measurement takes


@dataclass(frozen=True)
class Timing:
    """Milliseconds a call, as the caller waits for many of them; the first may compile."""

    operation: str
    by: str  # twin, numba, warp, or the peer's name
    count: int  # of the pixels, points or rays that a call is about
    first: float | None
    forward: float | None  # None where the peer is not installed
    backward: float | None  # None where there is no gradient

    @property
    def rate(self) -> float | None:
        """Millions of these a second, forward."""
        return self.count / self.forward / 1000 if self.forward else None


Call = Callable[[], object]


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


def time_operation(
    operation: str, by: str, count: int, call: Call, inputs: tuple[Tensor, ...], device: torch.device
) -> Timing:
    """``inputs`` are what the call's result is differentiated by; none: it has no gradient."""
    first = first_call(call, device)
    backward = None
    if inputs:
        result = call()
        assert isinstance(result, Tensor)
        asked = torch.randn_like(result)
        backward = time_calls(lambda: torch.autograd.grad(result, inputs, asked, retain_graph=True), device)
    return Timing(operation, by, count, first, time_calls(call, device), backward)


def first_call(call: Call, device: torch.device) -> float:
    """Milliseconds of the first call, which may compile."""
    started = time.perf_counter()
    call()
    synchronize(device)
    return 1000 * (time.perf_counter() - started)


def sphere(rounds: int) -> tuple[Tensor, Tensor]:  # (V, 3), (F, 3)
    """A sphere of radius 0.5 from 2 · rounds² triangles."""
    down, around = torch.meshgrid(*[torch.linspace(0, 1, rounds + 1)] * 2, indexing="ij")
    height, turn = down * math.pi, around * 2 * math.pi
    vertices = torch.stack([height.sin() * turn.cos(), height.sin() * turn.sin(), height.cos()], -1).reshape(-1, 3) / 2
    corner = (torch.arange(rounds)[:, None] * (rounds + 1) + torch.arange(rounds)).reshape(-1, 1)
    lower, upper = torch.tensor([0, rounds + 1, rounds + 2]), torch.tensor([0, rounds + 2, 1])
    return vertices, torch.cat([corner + lower, corner + upper])


def measure(device: torch.device) -> Iterator[Timing]:
    """Every operation by the twin, by warp and, on the CPU, by numba and by a peer."""
    torch.manual_seed(0)
    os.environ["SV3D_WARP"] = "0"  # so that what is called "twin" below is one; warp's kernels are called by name
    yield from measure_encoding(device)
    yield from measure_marching(device)
    yield from measure_rasterizing(device)


def measure_encoding(device: torch.device) -> Iterator[Timing]:
    """The hash grid, its gradient by the table or by the points."""
    grid = HashGrid(LEVELS, COARSEST, FINEST, LOG2_ROWS).to(device)
    points = torch.rand(POINTS, 3, device=device)
    moved = torch.rand(POINTS, 3, device=device, requires_grad=True)
    table = grid.table.detach()
    for name, inputs, arguments in (
        ("hash grid, table", (grid.table,), (points, grid.table, grid.resolutions)),
        ("hash grid, points", (moved,), (moved, table, grid.resolutions)),
    ):
        for by, function in _ways(device, encode_ref, encode, encode_warp):
            yield time_operation(name, by, POINTS, partial(function, *arguments), inputs, device)
        if name == "hash grid, table" and device.type == "cpu":
            yield _drjit(name, points)


def measure_marching(device: torch.device) -> Iterator[Timing]:
    """Samples along rays, and their weights."""
    view, pixel = torch.randint(len(ORBIT.views), (RAYS,)), torch.randint(160 * 160, (RAYS,))
    axis = (torch.arange(VOXELS, device=device) + 0.5) / VOXELS - 0.5
    from_centre = torch.cartesian_prod(axis, axis, axis).norm(dim=1).reshape(VOXELS, VOXELS, VOXELS)
    occupied = (from_centre - 0.4).abs() < 0.05
    rays = *frame_rays(ORBIT, 160, view.to(device), pixel.to(device)), occupied, 0.5, 1 / VOXELS
    jitter = torch.rand(RAYS, device=device)
    for by, function in _ways(device, march_ref, march, march_warp):
        yield time_operation("march", by, RAYS, partial(function, *rays, jitter), (), device)

    distances, offsets = march_ref(*rays, jitter)
    thickness = torch.rand_like(distances, requires_grad=True)
    for by, function in _ways(device, weights_ref, weights, weights_warp):
        yield time_operation("weights", by, RAYS, partial(function, thickness, offsets), (thickness,), device)


def measure_rasterizing(device: torch.device) -> Iterator[Timing]:
    """Visibility, interpolation and antialiasing of a picture of SIZE² pixels."""
    pixels = SIZE * SIZE
    for name, rounds in (("visible faces, 80000", 200), ("visible faces, 32", 4)):
        vertices, faces = (tensor.to(device) for tensor in sphere(rounds))
        screen = project(vertices, ORBIT, 0, SIZE)
        for by, function in _ways(device, visible_faces_ref, visible_faces, visible_faces_warp):
            yield time_operation(name, by, pixels, partial(function, screen, faces, SIZE, SIZE), (), device)
        if device.type == "cpu":
            yield from _embree(name, vertices, faces)

    vertices, faces = (tensor.to(device) for tensor in sphere(200))
    screen = project(vertices, ORBIT, 0, SIZE).requires_grad_()
    attributes = torch.randn(len(vertices), 7, device=device, requires_grad=True)
    raster = rasterize(screen, faces, SIZE, SIZE)
    seen = raster.barycentric.detach().requires_grad_()
    fixed = replace(raster, barycentric=seen)
    for by, look_up in (
        ("twin", lambda: interpolate(attributes, fixed, faces)),
        ("warp", lambda: interpolate_warp(attributes, faces, raster.faces, seen)),
    ):
        yield time_operation("interpolate", by, len(raster.pixels), look_up, (attributes, seen), device)

    def by_warp() -> Tensor:
        index = visible_faces_warp(screen, faces, SIZE, SIZE).reshape(-1)
        covered = (index >= 0).nonzero()[:, 0]
        shown = index[covered]
        return interpolate_warp(attributes, faces, shown, barycentric_warp(screen, faces, shown, covered, SIZE))

    def as_the_product() -> Tensor:
        return interpolate(attributes, rasterize(screen, faces, SIZE, SIZE), faces)

    name = "rasterize, interpolate"
    for by, draw in (("numba" if device.type == "cpu" else "twin", as_the_product), ("warp", by_warp)):
        yield time_operation(name, by, pixels, draw, (screen, attributes), device)

    edges = mesh_edges(faces)
    picture = raster.spread(torch.rand(len(raster.pixels), 7, device=device)).requires_grad_()

    def smooth() -> Tensor:
        return antialias(picture, silhouette_crossings(fixed, screen, faces, edges))

    yield time_operation("antialias", "torch", pixels, smooth, (picture, screen), device)


def _drjit(name: str, points: Tensor) -> Timing:
    """Its lazy code runs as one, so the gradient's time is that of both less the encoding's."""
    calls = drjit_encode(points, LEVELS, COARSEST, FINEST, 2**LOG2_ROWS)
    if calls is None:
        return Timing(name, "Dr.Jit", POINTS, None, None, None)
    forward, both = calls
    cpu = torch.device("cpu")
    first = first_call(forward, cpu)
    both()  # compiles
    alone = time_calls(forward, cpu)
    return Timing(name, "Dr.Jit", POINTS, first, alone, max(0.0, time_calls(both, cpu) - alone))


def _embree(name: str, vertices: Tensor, faces: Tensor) -> Iterator[Timing]:
    """With its tree built in each call, as a mesh that moves needs it, and with a tree that is kept."""
    pixels, cpu = SIZE * SIZE, torch.device("cpu")
    calls = embree_visible_faces(vertices, faces, ORBIT, 0, SIZE)
    for by, call in zip(("Embree", "Embree, kept"), calls or (None, None), strict=True):
        if call is None:
            yield Timing(name, by, pixels, None, None, None)
        else:
            yield time_operation(name, by, pixels, call, (), cpu)


def _ways(device: torch.device, twin: Callable, dispatcher: Callable, by_warp: Callable) -> list[tuple[str, Callable]]:
    numba = [("numba", dispatcher)] if device.type == "cpu" else []
    return [("twin", twin), *numba, ("warp", by_warp)]


def as_rows(timings: Iterable[Timing], device: torch.device) -> Iterator[str]:
    """Lines of a table, as the measurements come in."""
    where = f"{device_name(device)}, {torch.get_num_threads()} threads"
    yield f"{where}; milliseconds, and millions of pixels, points or rays a second"
    yield f"{'kernel':<24}{'by':<14}{'first':>10}{'forward':>10}{'backward':>10}{'M/s':>10}"
    for t in timings:
        if t.forward is None:
            yield f"{t.operation:<24}{t.by:<14}not installed"
            continue
        backward = "" if t.backward is None else f"{t.backward:.2f}"
        yield f"{t.operation:<24}{t.by:<14}{t.first:>10.1f}{t.forward:>10.2f}{backward:>10}{t.rate:>10.3f}"
