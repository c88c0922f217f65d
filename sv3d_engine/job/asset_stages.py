"""A job's stages that make the asset: mesh → material → asset → turntable."""

from pathlib import Path

from ..ground.progress import Progress
from ..ground.torch_setup import seed_everything
from .job import Facts, FramesToMesh
from .work_files import MATERIAL, SURFACE, work_folder

_TURNS = (
    "The light turns with the frames, as on a turntable before lamps that stand still, and was taken out frame by "
    "frame. light.hdr is the light of the front view."
)


def separate_material(job: FramesToMesh, out: Path, progress: Progress) -> Facts:
    """On the processor: seconds, as nothing is trained."""
    from ..reconstruction.frames.frames import load_frames
    from ..reconstruction.light import save_light, save_panorama
    from ..reconstruction.material.imagination import with_imagined
    from ..reconstruction.material.material import recover_material, save_material
    from ..reconstruction.mesh.refined_surface import load_surface

    seed = seed_everything(job.seed, "material")
    surface = load_surface(work_folder(job.folder) / SURFACE)
    frames, glossy = load_frames(job.folder), job.settings.material == "pbr"
    lit = job.settings.material != "baked"
    material = recover_material(frames, surface.vertices, surface.faces, glossy, seed, progress, job.light, lit)
    if surface.imagined is not None:
        material = with_imagined(material, surface.imagined)
    turns = material.turning is not None
    save_material(material, work_folder(out) / MATERIAL)
    save_light(material.light, out / "light.json")
    save_panorama(material.light, out / "light.hdr")
    return {
        "seen": float((material.evidence > 0).float().mean()),
        "light": "turns" if turns else "fixed",
        "views_differ": material.differ,
        "notes": [_TURNS] if turns else [],
    }


def make_asset(job: FramesToMesh, out: Path, progress: Progress) -> Facts:
    """On the processor, where meshes are made."""
    from ..reconstruction.asset.build import build_asset
    from ..reconstruction.frames.frames import load_frames
    from ..reconstruction.material.material import load_material
    from ..reconstruction.material.painter import Painter
    from ..reconstruction.mesh.refined_surface import load_surface

    seed_everything(job.seed, "asset")
    surface = load_surface(work_folder(job.folder) / SURFACE)
    material = load_material(work_folder(job.folder) / MATERIAL)
    settings = job.settings
    report = build_asset(
        surface.vertices.numpy(),
        surface.faces.numpy(),
        Painter(load_frames(job.folder), surface.vertices, surface.faces, material),
        settings.face_budget,
        settings.texture_size,
        out,
        progress,
    ).as_dict()
    report["steps"] = report.pop("seconds")
    progress.preview("mesh", out / "mesh.glb")
    return report


def show_turntable(job: FramesToMesh, out: Path, progress: Progress) -> Facts:
    from ..orbit.orbit_files import read_orbit
    from ..reconstruction.asset.previews import render_turntable
    from ..reconstruction.light import load_light, shading

    light = load_light(job.folder / "light.json")
    count = 1 if progress.finishing else job.settings.turntable_count
    render_turntable(
        job.folder / "mesh.glb",
        lambda normals: shading(normals, *light),
        read_orbit(job.folder / "cameras.json"),
        job.settings.turntable_size,
        count,
        out / "turntable",
        progress,
    )
    return {"count": count}
