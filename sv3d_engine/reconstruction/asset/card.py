"""The clean-asset card: what an artist would check before taking a mesh into a scene, counted.

It believes nothing of how the mesh was made, and is as true of a broken mesh from elsewhere.
"""

from dataclasses import asdict, dataclass

import numpy as np

from .clean import pieces
from .crossings import crossing_faces
from .repair import orient_consistently
from .topology import (
    Bools,
    Floats,
    TriMesh,
    corner_fans,
    edge_groups,
    face_areas,
    half_edge_ends,
    mates,
    needles,
)
from .unwrap import Atlas, folded, overlap

_WORST = 1e6  # stretch of a face without any room in the texture, so that the measures stay numbers


@dataclass(frozen=True)
class Faults:
    """How many of each; all zero on a clean asset.  Each field's text tells an artist what it means."""

    open_edges: int  # with a face on one side only
    nonmanifold_edges: int  # where more than two faces meet
    nonmanifold_vertices: int  # that hold together parts which nothing else joins
    debris: int  # loose pieces too small to be a part
    inner_faces: int  # of pieces wholly inside others
    flipped_faces: int  # that look inward, or against their neighbours
    degenerate_faces: int  # without area, or needles
    uv_overlap: int  # texels that more than one face claims
    uv_folded: int  # faces turned over against their chart, or without any room in the texture
    uv_outside: int  # corners that are not in the unit square


@dataclass(frozen=True)
class Card:
    """Faults and measures of a mesh with its atlas."""

    faces: int
    vertices: int  # before seams repeat some of them
    pieces: int
    charts: int
    faults: Faults
    crossing_faces: int | None  # that cut through others (no fault: thin parts may); None if too many to look for
    # Stretch after Sander et al. 2001 (Texture Mapping Progressive Meshes): 1 is none.
    uv_stretch: float  # L², of the whole
    uv_stretch_p95: float  # L² that 95 % of the area keeps below
    uv_stretch_most: float  # L∞, of the worst face
    texel_density: tuple[float, float, float]  # texels a unit of length: 5th, 50th, 95th percentile of the area

    @property
    def watertight(self) -> bool:
        """Every edge joins two faces."""
        return not (self.faults.open_edges or self.faults.nonmanifold_edges)

    @property
    def verdict(self) -> str:
        """One line for the artist."""
        size = f"{self.faces:,} faces in {self.charts:,} charts"
        return f"{size}, not clean: see below" if self.notes() else f"{size}, closed and clean"

    def notes(self) -> list[str]:
        """A sentence for each kind of fault."""
        return [_NOTES[name].format(count) for name, count in asdict(self.faults).items() if count]

    def as_dict(self) -> dict[str, object]:
        """Plain values for JSON."""
        return {**asdict(self), "watertight": self.watertight, "verdict": self.verdict}


_NOTES = {
    "open_edges": "The mesh is not closed: {:,} open edges. Fill them before a boolean or a 3D print.",
    "nonmanifold_edges": "At {:,} edges more than two faces meet. Merge by Distance may help.",
    "nonmanifold_vertices": "At {:,} points parts of the mesh touch without being joined.",
    "debris": "There are {:,} loose scraps beside the object. Separate by Loose Parts and delete them.",
    "inner_faces": "There are {:,} faces hidden inside the object. They can be deleted.",
    "flipped_faces": "There are {:,} faces that look the wrong way. Recalculate Normals turns them.",
    "degenerate_faces": "There are {:,} faces without any width. They may shade badly.",
    "uv_overlap": "The UV map overlaps itself in {:,} texels: painting there shows in two places.",
    "uv_folded": "In the UV map {:,} faces are folded over or have no room: their texture is wrong.",
    "uv_outside": "In the UV map {:,} corners lie outside the texture.",
}


def inspect(mesh: TriMesh, atlas: Atlas, texture_size: int) -> Card:
    """Count everything.  ``mesh`` is as it is before seams, its faces in the atlas's order."""
    stretch, stretch_most, density = _parametrisation(mesh, atlas.uv[atlas.faces].astype(np.float64), texture_size)
    area = face_areas(mesh)
    low, middle, high = (_percentile(density, area, share) for share in (0.05, 0.5, 0.95))
    faults, number = _shape_faults(mesh)
    return Card(
        faces=len(mesh.faces),
        vertices=len(np.unique(mesh.faces)),
        pieces=number,
        charts=atlas.charts,
        faults=Faults(
            **faults,
            uv_overlap=overlap(atlas, texture_size),
            uv_folded=int(folded(atlas).sum()),
            uv_outside=int((~((atlas.uv >= 0) & (atlas.uv <= 1)).all(1)).sum()),
        ),
        crossing_faces=crossing_faces(mesh),
        uv_stretch=float(np.sqrt((stretch**2 * area).sum() / area.sum())),
        uv_stretch_p95=_percentile(stretch, area, 0.95),
        uv_stretch_most=float(stretch_most.max()),
        texel_density=(low, middle, high),
    )


def _shape_faults(mesh: TriMesh) -> tuple[dict[str, int], int]:
    """The faults of the shape, and the number of pieces."""
    _, _, count = edge_groups(mesh.faces)
    oriented = orient_consistently(mesh)
    mate = mates(oriented)
    _, fan = corner_fans(mate)
    fans = np.unique(np.stack([oriented.faces.ravel(), fan], 1), axis=0)[:, 0]  # vertex of each fan
    found = pieces(oriented)
    inside_out = ((found.volume < 0) & ~found.inner & ~found.debris)[found.of_face]
    turned = (oriented.faces != mesh.faces).any(1)
    return {
        "open_edges": int((count == 1).sum()),
        "nonmanifold_edges": int((count > 2).sum()),
        "nonmanifold_vertices": int((np.bincount(fans) > 1).sum()),
        "debris": int(found.debris.sum()),
        "inner_faces": int(found.inner[found.of_face].sum()),
        "flipped_faces": int(((turned ^ inside_out) | _against_neighbours(oriented)).sum()),
        "degenerate_faces": int(needles(mesh).sum()),
    }, len(found.volume)


def _against_neighbours(mesh: TriMesh) -> Bools:  # (F,)
    """Faces that no turning could make agree with their neighbours, as on a Möbius strip."""
    order, _, count = edge_groups(mesh.faces)
    start, _ = half_edge_ends(mesh.faces)
    i = (np.cumsum(count) - count)[count == 2]
    a, b = order[i], order[i + 1]
    clash = start[a] == start[b]
    result = np.zeros(len(mesh.faces), bool)
    result[a[clash] // 3] = result[b[clash] // 3] = True
    return result


def _parametrisation(mesh: TriMesh, uv: Floats, size: int) -> tuple[Floats, Floats, Floats]:  # (F, 3, 2) -> 3 × (F,)
    """Of each face: L² and L∞ stretch, the scale of the whole taken out, and texels a unit of length."""
    q, (s, t) = mesh.corners, np.moveaxis(uv, 2, 0)
    double = (s[:, 1] - s[:, 0]) * (t[:, 2] - t[:, 0]) - (s[:, 2] - s[:, 0]) * (t[:, 1] - t[:, 0])
    safe = np.where(double != 0, double, 1.0)
    along_s = np.einsum("fkd,fk->fd", q, np.roll(t, -1, 1) - np.roll(t, -2, 1)) / safe[:, None]
    along_t = np.einsum("fkd,fk->fd", q, np.roll(s, -2, 1) - np.roll(s, -1, 1)) / safe[:, None]
    a, b, c = ((x * y).sum(1) for x, y in ((along_s, along_s), (along_s, along_t), (along_t, along_t)))
    area = face_areas(mesh)
    scale = np.sqrt(np.abs(double).sum() / 2 / area.sum())
    mean = np.sqrt((a + c) / 2) * scale
    most = np.sqrt((a + c + np.sqrt((a - c) ** 2 + 4 * b**2)) / 2) * scale
    mean, most = (np.where(double != 0, np.minimum(x, _WORST), _WORST) for x in (mean, most))
    density = size * np.sqrt(np.abs(double) / 2 / np.maximum(area, 1e-30))
    return mean, most, np.where(area > 0, density, 0.0)


def _percentile(values: Floats, weights: Floats, share: float) -> float:
    """The value that ``share`` of the weight keeps below."""
    order = np.argsort(values, kind="stable")
    total = np.cumsum(weights[order])
    return float(values[order[min(np.searchsorted(total, share * total[-1]), len(order) - 1)]])
