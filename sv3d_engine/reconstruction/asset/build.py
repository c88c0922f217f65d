"""The way from a reconstruction to the file an artist gets."""

import time
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from ...ground.progress import Progress
from .bake import FineSurface, Paint, bake_maps
from .clean import clean, simplify
from .glb import TexturedMesh, write_glb
from .topology import Floats, Ints, TriMesh, face_components, is_closed_manifold, mates, vertex_normals
from .unwrap import unwrap


@dataclass(frozen=True)
class AssetReport:
    """What was made, for report.json."""

    faces: int
    vertices: int  # before seams repeat some of them
    components: int
    watertight: bool
    charts: int
    texture_size: int
    texel_coverage: float  # share of the texture that shows the surface
    seconds: dict[str, float]  # by step

    def as_dict(self) -> dict[str, object]:
        """Plain values for JSON."""
        return asdict(self)


def build_asset(
    vertices: Floats,  # (V, 3) world
    faces: Ints,  # (F, 3)
    paint: Paint,
    face_budget: int,
    texture_size: int,
    out: Path,
    progress: Progress | None = None,
) -> AssetReport:
    """Clean, simplify, unwrap and bake a raw surface and write ``out``/mesh.glb.

    ``paint`` is asked in batches about points of the surface.
    Raises UserError for a mesh without solid surface or one that cannot be unwrapped.
    """
    progress = progress or Progress()
    clock = _Clock()
    fine = clean(TriMesh(np.asarray(vertices, np.float64), np.asarray(faces, np.int64)), progress.part(0.0, 0.05))
    clock.lap("clean")
    mesh = simplify(fine, face_budget, progress.part(0.05, 0.1))
    clock.lap("simplify")
    atlas = unwrap(mesh, texture_size, out, progress.part(0.1, 0.5))
    clock.lap("unwrap")
    bake = bake_maps(mesh, atlas, FineSurface(fine), paint, texture_size, progress.part(0.5, 0.95))
    clock.lap("bake")
    progress(0.95, "Writing the mesh")
    textured = TexturedMesh(
        mesh.vertices[atlas.vertex_map],
        vertex_normals(mesh)[atlas.vertex_map],
        atlas.uv,
        atlas.faces,
        bake.base_color,
    )
    write_glb(textured, out / "mesh.glb")
    clock.lap("write")
    progress(1.0)
    return AssetReport(
        faces=len(mesh.faces),
        vertices=len(mesh.vertices),
        components=face_components(mates(mesh))[0],
        watertight=is_closed_manifold(mesh.faces),
        charts=atlas.charts,
        texture_size=texture_size,
        texel_coverage=bake.coverage,
        seconds=clock.laps,
    )


class _Clock:
    def __init__(self) -> None:
        self.laps: dict[str, float] = {}
        self._last = time.perf_counter()

    def lap(self, name: str) -> None:
        now = time.perf_counter()
        self.laps[name], self._last = round(now - self._last, 3), now
