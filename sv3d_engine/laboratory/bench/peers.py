"""The same work by public libraries on the processor, to measure our kernels against.

Embree (Intel's ray tracer, by embreex) tells the visible faces; Dr.Jit's HashGridEncoding encodes, through LLVM, whose
library the system has to have.  Each comes as calls without arguments, or as None where it is not installed.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from torch import Tensor

from ...orbit.cameras import CameraOrbit, frame_rays

Call = Callable[[], Any]


def embree_visible_faces(
    vertices: Tensor,  # (V, 3)
    faces: Tensor,  # (F, 3)
    orbit: CameraOrbit,
    index: int,
    size: int,
) -> tuple[Callable[[], Tensor], Callable[[], Tensor]] | None:
    """The face that each pixel centre's ray hits first, (size, size), −1 for none; on one thread.

    The first call builds the tree of triangles, which a mesh that moves needs anew every time; the second has one.
    """
    try:
        from embreex import rtcore_scene
        from embreex.mesh_construction import TriangleMesh
    except ImportError:
        return None
    pixels = torch.arange(size * size)
    origins, directions = frame_rays(orbit, size, torch.full_like(pixels, index), pixels)
    starts, ways = (np.ascontiguousarray(rays.numpy(), np.float32) for rays in (origins, directions))
    corners, triangles = vertices.numpy().astype(np.float32), faces.numpy().astype(np.int32)

    def built() -> Any:
        scene = rtcore_scene.EmbreeScene()
        TriangleMesh(scene, corners, triangles)
        return scene

    def trace(scene: Any) -> Tensor:
        hit: np.ndarray = scene.run(starts, ways, query="INTERSECT")
        return torch.from_numpy(hit.reshape(size, size).astype(np.int64))

    kept = built()
    return lambda: trace(built()), lambda: trace(kept)


def drjit_encode(points: Tensor, levels: int, coarsest: int, finest: int, rows: int) -> tuple[Call, Call] | None:
    """A hash grid of two features a level, at points (P, 3): the encoding, and it with the gradient of its table."""
    try:
        import drjit
        from drjit.llvm.ad import ArrayXf, Float
        from drjit.nn import HashGridEncoding

        if not drjit.has_backend(drjit.JitBackend.LLVM):
            return None
    except ImportError:
        return None
    drjit.set_thread_count(torch.get_num_threads())
    growth = (finest / coarsest) ** (1 / (levels - 1))
    grid: Any = HashGridEncoding(
        Float, 3, n_levels=levels, n_features_per_level=2, hashmap_size=rows, base_resolution=coarsest,
        per_level_scale=growth,
    )  # fmt: skip
    places: Any = ArrayXf(np.ascontiguousarray(points.numpy().T))
    asked: Any = ArrayXf(np.random.default_rng(0).standard_normal((2 * levels, len(points))).astype(np.float32))
    drjit.eval(places, asked, grid.data)

    def forward() -> None:
        drjit.disable_grad(grid.data)
        drjit.eval(grid(places))
        drjit.sync_thread()

    def both() -> None:
        drjit.enable_grad(grid.data)
        drjit.clear_grad(grid.data)
        drjit.backward(drjit.sum(drjit.sum(grid(places) * asked)))
        drjit.eval(drjit.grad(grid.data))
        drjit.sync_thread()

    return forward, both
