"""Known objects photographed by hand, with the cameras of a COLMAP model: ``evaluate photographs``.

Each object is photographed on a walk round it, drawn by the project's own renderer: from no one height or distance,
aimed and held anyhow, with a lens that bends straight lines, in oblong pictures.  The model's world is turned, scaled
and moved.  The mesh comes back through ``to_world`` and is measured where the object stands.
"""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from scipy.ndimage import map_coordinates
from scipy.spatial.transform import Rotation

from ...ground.torch_setup import stage_seed
from ...job.run import run_job
from ...orbit.cameras import CameraOrbit, View
from ...orbit.lens import Lens
from ...orbit.photographs import Photograph
from ...orbit.sightlines import angles
from ...shared import protocol
from ..dataset.generator import DatasetObject
from ..dataset.model_files import load_object
from ..dataset.orbits import sample_light
from ..dataset.placed_meshes import placed_meshes
from ..dataset.rendering import render_orbit
from .known_objects import known_objects
from .mesh_scoring import score_mesh

Array = NDArray[np.float64]

COUNT = 24
WIDTH, HEIGHT = 720, 480
LENS = Lens((0.95, 0.95), (0.51, 0.325), radial=(-0.12, 0.03, 0.0), tangential=(0.001, -0.0005), size=(WIDTH, HEIGHT))
DRAWN_FOV, DRAWN = 50.0, 900  # degrees and pixels of the upright frames that photographs are taken out of
_WORLD, _FILE = [2, 0, 1], [1, 2, 0]  # of a file's x, y, z the world's, Z up, and back
FIGURES = ("chamfer_surface", "fscore@0.01", "normal_error_deg", "volume_iou", "silhouette_iou", "albedo_psnr_inside")
_HEAD = (f"| object | {' | '.join(FIGURES)} |", f"| --- |{' ---: |' * len(FIGURES)}")


@dataclass(frozen=True)
class PhotoTask:
    """What ``photo_figures`` measures, and with what."""

    bench: Path
    out: Path
    objects: Sequence[str]
    preset: str


@dataclass(frozen=True)
class ToolWorld:
    """Where COLMAP's world, which is any, has the object's."""

    rotation: Array  # (3, 3)
    scale: float
    shift: Array  # (3,)

    def photograph(self, one: Photograph) -> Photograph:
        """The same photograph there."""
        return replace(
            one,
            position=self.scale * self.rotation @ one.position + self.shift,
            axes=one.axes @ self.rotation.T,
        )

    def back(self, points: Array) -> Array:  # (P, 3)
        """From there to the object's own world."""
        return (points - self.shift) @ self.rotation / self.scale


def photo_figures(task: PhotoTask, tell: Callable[[str], None]) -> str:
    """A table in Markdown, a row an object; jobs that lie in ``out`` already are gone on with."""
    rows = list(_HEAD)
    for name in task.objects or known_objects(task.bench):
        scores = _scored(task, task.bench / name)
        rows.append(f"| {name} | {' | '.join(f'{scores[figure]:.4g}' for figure in FIGURES)} |")
        tell(rows[-1])
    return "\n".join(rows)


def _scored(task: PhotoTask, source: Path) -> dict[str, float]:
    seed = stage_seed(0, source.name)
    thing = load_object(source / "mesh.glb", front="x", fitted=False)
    distance = float(json.loads((source / "cameras.json").read_text(encoding="utf-8"))["distance"])
    walked, world = walk(distance, seed), tool_world(seed)
    room, job = task.out / f"{source.name}_photographs", task.out / source.name
    if not (room / "sparse" / "images.txt").is_file():
        photograph(thing, walked, seed, room)
        write_colmap([world.photograph(one) for one in walked], room / "sparse")
    request = protocol.MeshJob(
        source.name, str(room), str(job), str(room / "sparse"), preset=task.preset, device="cpu", resume=True
    )
    report: dict[str, Any] = json.loads(Path(run_job(request, lambda message: None).report).read_text(encoding="utf-8"))
    placed = task.out / f"{source.name}_in_place.glb"
    brought_back(job / "mesh.glb", np.array(report["stages"]["frames"]["to_world"]), world, placed)
    return score_mesh(placed, source, pictures=task.out / f"{source.name}_renders")


def walk(distance: float, seed: int) -> list[Photograph]:
    """Photographs by hand on a walk about the origin, about ``distance`` away."""
    draw, walked = np.random.default_rng(seed), []
    for i in range(COUNT):
        azimuth, elevation = 2 * np.pi * i / COUNT + draw.uniform(-0.1, 0.1), np.radians(draw.uniform(-15, 45))
        level = np.cos(elevation)
        way = np.array([level * np.cos(azimuth), level * np.sin(azimuth), np.sin(elevation)])
        position = distance * draw.uniform(0.9, 1.25) * way
        aimed = _axes(position, draw.uniform(-0.08, 0.08, 3))
        roll = Rotation.from_rotvec([0, 0, np.radians(draw.uniform(-10, 10))]).as_matrix()
        walked.append(Photograph(f"IMG_{i + 1:04d}.png", LENS, position, roll @ aimed))
    return walked


def _axes(position: Array, target: Array) -> Array:  # (3, 3)
    """Rows right, up and backward of an upright camera that looks at a place."""
    back = (position - target) / np.linalg.norm(position - target)
    right = np.cross([0.0, 0.0, 1.0], back)
    right /= np.linalg.norm(right)
    return np.stack([right, np.cross(back, right), back])


def tool_world(seed: int) -> ToolWorld:
    """Any world, as a structure from motion ends up in one."""
    draw = np.random.default_rng(seed)
    return ToolWorld(Rotation.random(rng=draw).as_matrix(), float(draw.uniform(0.2, 5)), draw.uniform(-3, 3, 3))


def photograph(thing: DatasetObject, walked: Sequence[Photograph], seed: int, room: Path) -> None:
    """Draw each photograph, with a transparent background.

    The renderer's cameras look upright at the origin: each photograph is looked up in such a frame from its place.
    """
    room.mkdir(parents=True, exist_ok=True)
    x, y = np.meshgrid(np.arange(WIDTH) + 0.5, np.arange(HEIGHT) + 0.5)
    ahead = LENS.directions(np.stack([x, y], -1) / WIDTH, HEIGHT / WIDTH)  # (H, W, 2)
    rays = np.concatenate([ahead[..., :1], -ahead[..., 1:], -np.ones_like(ahead[..., :1])], -1)
    for one in walked:
        elevation, azimuth = angles(one.position)
        orbit = CameraOrbit(DRAWN_FOV, float(np.linalg.norm(one.position)), (View(one.file, elevation, azimuth),))
        frame = render_orbit(thing, orbit, sample_light(seed), DRAWN)[0].permute(1, 2, 0).numpy()
        seen = rays @ one.axes @ orbit.rotations()[0].double().numpy().T
        places = seen[..., :2] / -seen[..., 2:] / np.tan(np.radians(DRAWN_FOV / 2)) * (DRAWN / 2)
        where = np.stack([DRAWN / 2 - places[..., 1] - 0.5, DRAWN / 2 + places[..., 0] - 0.5])
        solid = frame[..., 3:] / 255
        packed = np.concatenate([frame[..., :3] * solid, frame[..., 3:]], -1)
        taken = np.stack([map_coordinates(packed[..., c], where, order=1, cval=0.0) for c in range(4)], -1)
        taken[..., :3] /= np.maximum(taken[..., 3:] / 255, 1e-6)
        Image.fromarray(np.rint(taken.clip(0, 255)).astype(np.uint8)).save(room / one.file, compress_level=1)


def write_colmap(photographs: Sequence[Photograph], folder: Path) -> None:
    """A COLMAP model in text, without points: one camera for all, OPENCV's."""
    folder.mkdir(parents=True, exist_ok=True)
    (fx, fy), (cx, cy) = LENS.focal, LENS.middle(HEIGHT / WIDTH)
    pixels = [WIDTH * value for value in (fx, fy, cx, cy)]
    numbers = " ".join(map(repr, [*pixels, *LENS.radial[:2], *LENS.tangential]))
    (folder / "cameras.txt").write_text(f"1 OPENCV {WIDTH} {HEIGHT} {numbers}\n", encoding="utf-8")
    lines = []
    for i, one in enumerate(photographs, 1):
        to_camera = np.diag([1.0, -1.0, -1.0]) @ one.axes
        qx, qy, qz, qw = Rotation.from_matrix(to_camera).as_quat()
        pose = " ".join(repr(float(value)) for value in (qw, qx, qy, qz, *(-to_camera @ one.position)))
        lines.append(f"{i} {pose} 1 {one.file}\n\n")
    (folder / "images.txt").write_text("".join(lines), encoding="utf-8")


def brought_back(made: Path, to_world: Array, world: ToolWorld, out: Path) -> None:
    """The mesh of a job where the object stands, by the job's ``to_world`` (4, 4) and the world that it leads to."""
    import trimesh

    # Of the scene: trimesh's load_mesh would work out normals of its own in place of the file's.
    (mesh,) = placed_meshes(trimesh.load_scene(made, process=False))
    own = np.asarray(mesh.mesh.vertex_normals) @ np.linalg.inv(mesh.turn)
    turn = to_world[:3, :3] / np.cbrt(np.linalg.det(to_world[:3, :3]))
    points = world.back(mesh.vertices[:, _WORLD] @ to_world[:3, :3].T + to_world[:3, 3])
    normals = own[:, _WORLD] @ turn.T @ world.rotation
    vertices, normals = points[:, _FILE], normals[:, _FILE]
    placed = trimesh.Trimesh(vertices, mesh.faces, vertex_normals=normals, visual=mesh.mesh.visual, process=False)
    placed.export(out, include_normals=True)
