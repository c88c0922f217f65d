"""All figures of one mesh against the true one: of the benchmark, and of the paper's tables.

The benchmark's are those of its README, computed as it says; the winding number alone is left out, which no table
shows.  The paper compares whole pictures: the mesh in the light that was found for it where the truth has lit views,
and its base colour, after one factor a channel, everywhere.
"""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
from PIL import Image

from ...reconstruction.asset.glb import read_glb
from ...reconstruction.asset.previews import load_model, render_view
from ...reconstruction.light import load_light, shading
from ..dataset.model_files import Front
from .albedo_figures import albedo_figures
from .likeness import Judge
from .nvs_figures import picture_figures
from .ray_caster import RayCaster
from .relight import over_white
from .scored_mesh import read_scored
from .surface_figures import POINTS, aligned, between_points, between_surfaces, surface_samples
from .true_views import SUPERSAMPLE, TrueViews, draw, read_true_views
from .volume_figures import GRID, volume_figures

FLAT, LIT = "flat_", "lit_"  # before the names of the paper's figures of pictures
ALIGNED = "aligned_"  # before those of the geometry after a similarity that brings it nearest

Scores = dict[str, float]


def score_mesh(
    made_file: Path,
    source: Path,
    *,
    front: Front = "z",
    judges: Mapping[str, Judge] | None = None,
    pictures: Path | None = None,
    points: int = POINTS,
    grid: int = GRID,
    supersample: int = SUPERSAMPLE,
) -> Scores:
    """Figures of a mesh file against an object's folder with mesh.glb and cameras.json.  Raises UserError.

    ``front`` is the made file's axis that looks at the camera at azimuth 0; the true one's is x.  ``pictures`` gets
    truth, prediction, inverted error and normals of each view.
    """
    true, made = read_scored(source / "mesh.glb"), read_scored(made_file, front)
    views = read_true_views(source)
    rays_true, rays_made = RayCaster(true.corners), RayCaster(made.corners)
    of_true = surface_samples(true, rays_true, points, seed=1)
    of_made = surface_samples(made, rays_made, points, seed=2)
    scores: Scores = {
        "vertices": len(made.vertices),
        "triangles": len(made.faces),
        **between_points(of_made.exterior, of_true.exterior),
        **between_surfaces(of_made.exterior, made, of_true.exterior, true),
        "chamfer_all": between_points(of_made.every, of_true.every)["chamfer"],
        "exterior_share_pred": of_made.share,
        "exterior_share_gt": of_true.share,
        **volume_figures(made, true, grid),
    }
    seen = draw(made, rays_made, views.orbit, views.size, supersample)
    truth = views.albedo or draw(true, rays_true, views.orbit, views.size, supersample)
    normals = views.normals if views.albedo else truth.normals
    compared = albedo_figures(truth, normals, seen)
    scores |= compared.figures
    scores |= _means(FLAT, picture_figures(compared.made.astype(np.float32), compared.true.astype(np.float32), judges))
    if pictures is not None:
        pictures.mkdir(parents=True, exist_ok=True)
        for view, tile in zip(views.orbit.views, compared.tiles(seen.normals, seen.coverage), strict=True):
            Image.fromarray(tile).save(pictures / view.file)

    by = aligned(of_made.exterior, of_true.exterior)
    nearer, brought = made.moved(*by), of_made.exterior.moved(by)
    after = {
        **between_points(brought, of_true.exterior),
        **between_surfaces(brought, nearer, of_true.exterior, true),
        **volume_figures(nearer, true, grid),
        "scale": by.scale,
        "rotation_deg": by.degrees,
    }
    return scores | {ALIGNED + name: value for name, value in after.items()}


def score_lit(
    job: Path, views: TrueViews, judges: Mapping[str, Judge] | None = None, pictures: Path | None = None
) -> Scores:
    """The paper's figures of a finished job's mesh in its own light; none where the truth has no lit views."""
    if views.lit is None:
        return {}
    model, light = load_model(read_glb(job / "mesh.glb")), load_light(job / "light.json")
    count = len(views.orbit.views)
    made = [
        render_view(model, lambda normals: shading(normals, *light), views.orbit, i, views.size) for i in range(count)
    ]
    truth = over_white(views.lit[..., :3], views.lit[..., 3:])
    if pictures is not None:
        pictures.mkdir(parents=True, exist_ok=True)
        for view, true, render in zip(views.orbit.views, truth, made, strict=True):
            pair = np.concatenate([np.rint(true * 255).astype(np.uint8), render], 1)
            Image.fromarray(pair).save(pictures / view.file)
    return _means(LIT, picture_figures(np.stack(made) / np.float32(255), truth, judges))


def _means(before: str, found: Mapping[str, np.ndarray]) -> Scores:
    return {before + name: float(values.mean()) for name, values in found.items()}
