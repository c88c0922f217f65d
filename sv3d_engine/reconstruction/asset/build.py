"""The way from a reconstruction to the file an artist gets."""

import time
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from PIL import Image

from ...ground.files import whole_file
from ...ground.progress import Progress
from .bake import FineSurface, Paint, ask, bake_maps
from .card import inspect
from .clean import clean, simplify
from .glb import TexturedMesh, write_glb
from .occlusion import ambient_occlusion
from .shading import tangent_frame
from .topology import Floats, Ints, TriMesh, face_components, is_closed_manifold, mates, vertex_normals
from .unwrap import unwrap

CONFIDENCE_MAP = "confidence.png"


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
    confidence_map: str  # file beside the mesh: how well the frames show each texel
    card: dict[str, object]
    notes: list[str]
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
    """Clean, simplify, unwrap and bake a raw surface and write ``out``/mesh.glb and ``out``/confidence.png.

    ``paint`` is asked in batches about points of the surface.
    Raises UserError for a mesh without solid surface or one that cannot be unwrapped.
    """
    progress = progress or Progress()
    clock = _Clock()
    raw = clean(TriMesh(np.asarray(vertices, np.float64), np.asarray(faces, np.int64)), progress.part(0.0, 0.05))
    clock.lap("clean")
    mesh = simplify(raw, face_budget, progress.part(0.05, 0.1))
    clock.lap("simplify")
    atlas = unwrap(mesh, texture_size, out, progress.part(0.1, 0.4))
    clock.lap("unwrap")
    card = inspect(mesh, atlas, texture_size)
    clock.lap("inspect")
    progress(0.4, "Finding the hollows")
    fine = FineSurface(raw, ambient_occlusion(raw))
    clock.lap("occlusion")
    frame = tangent_frame(mesh, atlas)
    maps = bake_maps(mesh, frame, fine, paint, texture_size, progress.part(0.5, 0.95))
    textured = TexturedMesh(
        mesh.vertices[frame.atlas.vertex_map],
        frame.normals,
        frame.atlas.uv,
        frame.atlas.faces,
        maps.base_color,
        maps.orm,
        maps.normal,
        frame.tangents,
        _evidence(mesh, fine, paint)[frame.atlas.vertex_map],
    )
    clock.lap("bake")
    progress(0.95, "Writing the mesh")
    write_glb(textured, out / "mesh.glb")
    with whole_file(out / CONFIDENCE_MAP) as partial:
        Image.fromarray(maps.confidence).save(partial, "PNG", compress_level=4)
    clock.lap("write")
    progress(1.0)
    return AssetReport(
        faces=len(mesh.faces),
        vertices=len(mesh.vertices),
        components=face_components(mates(mesh))[0],
        watertight=is_closed_manifold(mesh.faces),
        charts=atlas.charts,
        texture_size=texture_size,
        texel_coverage=maps.coverage,
        confidence_map=CONFIDENCE_MAP,
        card=card.as_dict(),
        notes=card.notes(),
        seconds=clock.laps,
    )


def _evidence(mesh: TriMesh, fine: FineSurface, paint: Paint) -> Floats:  # (V,)
    """Evidence at the mesh's own vertices; 0 where the fine surface is nowhere near."""
    found, points, normals, _ = fine.nearest(mesh.vertices, vertex_normals(mesh), np.arange(len(mesh.vertices)))
    evidence = np.zeros(len(mesh.vertices))
    evidence[found] = ask(paint, points, normals)[:, 5]
    return evidence


class _Clock:
    def __init__(self) -> None:
        self.laps: dict[str, float] = {}
        self._last = time.perf_counter()

    def lap(self, name: str) -> None:
        now = time.perf_counter()
        self.laps[name], self._last = round(now - self._last, 3), now
