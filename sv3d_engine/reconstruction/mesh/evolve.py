"""The explicit part of the fine stage: vertices move until frames agree about surface patches and outlines fit.

Each round solves one sparse system for a displacement along the normals (Gauss–Newton), so that a few rounds do what
hundreds of gradient steps would: where the surface is textured, frames are compared along the normals (a plane sweep,
as in multi-view stereo); at outlines the silhouettes pull; elsewhere a thin plate carries on what is known.
"""

from torch import Tensor

from ...ground.progress import Progress
from ...orbit.cameras import projection_matrices
from ..frames.frames import Frames
from ..render.antialias import mesh_edges
from ..render.rasterize import vertex_normals
from .hollows import with_hollows
from .matching import best_views, matched
from .outline import outline_distances, outline_targets
from .smoothness import REFERENCE_EDGE, balanced_displacement, connectivity, slide, smooth, stiffness
from .told_slopes import slopes, told_at

TURNS = 4  # of outlines and smoothness after each sweep
PHOTO_WEIGHT, OUTLINE_WEIGHT = 20.0, 1.0  # the first for vertices REFERENCE_EDGE apart
# Share of the first that is left where frames cannot be trusted: what patches of a glossy bag agree on are highlights,
# which lie behind its sides.  With a tenth these have pits, with all they are a crater field.
DOUBTED = 0.01
TOLD_WEIGHT = 4.0  # of told normals, beside the membrane's 1 and the plate's 10
OUTLIERS = (0.006, 0.003, 0.0015)  # world units: what is wanted counts less beyond, round by round (Geman & McClure)
SLIDE = 0.3
SMOOTHED = 3  # rounds that the grid's stairs are smoothed by


def evolve(
    vertices: Tensor,
    faces: Tensor,
    frames: Frames,
    sweeps: int,
    progress: Progress,
    trust: float = 1.0,
) -> Tensor:  # (V, 3)
    """Move a closed mesh, vertices (V, 3) and faces (F, 3), onto what the frames show.  On the CPU, deterministic.

    It moves as far by colours as these can be trusted to show one thing, ``trust`` from 0 to 1.  Without ``sweeps`` all
    stay; once the progress is ``finishing``, no further one begins.  Raises Cancelled.
    """
    if not sweeps or progress.finishing:
        return vertices
    size, orbit = frames.alpha.shape[-1], frames.orbit
    pictures = frames.premultiplied()
    cameras, distances = projection_matrices(orbit, size), outline_distances(frames.alpha, progress.part(0.0, 0.1))
    edges, mesh = mesh_edges(faces), connectivity(faces, len(vertices))
    edge = float((vertices[edges.vertices[:, 0]] - vertices[edges.vertices[:, 1]]).norm(dim=-1).mean())
    vertices = smooth(vertices, faces, mesh, edge, SMOOTHED)
    photo = PHOTO_WEIGHT * (DOUBTED + (1 - DOUBTED) * trust) * (edge / REFERENCE_EDGE) ** 2
    for sweep in range(sweeps):
        if progress.finishing:
            break
        now = progress.part(0.1 + 0.9 * sweep / sweeps, 0.1 + 0.9 * (sweep + 1) / sweeps)
        start, along = vertices, _normals(vertices, faces)
        order = best_views(vertices, along, faces, orbit, size, now.part(0.0, 0.1))
        told = None if frames.normals is None else told_at(vertices, along, frames, order)
        match = matched(vertices, along, orbit, pictures, order, now.part(0.1, 0.4))
        if not sweep:
            match = with_hollows(match, vertices, along, mesh, frames, order, now.part(0.4, 0.5))
        for turn in range(TURNS):
            normals = _normals(vertices, faces)
            outline = outline_targets(vertices, normals, faces, edges, mesh, orbit, cameras, distances)
            plate = stiffness(vertices, normals, mesh, edge)
            if told is not None:
                plate = plate + slopes(vertices, normals, edges.vertices, told, TOLD_WEIGHT)
            left = match.displacement - ((vertices - start) * along).sum(-1)
            pull = OUTLINE_WEIGHT * outline.weight
            sure = match.trust
            for scale in (*OUTLIERS, None):
                weight = photo * sure + pull
                wanted = (photo * sure * left + pull * outline.displacement) / weight.clamp_min(1e-9)
                step = balanced_displacement(plate, wanted, weight)
                if scale is not None:
                    sure = match.trust / (1 + ((left - step) / scale).square()).square()
            vertices = slide(vertices + step[:, None] * normals, normals, mesh, SLIDE)
            now(0.5 + 0.5 * (turn + 1) / TURNS, "Fitting the outlines")
    return vertices


def _normals(vertices: Tensor, faces: Tensor) -> Tensor:  # (V, 3)
    return vertex_normals(vertices, faces).nan_to_num()
