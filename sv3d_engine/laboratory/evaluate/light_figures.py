"""Known objects on a turntable: whether light that turns is told, and what base colour comes of it: ``evaluate light``.

Each object turns before lamps that stand still, drawn by the project's own renderer and by Cycles, and becomes a mesh
once; colours and light are then recovered in each mode.  Beside it stand the benchmark's own frames, whose light is
fixed to the object.
"""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image

from ...ground.progress import Progress
from ...job.run import run_job
from ...orbit.cameras import CameraOrbit
from ...orbit.orbit_files import write_cameras
from ...reconstruction.frames.frames import Frames
from ...reconstruction.material.lit_surface import look_at
from ...reconstruction.material.turning import under_turning_light
from ...shared import protocol
from ..dataset.model_files import load_object
from ..dataset.orbits import Light
from ..dataset.rendering import render_orbit
from .known_objects import known_objects
from .mesh_scoring import score_mesh
from .reconstruction import bench_orbit
from .relight import Shot, render, roughness_of

SIZE = 288
LAMPS = ("sunset.exr", "courtyard.exr", "interior.exr", "studio.exr")  # Blender's own (CC0), by turns
RENDERERS = ("engine", "cycles")
_HEAD = (
    "| object | drawn by | views differ | if it turns | told | albedo, fixed | turns | auto | chamfer |",
    "| --- | --- | ---: | ---: | --- | ---: | ---: | ---: | ---: |",
)
_HEAD_TOLD = ("| object | drawn by | views differ | if it turns | told |", "| --- | --- | ---: | ---: | --- |")
_FIXED = "benchmark, light fixed"


@dataclass(frozen=True)
class LightTask:
    """What ``light_figures`` measures, and with what."""

    bench: Path
    out: Path
    objects: Sequence[str]
    preset: str
    bpy: str  # a Python with bpy; without one Cycles is left out

    def names(self) -> list[str]:
        """The objects asked for, or all."""
        return list(self.objects) or known_objects(self.bench)

    def frames(self, source: Path, orbit: CameraOrbit, renderer: str, number: int) -> Path:
        """The benchmark's own frames, or those of a turntable, drawn unless they are there."""
        if not renderer:
            return source / "orbit_dynamic"
        folder = self.out / f"{source.name}_{renderer}_frames"
        _drawn(renderer, source, orbit, LAMPS[number % len(LAMPS)], folder, self.bpy)
        return folder


def light_figures(task: LightTask, tell: Callable[[str], None]) -> str:
    """A table in Markdown, a row for each object and renderer; what lies in ``out`` already is kept."""
    rows = list(_HEAD)
    for number, name in enumerate(task.names()):
        source = task.bench / name
        orbit = bench_orbit(source / "cameras.json")
        for renderer in ("", *(RENDERERS if task.bpy else RENDERERS[:1])):
            frames = task.frames(source, orbit, renderer, number)
            rows.append(_row(task, source, orbit, frames, renderer))
            tell(rows[-1])
    return "\n".join(rows)


def told_figures(task: LightTask, tell: Callable[[str], None]) -> str:
    """The same without meshes of our own: how far views of one point of the true surface differ, and what is told."""
    rows = list(_HEAD_TOLD)
    for number, name in enumerate(task.names()):
        source = task.bench / name
        orbit = bench_orbit(source / "cameras.json")
        thing = load_object(source / "mesh.glb", front="x", fitted=False)
        shape = torch.from_numpy(thing.vertices), torch.from_numpy(thing.faces).long()
        for renderer in ("", *(RENDERERS if task.bpy else RENDERERS[:1])):
            folder = task.frames(source, orbit, renderer, number)
            surface = look_at(_frames(folder, orbit), *shape, Progress())
            told = under_turning_light(surface, orbit, torch.Generator().manual_seed(0))
            mode = "turns" if told.clearly else "fixed"
            rows.append(f"| {name} | {renderer or _FIXED} | {told.before:.3f} | {told.left:.3f} | {mode} |")
            tell(rows[-1])
    return "\n".join(rows)


def _frames(folder: Path, orbit: CameraOrbit) -> Frames:
    """Frames of SIZE² pixels."""
    pictures = []
    for view in orbit.views:
        with Image.open(folder / view.file) as picture:
            pictures.append(np.asarray(picture.convert("RGBA").resize((SIZE, SIZE), Image.Resampling.BOX), np.float32))
    rgba = torch.from_numpy(np.stack(pictures)) / 255
    rgb, alpha = rgba[..., :3], rgba[..., 3]
    return Frames(torch.where(alpha[..., None] > 0, rgb, torch.ones(())), alpha.contiguous(), orbit)


def _drawn(renderer: str, source: Path, orbit: CameraOrbit, lamps: str, frames: Path, python: str) -> None:
    """The object turning before lamps that stand still."""
    if len(list(frames.glob("*.png"))) == len(orbit.views):
        return
    frames.mkdir(parents=True, exist_ok=True)
    if renderer == "cycles":
        views = [(view.elevation, view.azimuth) for view in orbit.views]
        mesh = str(source / "mesh.glb")
        roughness = roughness_of(source)
        render(
            Shot(mesh, lamps, views, orbit.fov_deg, orbit.distance, 0.0, roughness, SIZE, spins=True), frames, python
        )
        return
    thing = load_object(source / "mesh.glb", front="x", fitted=False)
    lamp = Light(
        torch.nn.functional.normalize(torch.tensor([[0.6, -0.9, 0.8], [0.3, 0.9, 0.1], [0.0, 0.0, 1.0]]), dim=1),
        torch.tensor([12.0, 4.0, 0.5]),
        torch.tensor([1.9, 0.35, 0.45]),
    )
    for view in orbit.views:
        turned = replace(lamp, axes=_about_z(lamp.axes, view.azimuth))
        picture = render_orbit(thing, replace(orbit, views=(view,)), turned, SIZE)[0]
        Image.fromarray(picture.permute(1, 2, 0).numpy()).save(frames / view.file)


def _about_z(axes: torch.Tensor, degrees: float) -> torch.Tensor:  # (K, 3)
    angle = torch.deg2rad(torch.tensor(degrees))
    x, y, z = axes.unbind(1)
    return torch.stack([angle.cos() * x - angle.sin() * y, angle.sin() * x + angle.cos() * y, z], 1)


def _row(task: LightTask, source: Path, orbit: CameraOrbit, frames: Path, renderer: str) -> str:
    job = task.out / f"{source.name}_{renderer or 'bench'}"
    cameras = task.out / f"{source.name}_cameras.json"
    task.out.mkdir(parents=True, exist_ok=True)
    write_cameras(orbit, cameras)
    told = ""
    scores: dict[str, dict[str, float]] = {}
    differ: Sequence[float] = (0.0, 0.0)
    for mode in ("auto", "fixed", "turns"):
        if mode == told:
            scores[mode] = scores["auto"]
            continue
        if mode != "auto" and not renderer:
            continue  # light that is fixed to the object: only whether it is told
        report = _made(task, job, frames, cameras, mode)
        scores[mode] = _scored(task, job, source, mode)
        if mode == "auto":
            told, differ = report["stages"]["material"]["light"], report["stages"]["material"]["views_differ"]
    psnr = [
        f"{scores[mode]['albedo_psnr_inside']:.2f}" if mode in scores else "" for mode in ("fixed", "turns", "auto")
    ]
    what = ("stand still", renderer) if renderer else ("turn with the object", "the benchmark")
    figures = (*what, f"{differ[0]:.3f}, {differ[1]:.3f}", told, *psnr, f"{scores['auto']['chamfer']:.4f}")
    return f"| {source.name} | {' | '.join(figures)} |"


def _made(task: LightTask, job: Path, frames: Path, cameras: Path, mode: str) -> dict[str, Any]:
    """The mesh in one mode; what another has made of the shape is kept."""
    request = protocol.MeshJob(
        job.name, str(frames), str(job), str(cameras), preset=task.preset, device="cpu", resume=True, light=mode
    )
    result = run_job(request, lambda message: None)
    report: dict[str, Any] = json.loads(Path(result.report).read_text(encoding="utf-8"))
    return report


def _scored(task: LightTask, job: Path, source: Path, mode: str) -> dict[str, float]:
    """The figures; the pictures that they come from lie beside the job."""
    return score_mesh(job / "mesh.glb", source, pictures=task.out / f"{job.name}_{mode}_renders")
