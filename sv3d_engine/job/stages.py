"""The way of the data: picture → orbit → frames → field → mesh → material → asset → turntable."""

import copy
import hashlib
import shutil
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import asdict, replace
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

from ..ground.device import card_key, release_memory, resolve_device
from ..ground.files import reading
from ..ground.lock import card_locked
from ..ground.progress import Progress
from ..ground.torch_setup import seed_everything
from ..shared import protocol
from ..shared.crop import ORIGINAL
from ..shared.errors import UserError, out_of_memory
from ..shared.model_facts import NOTE, guided_seconds, orbit_seconds
from .fingerprint import (
    asset_inputs,
    field_inputs,
    frames_inputs,
    material_inputs,
    mesh_inputs,
    orbit_inputs,
    picture_inputs,
    turntable_inputs,
)
from .job import Facts, FramesToMesh, PictureToMesh, PictureToOrbit, Stage
from .stage_device import on_faster_device, on_strongest_device

if TYPE_CHECKING:
    import torch

    from ..reconstruction.field.radiance_field import RadianceField
    from ..reconstruction.frames.frames import Frames
    from ..reconstruction.mesh.refined_surface import Surface
    from ..reconstruction.perceptual import LPIPS

_PICTURE = "picture.png"


def _picture(job: PictureToOrbit, out: Path, progress: Progress) -> Facts:
    from PIL import Image

    from ..picture.prepare import prepare_picture

    prepared = prepare_picture(
        job.picture,
        job.frame_size,
        background_model=job.background_model,
        download=job.download,
        progress=progress,
    )
    file = out / job.place / _PICTURE
    file.parent.mkdir(exist_ok=True)
    Image.fromarray(prepared.rgba).save(file)
    Image.fromarray(prepared.original).save(file.with_name(ORIGINAL), compress_level=1)
    progress.preview("image", file)
    return {
        "picture_sha256": hashlib.sha256(job.picture.read_bytes()).hexdigest(),
        "cut_out_by": prepared.how,
        "background_model": prepared.model,
        "crop": asdict(prepared.crop),
        "notes": list(prepared.notes),
    }


def _orbit(job: PictureToOrbit, out: Path, progress: Progress, device: "torch.device") -> Facts:
    import numpy as np
    from PIL import Image

    from ..sv3d.generation.make_orbit import make_orbit
    from ..sv3d.generation.orbit_pictures import write_orbit

    seed = seed_everything(job.seed, "orbit")
    prepared = job.orbit_folder / _PICTURE
    with reading(prepared), Image.open(prepared, formats=("PNG",)) as image:
        picture = np.array(image.convert("RGBA"))
    previews = out / ".previews" / "frames"
    previews.mkdir(parents=True)
    orbit = make_orbit(picture, job.poses, job.weights, job.sampling, device, seed, progress.part(0.0, 0.98), previews)
    shutil.rmtree(previews.parent)
    folder = out / job.place
    folder.mkdir(exist_ok=True)
    write_orbit(orbit.frames, job.poses, folder, progress.part(0.98, 1.0))
    progress.preview("orbit", folder / "frames")
    return {**orbit.facts, "notes": [*job.notes, *orbit.notes]}


def _orbit_seconds(job: PictureToOrbit) -> float:
    from ..sv3d.generation.make_orbit import sigmas_for

    return orbit_seconds(len(sigmas_for(job.sampling)) - 1, job.step_share, resolve_device(job.device_name).type)


ORBIT_STAGES = (
    Stage("picture", "Cutting out the object", lambda job: 3.0, _picture, picture_inputs),
    Stage("orbit", "Imagining the other sides", _orbit_seconds, on_strongest_device(_orbit), orbit_inputs),
)


_FIELD, _SURFACE, _MATERIAL = "field.safetensors", "surface.safetensors", "material.safetensors"


def _frames(job: FramesToMesh, out: Path, progress: Progress) -> Facts:
    from ..reconstruction.frames.preparation import prepare_frames

    picture = job.orbit_folder / _PICTURE if isinstance(job, PictureToMesh) else None
    preparing = progress.part(0.0, 0.5) if job.normals else progress
    try:
        prepared = prepare_frames(
            job.source, job.cameras, job.elevation, out, preparing, job.settings.fine_size, job.search, picture
        )
    except UserError as error:
        raise (_not_one_object(job, error) if isinstance(job, PictureToMesh) else error) from error
    for doubt in prepared.doubts:
        progress.doubt(doubt)
    orbit = prepared.orbit
    told = _told_normals(job.normals, out, progress.part(0.5, 1.0)) if job.normals else ()
    return {
        "chosen": prepared.chosen,
        "count": len(orbit.views),
        "rejected": sum(view.weight == 0 for view in orbit.views),
        "fov_deg": orbit.fov_deg,
        "distance": orbit.distance,
        "to_world": prepared.to_world,
        "doubts": list(prepared.doubts),
        "notes": [*prepared.doubts, *prepared.notes, *told],
    }


def _told_normals(given: Path, out: Path, progress: Progress) -> tuple[str, ...]:
    """Write what is told of the prepared frames' normals beside them; returns notes."""
    from ..reconstruction.frames.frames import NORMALS, load_frames
    from ..reconstruction.frames.told_normals import normal_source, save_normals, told_normals

    frames = load_frames(out, rejected=True)
    told = told_normals(frames, normal_source(given), progress)
    save_normals(told.normals, [view.file for view in frames.orbit.views], out / NORMALS)
    return told.notes


def _not_one_object(job: PictureToMesh, error: UserError) -> UserError:
    """What is wrong with frames that the artist did not make, and so cannot put right."""
    better = "the official SV3D weights, " if NOTE in job.notes else ""
    return UserError(
        "The orbit that SV3D made does not show one solid object from all sides, so it cannot become a mesh.",
        f"Look at {job.orbit_folder / 'contact_sheet.png'}; try {better}another seed, elevation or picture.",
        f"{error}\n{error.details}",
    )


# Steps, priors and grids are tuned in units in which frames are this wide where the object stands, whatever the
# artist's own units and lens are.
WORKING_WIDTH = 1.4


def _working_frames(job: FramesToMesh, normals: bool = False) -> tuple["Frames", float]:
    """The frames with their cameras where they see WORKING_WIDTH, and how many of the artist's units one such is.

    With ``normals``, if any were told.
    """
    from ..reconstruction.frames.frames import load_frames

    frames = load_frames(job.folder, normals=normals and job.normals is not None)
    distance = WORKING_WIDTH / (2 * frames.orbit.tan_half_fov)
    return replace(frames, orbit=replace(frames.orbit, distance=distance)), frames.orbit.distance / distance


_CONTRADICTIONS = (
    "The frames do not quite show one object: reflections move over it, or its sides were imagined differently. "
    "Its outlines were followed more than its colours, so hollows may be filled; look at it from all sides."
)


_TURNS = (
    "The light turns with the frames, as on a turntable before lamps that stand still, and was taken out frame by "
    "frame. light.hdr is the light of the front view."
)
_WITHOUT_LPIPS = "The LPIPS loss was left out: its weights are not here (models get lpips)."
_STOPPED = "It was stopped early, so the shape is not refined to the end. Generate it again for the whole."


def _field(job: FramesToMesh, out: Path, progress: Progress, device: "torch.device") -> Facts:
    from ..reconstruction.asset.previews import save_clay
    from ..reconstruction.asset.shape_file import write_shape
    from ..reconstruction.field.fit import fit_field
    from ..reconstruction.field.radiance_field import extract_mesh, save_field
    from ..reconstruction.frames.carving import TRUSTED

    seed = seed_everything(job.seed, "field")
    frames, unit = _working_frames(job)
    field, trust = fit_field(frames, job.settings, device, seed, progress)
    save_field(field, trust, _work(out) / _FIELD)
    vertices, faces = extract_mesh(field)
    save_clay(vertices, faces, frames.orbit, len(frames.rgb) - 1, out / "coarse.png")
    progress.preview("image", out / "coarse.png")
    if len(faces):
        write_shape(vertices.numpy() * unit, faces.numpy(), out / "coarse.glb")
        progress.preview("mesh", out / "coarse.glb")
    notes = [*([_CONTRADICTIONS] if trust < TRUSTED else []), *([_STOPPED] if progress.finishing else [])]
    return {"faces": len(faces), "trust": round(trust, 3), "notes": notes}


def _mesh(job: FramesToMesh, out: Path, progress: Progress, device: "torch.device") -> Facts:
    from ..reconstruction.field.radiance_field import load_field
    from ..reconstruction.mesh.evolve import evolve
    from ..reconstruction.mesh.refined_surface import save_surface
    from ..reconstruction.perceptual import installed_lpips

    seed = seed_everything(job.seed, "mesh")
    field, trust = load_field(_work(job.folder) / _FIELD)
    frames, unit = _working_frames(job, normals=True)
    judge = installed_lpips("vgg") if job.settings.losses.perceptual else None
    whole = _mesh_seconds(job)
    swept = 0.5 * (whole - _guided_seconds(job)) / whole
    surface, sds, notes = _refined(job, frames, field, judge, device, seed, progress.part(0.0, 1 - swept))
    held = None if surface.imagined is None else surface.imagined.share
    sweeping = progress.part(1 - swept, 1.0)
    vertices = evolve(surface.vertices, surface.faces, frames, job.settings.sweeps, sweeping, trust, held)
    surface = replace(surface, vertices=vertices * unit)
    save_surface(surface, _work(out) / _SURFACE)
    notes += [_STOPPED] if progress.finishing else []
    if job.settings.losses.perceptual and judge is None:
        notes.append(_WITHOUT_LPIPS)
    losses = _curves(surface.losses)
    return {
        "vertices": len(surface.vertices),
        "faces": len(surface.faces),
        "losses": losses,
        "sds": sds,
        "notes": notes,
    }


_NO_MEMORY = "Memory was too small for masked SDS, so the mesh was made from the frames alone."


def _refined(
    job: FramesToMesh,
    frames: "Frames",
    field: "RadianceField",
    judge: "LPIPS | None",
    device: "torch.device",
    seed: int,
    progress: Progress,
) -> tuple["Surface", Facts, list[str]]:
    """The fine stage's surface, what to tell of masked SDS, and notes; without SDS where memory is too small for it."""
    from ..reconstruction.mesh.refine import refine

    guiding = job.guiding
    if guiding is None:
        surface, _ = refine(frames, field, job.settings, device, seed, progress, judge)
        return surface, {"ran": False, "why": job.unguided}, []
    from ..reconstruction.guidance.make_guide import make_guide
    from ..reconstruction.guidance.soft_visibility import unseen_share
    from ..reconstruction.mesh.refined_surface import Imagined

    networks = resolve_device(job.device_name)
    try:
        with ExitStack() as ours:
            if networks.type != device.type:  # else the stage has the card already
                ours.enter_context(card_locked(card_key(networks), progress))
            guide = make_guide(
                frames,
                guiding.weights,
                guiding.frame_size,
                (guiding.guidance_scale, guiding.camera_guidance),
                job.settings.distillation,
                networks,
                seed,
                progress.part(0.0, 0.05),
                guiding.precision,
                guiding.memory,
            )
            given, told, cost = copy.deepcopy(field), progress.part(0.05, 1.0), _guided_cost(job)
            surface, appearance = refine(frames, given, job.settings, device, seed, told, judge, guide, cost)
    except (MemoryError, RuntimeError) as error:
        if not out_of_memory(error):
            raise
    else:
        share = unseen_share(surface.vertices, surface.faces, frames.orbit, job.settings.distillation.occlusion)
        imagined = Imagined(share, appearance.albedo(surface.vertices).detach())
        facts = {"ran": True, "model": guiding.model, "orbits": len(guide.levels), "unseen": float(share.mean())}
        return replace(surface, imagined=imagined), facts, []
    release_memory(networks)  # not in the handler: only now has the error let go of the networks
    surface, _ = refine(frames, field, job.settings, device, seed, progress, judge)
    return surface, {"ran": False, "why": _NO_MEMORY}, [_NO_MEMORY]


def _material(job: FramesToMesh, out: Path, progress: Progress) -> Facts:
    """On the processor: seconds, as nothing is trained."""
    from ..reconstruction.frames.frames import load_frames
    from ..reconstruction.light import save_light, save_panorama
    from ..reconstruction.material.imagination import with_imagined
    from ..reconstruction.material.material import recover_material, save_material
    from ..reconstruction.mesh.refined_surface import load_surface

    seed = seed_everything(job.seed, "material")
    surface = load_surface(_work(job.folder) / _SURFACE)
    frames, glossy = load_frames(job.folder), job.settings.material == "pbr"
    lit = job.settings.material != "baked"
    material = recover_material(frames, surface.vertices, surface.faces, glossy, seed, progress, job.light, lit)
    if surface.imagined is not None:
        material = with_imagined(material, surface.imagined)
    turns = material.turning is not None
    save_material(material, _work(out) / _MATERIAL)
    save_light(material.light, out / "light.json")
    save_panorama(material.light, out / "light.hdr")
    return {
        "seen": float((material.evidence > 0).float().mean()),
        "light": "turns" if turns else "fixed",
        "views_differ": material.differ,
        "notes": [_TURNS] if turns else [],
    }


def _asset(job: FramesToMesh, out: Path, progress: Progress) -> Facts:
    """On the processor, where meshes are made."""
    from ..reconstruction.asset.build import build_asset
    from ..reconstruction.frames.frames import load_frames
    from ..reconstruction.material.material import load_material
    from ..reconstruction.material.painter import Painter
    from ..reconstruction.mesh.refined_surface import load_surface

    seed_everything(job.seed, "asset")
    surface = load_surface(_work(job.folder) / _SURFACE)
    material = load_material(_work(job.folder) / _MATERIAL)
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


def _turntable(job: FramesToMesh, out: Path, progress: Progress) -> Facts:
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


_MESH_SECONDS = _seconds(9, 41, 85)
_FINE_STEP = 0.3  # seconds on a common machine, without a guide


def _guided_seconds(job: FramesToMesh) -> float:
    """What masked SDS takes, and loading its networks."""
    if job.guiding is None:
        return 0.0
    return guided_seconds(job.settings.distillation.steps, job.guiding.step_share, resolve_device(job.device_name).type)


def _guided_cost(job: FramesToMesh) -> float:
    """A guided step's time beside another's."""
    return 1 + _guided_seconds(job) / job.settings.distillation.steps / _FINE_STEP


def _mesh_seconds(job: FramesToMesh) -> float:
    return _MESH_SECONDS(job) + _guided_seconds(job)


MESH_STAGES = (
    Stage("frames", "Reading the frames", _seconds(2, 2, 2), _frames, frames_inputs),
    Stage("field", "Finding the rough shape", _seconds(23, 52, 60), on_faster_device("field", _field), field_inputs),
    Stage("mesh", "Refining the shape", _mesh_seconds, on_faster_device("mesh", _mesh), mesh_inputs),
    Stage("material", "Separating colour, gloss and light", _seconds(4, 5, 8), _material, material_inputs),
    Stage("asset", "Making the textured mesh", _seconds(7, 21, 75), _asset, asset_inputs),
    Stage("turntable", "Rendering the turntable", _seconds(1, 4, 11), _turntable, turntable_inputs),
)


def stages_for(request: protocol.Job) -> Sequence[Stage]:
    """The stages of this kind of job, in order."""
    match request:
        case protocol.MeshJob():
            return MESH_STAGES
        case protocol.GenerateJob():
            return (*ORBIT_STAGES, *MESH_STAGES)
        case protocol.OrbitJob():
            return ORBIT_STAGES
