"""UV atlas by xatlas, in a child process that Cancel and the time limit can end at once.

What xatlas sees is a copy that is smoothed a little: it takes dents as small as a face for borders of charts.  The
copy's faces are the mesh's, and so are its UVs.
"""

import os
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import numpy as np

from ...ground.processes import interpreter_flags
from ...ground.progress import Progress
from ...shared.errors import UserError
from .texels import overlaps
from .topology import Bools, Floats, Ints, TriMesh, face_components, half_edge_ends, mates
from .unwrap_child import NO_FILE, NO_MEMORY, NO_PACKAGE

CHILD = Path(__file__).with_name("unwrap_child.py")
TIME_LIMIT = 240.0  # seconds; twenty times what clean meshes of the largest budget take
POLL = 0.05  # seconds between looks at the child
SECONDS_A_FACE = 2e-4  # a middling machine, for the progress bar only
XATLAS_SIZE = 1000.0  # units across: xatlas leaves out faces below 1.2e-7 units² whatever the mesh's scale
# Smoothing passes, and how much a chart may cost in xatlas' terms; the later ones for meshes of which the first makes
# charts that overlap themselves.  On four reconstructions (corset, robot, stool, another) the first makes
# 339, 165, 39 and 67 charts of 7, 5, 3 and 2 % stretch (without smoothing 848, 442, 62 and 144 of 3, 5, 3 and 2 %);
# on two of the four xatlas by itself overlaps.
ATTEMPTS = ((2, 2.0), (2, 4.0), (0, 1.0))
OVERLAP_SIZE = 2048  # texels a side on which overlap is looked for at most; finer tells nothing more
GUTTER_SHARE = 512  # the texture's side over the gap between charts: 4 texels at 2048


@dataclass(frozen=True)
class Atlas:
    """Charts in the unit square.  Vertices are repeated along seams."""

    vertex_map: Ints  # (W,) the mesh vertex each atlas vertex stands for
    faces: Ints  # (F, 3) into atlas vertices, in the mesh's order
    uv: Floats  # (W, 2) float32 in [0, 1], v up
    charts: int


def unwrap(
    mesh: TriMesh, texture_size: int, work: Path, progress: Progress | None = None, time_limit: float = TIME_LIMIT
) -> Atlas:
    """Unwrap a manifold mesh for a square texture, deterministically and if possible without overlap.

    ``work`` is a writable folder for the child's files, which are gone afterwards.  Raises UserError if the child
    fails or outlasts ``time_limit`` seconds, and whatever ``progress`` raises, with the child ended.
    """
    progress = progress or Progress()
    progress(0.0, "Unwrapping")
    least, best = -1, None
    for turn, (passes, max_cost) in enumerate(ATTEMPTS):
        part = progress.part(turn / (turn + 1), (turn + 1) / (turn + 2))
        atlas = _by_xatlas(smoothed(mesh, passes), texture_size, max_cost, work, part, time_limit)
        faults = overlap(atlas, texture_size) + int(folded(atlas).sum())
        if best is None or faults < least:
            least, best = faults, atlas
        if not faults:
            break
    progress(1.0)
    assert best is not None
    return best


def overlap(atlas: Atlas, texture_size: int) -> int:
    """Texels that more than one face claims."""
    return len(overlaps(atlas.uv, atlas.faces, min(texture_size, OVERLAP_SIZE))[0])


def folded(atlas: Atlas) -> Bools:  # (F,)
    """Faces whose UV triangle is turned over against most of its chart, or has no area."""
    c = atlas.uv[atlas.faces].astype(np.float64)
    u, v = c[:, 1] - c[:, 0], c[:, 2] - c[:, 0]
    area = u[:, 0] * v[:, 1] - u[:, 1] * v[:, 0]
    number, chart = face_components(mates(TriMesh(np.pad(atlas.uv, ((0, 0), (0, 1))), atlas.faces)))
    chart_sign = np.sign(np.bincount(chart, area, number))
    result: Bools = np.sign(area) * chart_sign[chart] <= 0
    return result


def smoothed(mesh: TriMesh, passes: int) -> TriMesh:
    """The mesh with every vertex moved half-way to the mean of its neighbours, ``passes`` times."""
    start, end = half_edge_ends(mesh.faces)
    start, end = np.concatenate([start, end]), np.concatenate([end, start])
    count = np.maximum(np.bincount(start, minlength=len(mesh.vertices)), 1)
    vertices = mesh.vertices
    for _ in range(passes):
        mean = np.stack([np.bincount(start, column[end], len(vertices)) / count for column in vertices.T], 1)
        vertices = (vertices + mean) / 2
    return TriMesh(vertices, mesh.faces)


def _by_xatlas(
    mesh: TriMesh, texture_size: int, max_cost: float, work: Path, progress: Progress, time_limit: float
) -> Atlas:
    source, target, log = (work / f"unwrap_{os.getpid()}{end}" for end in ("_in.npz", "_out.npz", ".log"))
    try:
        np.savez(
            source,
            vertices=(mesh.vertices * (XATLAS_SIZE / mesh.diagonal)).astype(np.float32),
            faces=mesh.faces.astype(np.uint32),
            max_cost=max_cost,
            # Packing on half the texels takes half the time and as good as no area.
            resolution=texture_size // 2,
            padding=max(texture_size // GUTTER_SHARE // 2, 1),
            timeout=time_limit,
        )
        with log.open("wb") as log_file:
            command = [sys.executable, *interpreter_flags(), "-P", str(CHILD), str(source), str(target)]
            status = _run(command, log_file, mesh, time_limit, progress)
        if status or not target.exists():
            raise _failure(status, log.read_text("utf-8", "replace")[-4000:], target)
        with np.load(target) as result:
            return Atlas(
                result["vertex_map"].astype(np.int64),
                result["faces"].astype(np.int64),
                result["uv"].astype(np.float32),
                int(result["charts"]),
            )
    finally:
        for path in (source, target, target.with_name(f"{target.stem}_part.npz"), log):
            path.unlink(missing_ok=True)


def _failure(status: int, log: str, target: Path) -> Exception:
    """What ended the child, by its exit status."""
    if status in (NO_MEMORY, -9):  # Linux ends what takes the last of the memory with signal 9
        return MemoryError(f"the unwrapping process ended with {status}\n{log}")
    if status == NO_PACKAGE:
        return ImportError(log, name="xatlas")
    if status > NO_FILE:
        return OSError(status - NO_FILE, os.strerror(status - NO_FILE), str(target))
    return UserError(
        "The mesh could not be unwrapped.",
        "Generate again with the preset “draft” or another seed.",
        f"exit status {status}\n{log}",
    )


def _run(command: list[str], log_file: IO[bytes], mesh: TriMesh, time_limit: float, progress: Progress) -> int:
    """Wait for the child while reporting and return its status; leave no child behind whatever happens."""
    flags: int = getattr(subprocess, "CREATE_NO_WINDOW", 0)  # no console pops up on Windows
    # Nothing but protocol messages may reach the engine's own stdout.
    child = subprocess.Popen(
        command, stdin=subprocess.DEVNULL, stdout=log_file, stderr=subprocess.STDOUT, creationflags=flags
    )
    started = time.monotonic()
    expected = 2 + SECONDS_A_FACE * len(mesh.faces)
    try:
        while child.poll() is None:
            elapsed = time.monotonic() - started
            if elapsed > time_limit:
                raise UserError(
                    f"Unwrapping the mesh took longer than {time_limit:.0f} seconds.",
                    "The surface is probably very rough: try the draft preset, or frames that show the object clearly.",
                    f"{len(mesh.faces)} faces, {len(mesh.vertices)} vertices",
                )
            progress(elapsed / (elapsed + expected / 2))
            time.sleep(POLL)
        return child.wait()
    finally:
        if child.poll() is None:
            child.kill()
            child.wait()
