"""A job's stages that find the shape: frames → field → mesh."""

import copy
from contextlib import ExitStack
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

from ..ground.device import card_key, release_memory, resolve_device
from ..ground.lock import card_locked
from ..ground.progress import Progress
from ..ground.settings import Distillation
from ..ground.torch_setup import seed_everything
from ..shared.errors import out_of_memory
from ..shared.model_facts import guided_seconds
from .frames_stage import working_frames
from .job import Facts, FramesToMesh, Guiding
from .work_files import FIELD, SURFACE, work_folder

if TYPE_CHECKING:
    import torch

    from ..reconstruction.field.radiance_field import RadianceField
    from ..reconstruction.frames.frames import Frames
    from ..reconstruction.mesh.refine import Refined
    from ..reconstruction.mesh.refined_surface import Surface
    from ..reconstruction.perceptual import LPIPS

_CONTRADICTIONS = (
    "The frames do not quite show one object: reflections move over it, or its sides were imagined differently. "
    "Its outlines were followed more than its colours, so hollows may be filled; look at it from all sides."
)
_NO_MEMORY = "Memory was too small to imagine unseen parts, so the mesh was made from the frames alone."
_WITHOUT_LPIPS = "The LPIPS loss was left out: its weights are not here (models get lpips)."
_STOPPED = "It was stopped early, so the shape is not refined to the end. Generate it again for the whole."


def find_field(job: FramesToMesh, out: Path, progress: Progress, device: "torch.device") -> Facts:
    from ..reconstruction.asset.previews import save_clay
    from ..reconstruction.asset.shape_file import write_shape
    from ..reconstruction.field.fit import fit_field
    from ..reconstruction.field.radiance_field import extract_mesh, save_field
    from ..reconstruction.frames.carving import TRUSTED

    seed = seed_everything(job.seed, "field")
    frames, unit = working_frames(job)
    field, trust = fit_field(frames, job.settings, device, seed, progress)
    save_field(field, trust, work_folder(out) / FIELD)
    vertices, faces = extract_mesh(field)
    save_clay(vertices, faces, frames.orbit, len(frames.rgb) - 1, out / "coarse.png")
    progress.preview("image", out / "coarse.png")
    if len(faces):
        write_shape(vertices.numpy() * unit, faces.numpy(), out / "coarse.glb")
        progress.preview("mesh", out / "coarse.glb")
    notes = [*([_CONTRADICTIONS] if trust < TRUSTED else []), *([_STOPPED] if progress.finishing else [])]
    return {"faces": len(faces), "trust": round(trust, 3), "notes": notes}


def refine_mesh(job: FramesToMesh, out: Path, progress: Progress, device: "torch.device") -> Facts:
    from ..reconstruction.field.radiance_field import load_field
    from ..reconstruction.mesh.evolve import evolve
    from ..reconstruction.mesh.refined_surface import save_surface
    from ..reconstruction.perceptual import installed_lpips

    seed = seed_everything(job.seed, "mesh")
    field, trust = load_field(work_folder(job.folder) / FIELD)
    frames, unit = working_frames(job, normals=True)
    judge = installed_lpips("vgg") if job.settings.losses.perceptual else None
    whole = refining_seconds(job)
    swept = 0.5 * (whole - _guided_seconds(job)) / whole
    found, gain, sds, notes = _refined(job, frames, field, judge, device, seed, progress.part(0.0, 1 - swept))
    sweeping = progress.part(1 - swept, 1.0)
    vertices, faces = found.surface.vertices, found.surface.faces
    vertices = evolve(vertices, faces, frames, job.settings.sweeps, sweeping, trust)
    surface = replace(found.surface, vertices=vertices)
    if gain is not None:
        surface = _with_imagined(surface, found, gain, frames, job.settings.distillation)
    if surface.imagined is not None:
        sds["unseen"] = float(surface.imagined.share.mean())
    save_surface(replace(surface, vertices=surface.vertices * unit), work_folder(out) / SURFACE)
    notes += [_STOPPED] if progress.finishing else []
    if job.settings.losses.perceptual and judge is None:
        notes.append(_WITHOUT_LPIPS)
    return {
        "vertices": len(surface.vertices),
        "faces": len(surface.faces),
        "losses": _curves(surface.losses),
        "sds": sds,
        "notes": notes,
    }


def _refined(
    job: FramesToMesh,
    frames: "Frames",
    field: "RadianceField",
    judge: "LPIPS | None",
    device: "torch.device",
    seed: int,
    progress: Progress,
) -> tuple["Refined", "torch.Tensor | None", Facts, list[str]]:
    """What the fine stage finds, what it multiplied colours by, what to tell of masked SDS, and notes.

    Where memory is too small for SDS, without it.
    """
    from ..reconstruction.mesh.refine import refine

    why, notes = job.unguided, []
    if job.guiding is not None:
        guided = _guided(job, job.guiding, frames, copy.deepcopy(field), judge, device, seed, progress)
        if guided is not None:
            return *guided, []
        release_memory(resolve_device(job.device_name))  # only here has all that was loaded been let go
        progress.restarted()
        why, notes = _NO_MEMORY, [_NO_MEMORY]
    found = refine(frames, field, job.settings, device, seed, progress, judge)
    return found, None, {"ran": False, "why": why}, notes


def _guided(
    job: FramesToMesh,
    guiding: Guiding,
    frames: "Frames",
    field: "RadianceField",
    judge: "LPIPS | None",
    device: "torch.device",
    seed: int,
    progress: Progress,
) -> tuple["Refined", "torch.Tensor | None", Facts] | None:
    """The same with masked SDS at the end; None where memory is too small for it."""
    from ..reconstruction.guidance.make_guide import make_guide
    from ..reconstruction.mesh.refine import refine

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
                job.light,
                job.settings.material != "baked",
            )
            cost, told = _guided_cost(job), progress.part(0.05, 1.0)
            found = refine(frames, field, job.settings, device, seed, told, judge, guide, cost)
    except (MemoryError, RuntimeError) as error:
        if out_of_memory(error):
            return None
        raise
    facts = {"model": guiding.model, "orbits": len(guide.levels)}
    if found.guided is None:
        return found, None, {"ran": False, "why": "It was stopped before.", **facts}
    return found, guide.gain(found.surface.vertices, found.appearance), {"ran": True, **facts}


def _with_imagined(
    surface: "Surface", found: "Refined", gain: "torch.Tensor", frames: "Frames", settings: Distillation
) -> "Surface":
    """The swept surface with what the guided phase made of its shape and colours, where no frame looks."""
    import torch

    from ..reconstruction.guidance.imagined_shape import with_imagined_shape
    from ..reconstruction.guidance.soft_visibility import unseen_share
    from ..reconstruction.mesh.refined_surface import Imagined

    assert found.guided is not None
    share = unseen_share(surface.vertices, surface.faces, frames.orbit, settings.occlusion)
    share = share if settings.masked else torch.ones_like(share)
    vertices = with_imagined_shape(surface.vertices, found.surface.vertices, surface.faces, found.guided, share)
    return replace(surface, vertices=vertices, imagined=Imagined(share, gain))


def _curves(losses: dict[str, list[float]], points: int = 50) -> dict[str, list[float]]:
    """Each loss averaged over as many equal parts of the run, for a curve in the report."""
    curves = {}
    for name, values in losses.items():
        parts = min(points, len(values))
        edges = [len(values) * i // parts for i in range(parts + 1)]
        curves[name] = [sum(values[a:b]) / (b - a) for a, b in pairwise(edges)]
    return curves


_MESH_SECONDS = {"draft": 9.0, "standard": 41.0, "high": 85.0}  # on two CPU cores, without a guide
_FINE_STEP = 0.3  # seconds on a common machine, without a guide


def _guided_seconds(job: FramesToMesh) -> float:
    """What masked SDS takes, and loading its networks."""
    if job.guiding is None:
        return 0.0
    return guided_seconds(job.settings.distillation.steps, job.guiding.step_share, resolve_device(job.device_name).type)


def _guided_cost(job: FramesToMesh) -> float:
    """A guided step's time beside another's."""
    return 1 + _guided_seconds(job) / job.settings.distillation.steps / _FINE_STEP


def refining_seconds(job: FramesToMesh) -> float:
    return _MESH_SECONDS[job.settings.preset] + _guided_seconds(job)
