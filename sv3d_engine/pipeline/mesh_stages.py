"""From the frames of an orbit to a textured mesh: frames → field → mesh → asset → turntable."""

from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

from ..errors import UserError
from ..network.bundled import NOTE
from ..progress import Progress
from .fingerprint import frames_inputs
from .job import FramesToMesh, PictureToMesh
from .seed import seed_everything
from .stage import Facts, Stage

if TYPE_CHECKING:
    from ..frames.load import Frames

_FIELD, _SURFACE = "field.safetensors", "surface.safetensors"


def _frames(job: FramesToMesh, out: Path, progress: Progress) -> Facts:
    from ..frames.prepare import prepare_frames

    try:
        orbit = prepare_frames(job.source, job.cameras, job.elevation, out, progress, job.settings.fine_size)
    except UserError as error:
        raise (_not_one_object(job, error) if isinstance(job, PictureToMesh) else error) from error
    return {"count": len(orbit.views), "fov_deg": orbit.fov_deg, "distance": orbit.distance}


def _not_one_object(job: PictureToMesh, error: UserError) -> UserError:
    """What is wrong with frames that the artist did not make, and so cannot put right."""
    better = "the official SV3D weights, " if NOTE in job.notes else ""
    return UserError(
        "The orbit that SV3D made does not show one solid object from all sides, so it cannot become a mesh.",
        f"Look at {job.orbit_folder / 'contact_sheet.png'}; try {better}another seed, elevation or picture.",
        f"{error}\n{error.details}",
    )


# Steps, priors and grids are tuned in these units, whatever the artist's own are.
WORKING_DISTANCE = 2.3


def _working_frames(job: FramesToMesh) -> tuple["Frames", float]:
    """The frames with their cameras at WORKING_DISTANCE, and how many of the artist's units one such unit is."""
    from ..frames.load import load_frames

    frames = load_frames(job.folder)
    unit = frames.orbit.distance / WORKING_DISTANCE
    return replace(frames, orbit=replace(frames.orbit, distance=WORKING_DISTANCE)), unit


def _field(job: FramesToMesh, out: Path, progress: Progress) -> Facts:
    from ..field import store
    from ..field.fit import fit_field
    from ..field.surface import extract_mesh
    from ..render.clay import save_clay

    seed = seed_everything(job.seed, "field")
    frames, _ = _working_frames(job)
    field = fit_field(frames, job.settings, job.device, seed, progress)
    store.save(field, _work(out) / _FIELD)
    vertices, faces = extract_mesh(field)
    save_clay(vertices, faces, frames.orbit, len(frames.rgb) - 1, out / "coarse.png")
    progress.preview("image", out / "coarse.png")
    return {"faces": len(faces)}


def _mesh(job: FramesToMesh, out: Path, progress: Progress) -> Facts:
    from ..field.store import load as load_field
    from ..light.file import save_light, save_panorama
    from ..mesh import store
    from ..mesh.refine import refine

    seed = seed_everything(job.seed, "mesh")
    field = load_field(_work(job.folder) / _FIELD)
    frames, unit = _working_frames(job)
    surface = refine(frames, field, job.settings, job.device, seed, progress).scaled(unit)
    store.save(surface, _work(out) / _SURFACE)
    light = surface.appearance.lights.gaussians()
    save_light(light, out / "light.json")
    save_panorama(light, out / "light.hdr")
    return {"vertices": len(surface.vertices), "faces": len(surface.faces), "losses": _curves(surface.losses)}


def _asset(job: FramesToMesh, out: Path, progress: Progress) -> Facts:
    import torch

    from ..asset.build import build_asset
    from ..mesh.store import load as load_surface

    seed_everything(job.seed, "asset")
    surface = load_surface(_work(job.folder) / _SURFACE)
    settings, device = job.settings, job.device
    appearance = surface.appearance.to(device)

    @torch.no_grad()
    def albedo(points: torch.Tensor) -> torch.Tensor:
        return appearance.albedo(points.to(device)).cpu()

    report = build_asset(
        surface.vertices.numpy(),
        surface.faces.numpy(),
        albedo,
        settings.face_budget,
        settings.texture_size,
        out,
        progress,
    ).as_dict()
    report["steps"] = report.pop("seconds")
    progress.preview("mesh", out / "mesh.glb")
    return report


def _turntable(job: FramesToMesh, out: Path, progress: Progress) -> Facts:
    from ..asset.turntable import render_turntable
    from ..light.file import load_light
    from ..light.spherical_gaussians import shading
    from ..orbit.file import read_orbit

    light = load_light(job.folder / "light.json")
    render_turntable(
        job.folder / "mesh.glb",
        lambda normals: shading(normals, *light),
        read_orbit(job.folder / "cameras.json"),
        job.settings.turntable_size,
        job.settings.turntable_count,
        out / "turntable",
        progress,
    )
    return {"count": job.settings.turntable_count}


def _curves(losses: dict[str, list[float]], points: int = 50) -> dict[str, list[float]]:
    """Each loss averaged over as many equal parts of the run, for a curve in the report."""
    curves = {}
    for name, values in losses.items():
        parts = min(points, len(values))
        edges = [len(values) * i // parts for i in range(parts + 1)]
        curves[name] = [sum(values[a:b]) / (b - a) for a, b in pairwise(edges)]
    return curves


def _work(folder: Path) -> Path:
    """The room for intermediate files, made if need be."""
    work = folder / "work"
    work.mkdir(exist_ok=True)
    return work


def _seconds(draft: float, standard: float, high: float) -> Callable[[FramesToMesh], float]:
    """What a stage takes on two CPU cores, by preset."""
    expected = {"draft": draft, "standard": standard, "high": high}
    return lambda job: expected[job.settings.preset]


MESH_STAGES = (
    Stage("frames", "Reading the frames", _seconds(3, 4, 10), _frames, frames_inputs),
    Stage("field", "Finding the rough shape", _seconds(25, 60, 90), _field),
    Stage("mesh", "Refining shape, colour and light", _seconds(30, 180, 900), _mesh),
    Stage("asset", "Making the textured mesh", _seconds(4, 8, 40), _asset),
    Stage("turntable", "Rendering the turntable", _seconds(1, 3, 6), _turntable),
)
