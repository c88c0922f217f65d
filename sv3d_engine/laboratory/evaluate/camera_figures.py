"""How well cameras are found: a benchmark's orbits with something of their cameras hidden."""

import math
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image

from ...ground.progress import Progress
from ...ground.torch_setup import one_thread
from ...orbit.cameras import CameraOrbit
from ...orbit.orbit_files import CameraFile
from ...reconstruction.frames.camera_fit import Candidate, best_orbit
from ...reconstruction.frames.camera_readings import REVERSED
from ...reconstruction.frames.coherence import Outlines, TurnCameras
from ...reconstruction.frames.refined_cameras import refine_cameras
from .known_objects import known_objects
from .reconstruction import bench_orbit

SIZE = 288  # pixels: half of the benchmark's
SHIFT = (-9, 4)  # pixels right and down
RISE = 20.0  # degrees
LENS = 45.0  # degrees
UNEVEN = 3.0  # degrees, standard deviation of each azimuth


@dataclass(frozen=True)
class Hidden:
    """What is told wrongly: outlines and cameras to those that are told."""

    name: str
    told: Callable[[NDArray[np.float32], TurnCameras], tuple[NDArray[np.float32], TurnCameras]]


def _uneven(alpha: NDArray[np.float32], right: TurnCameras) -> tuple[NDArray[np.float32], TurnCameras]:
    moved = torch.from_numpy(np.random.default_rng(1).normal(0, UNEVEN, len(alpha))).float()
    moved[-1] = 0
    return alpha, replace(right, azimuths=right.azimuths + moved)


HIDDEN = (
    Hidden("nothing", lambda alpha, right: (alpha, right)),
    Hidden("elevation", lambda alpha, right: (alpha, replace(right, elevations=right.elevations + RISE))),
    Hidden("direction", lambda alpha, right: (alpha, replace(right, azimuths=-right.azimuths))),
    Hidden("aim", lambda alpha, right: (np.roll(alpha, SHIFT[::-1], (1, 2)), right)),
    Hidden("lens", lambda alpha, right: (alpha, replace(right, fov_deg=LENS))),
    Hidden("steps", _uneven),
)

BY_COLOURS = ("nothing", "steps")  # of these, what outlines leave is refined


def camera_figures(bench: Path, objects: Sequence[str]) -> str:
    """A table in Markdown: errors of what was hidden, and of the rest, for each object."""
    names = objects or known_objects(bench)
    rows = [
        "| object | hidden | elevation | azimuth, mean | azimuth, most | aim, px of 576 | lens | misfit ‰ | seconds |",
        "| --- | --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: |",
    ]
    for name in names:
        orbit = bench_orbit(bench / name / "cameras.json")
        frames = _frames(bench / name / "orbit_dynamic", orbit)
        for hidden in HIDDEN:
            for row in _rows(name, hidden, frames, orbit):
                rows.append(row)
                print(row, flush=True)
    return "\n".join(rows)


def _frames(folder: Path, orbit: CameraOrbit) -> NDArray[np.uint8]:  # (N, S, S, 4)
    frames = []
    for view in orbit.views:
        with Image.open(folder / view.file) as picture:
            frames.append(np.asarray(picture.convert("RGBA")))
    return np.stack(frames)


def _outline(frame: NDArray[np.uint8]) -> NDArray[np.float32]:  # (S, S, 4) -> (SIZE, SIZE)
    small = Image.fromarray(frame[..., 3]).resize((SIZE, SIZE), Image.Resampling.BOX)
    coverage: NDArray[np.float32] = np.asarray(small, np.float32) / np.float32(255)
    return coverage


def _rows(name: str, hidden: Hidden, frames: NDArray[np.uint8], orbit: CameraOrbit) -> Iterator[str]:
    """What outlines find; of steps and of nothing also what colours make of it."""
    alpha = np.stack([_outline(frame) for frame in frames])
    elevations = torch.tensor([view.elevation for view in orbit.views])
    right = TurnCameras(elevations, torch.tensor([view.azimuth for view in orbit.views]), orbit.fov_deg)
    shown, told = hidden.told(alpha, right)
    started = time.process_time()
    with one_thread():
        other = replace(told, azimuths=2 * told.azimuths[-1] - told.azimuths)
        _, found = best_orbit(Outlines(shown), told, {REVERSED: other}, Progress())
    yield _said(name, hidden.name, found, right, time.process_time() - started)
    if hidden.name not in BY_COLOURS:
        return
    angles = zip(orbit.views, found.cameras.elevations.tolist(), found.cameras.azimuths.tolist(), strict=True)
    views = tuple(replace(view, elevation=e, azimuth=a) for view, e, a in angles)
    described = CameraFile(found.cameras.fov_deg, orbit.distance, views)
    started = time.process_time()
    refined, _ = refine_cameras(frames, described, orbit.distance, Progress())
    cameras = replace(found.cameras, azimuths=torch.tensor([view.azimuth for view in refined.views]))
    coloured = replace(found, cameras=cameras)
    yield _said(name, f"{hidden.name}, by colours", coloured, right, time.process_time() - started)


def _said(name: str, hidden: str, found: Candidate, right: TurnCameras, seconds: float) -> str:
    cameras = found.cameras
    shift = [pixels / SIZE for pixels in SHIFT] if hidden == "aim" else [0.0, 0.0]
    aim = math.dist(cameras.aim, shift) * 576
    turned = (cameras.azimuths - right.azimuths + 180) % 360 - 180
    figures = (
        f"{float((cameras.elevations - right.elevations).abs().max()):.2f}°",
        f"{float(turned.abs().mean()):.2f}°",
        f"{float(turned.abs().max()):.2f}°",
        f"{aim:.2f}",
        f"{cameras.fov_deg - right.fov_deg:+.2f}°",
        f"{1000 * found.misfit:.3f}",
        f"{seconds:.1f}",
    )
    return f"| {name} | {hidden} | {' | '.join(figures)} |"
