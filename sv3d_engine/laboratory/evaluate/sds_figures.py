"""What masked SDS does to meshes whose truth is known, where no frame looks and where frames do.

The lowest third of the cameras is taken away; the mesh is made with and without SDS, from the same frames and field.
"""

import json
import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image

from ...ground.settings import PRESETS
from ...job.run import run_job
from ...job.work_files import SURFACE, work_folder
from ...orbit.cameras import CameraOrbit, View
from ...orbit.orbit_files import read_orbit
from ...reconstruction.guidance.soft_visibility import unseen_share
from ...reconstruction.mesh.refined_surface import load_surface
from ...reconstruction.render.rasterize import vertex_normals
from ...shared import protocol
from ..dataset.generator import DatasetObject, sample_object
from ..dataset.model_files import load_object
from ..dataset.orbits import sample_light, sample_orbit
from ..dataset.rendering import render_orbit
from .given_settings import parse_settings, with_settings
from .mesh_sheet import SIZE, Layers, albedo, clay, surface_layers, tabulated
from .mesh_tables import markdown
from .nvs_figures import psnr
from .reconstruction import bench_orbit
from .relight import channel_factors, shown

RINGS = (-35.0, -10.0, 25.0)  # elevations, degrees, that meshes are looked at from …
AROUND = 6  # … from so many sides
FRAME_SIZE = 128  # pixels, of generated objects' frames: SV3D-mini's
INSIDE, OUTSIDE = 0.9, 0.01  # M from which, and to which
Figures = dict[str, float]


def evaluate_sds(
    sources: Sequence[str], out: Path, asked: Sequence[str], weights: str | None = None, preset: str = "draft"
) -> str:
    """A table for each source, the folder of a benchmark's object or the seed of a generated one; sheets go to ``out``.

    ``asked`` are settings as ``name=value``.  Finished jobs are kept.  Raises UserError.
    """
    tables = []
    with _changed(preset, parse_settings(asked, preset)):
        for source in sources:
            name = Path(source).name
            frames = out / f"{name}_frames"
            thing = _prepare(source, frames)
            jobs = [_job(frames, out / f"{name}_{sds}", sds, preset, weights) for sds in ("off", "on")]
            figures, sheet = compare(thing, *jobs)
            figures["change of the swept surface"] = surface_change(*jobs)
            sheet.save(out / f"{name}.png")
            tables.append(f"{name}\n\n{as_table(figures)}")
    return "\n\n".join(tables)


@contextmanager
def _changed(preset: str, values: Mapping[str, Any]) -> Iterator[None]:
    """A preset with other settings for as long as the context is open."""
    own = PRESETS[preset]
    PRESETS[preset] = with_settings(own, values)
    try:
        yield
    finally:
        PRESETS[preset] = own


def without_lowest(views: Sequence[View], share: float = 1 / 3) -> tuple[View, ...]:
    """All but the lowest ``share`` of the views; the last, the picture's own, stays."""
    order = sorted(views[:-1], key=lambda view: view.elevation)
    gone = {view.file for view in order[: round(share * len(views))]}
    return tuple(view for view in views if view.file not in gone)


def _prepare(source: str, frames: Path) -> DatasetObject:
    """Write the frames and cameras that are left; the true object, in the cameras' units."""
    frames.mkdir(parents=True, exist_ok=True)
    if source.isdigit():
        thing = sample_object(int(source))
        orbit = sample_orbit(int(source), thing, moving=True)
        pictures = render_orbit(thing, orbit, sample_light(int(source)), FRAME_SIZE).permute(0, 2, 3, 1).numpy()
        for view, picture in zip(orbit.views, pictures, strict=True):
            Image.fromarray(picture).save(frames / view.file)
    else:
        folder = Path(source)
        thing = load_object(folder / "mesh.glb", front="x", fitted=False)
        orbit = bench_orbit(folder / "cameras.json")
        for view in orbit.views:
            shutil.copyfile(folder / "orbit_dynamic" / view.file, frames / view.file)
    told = [
        {"file": view.file, "elevation": view.elevation, "azimuth": view.azimuth}
        for view in without_lowest(orbit.views)
    ]
    cameras = {"fov_deg": orbit.fov_deg, "distance": orbit.distance, "frames": told}
    (frames / "cameras.json").write_text(json.dumps(cameras))
    return thing


def _job(frames: Path, out: Path, sds: str, preset: str, weights: str | None) -> Path:
    """The finished job's folder; the second begins with what the first has found of the field."""
    other = out.with_name(out.name.replace("_on", "_off"))
    if not out.exists() and other.exists():
        shutil.copytree(other, out)
    request = protocol.MeshJob(
        job=out.name,
        frames=str(frames.resolve()),
        out=str(out.resolve()),
        cameras=str((frames / "cameras.json").resolve()),
        preset=preset,
        sds=sds,
        weights=weights,
        cameras_as_given=True,
        resume=out.exists(),
    )
    run_job(request, lambda message: None)
    return out


def compare(thing: DatasetObject, off: Path, on: Path) -> tuple[dict[str, Figures], Image.Image]:
    """Figures of "change", "without" and "with", and pictures from the sides where most is left to the imagination."""
    cameras = read_orbit(off / "cameras.json")
    views = tuple(View("", e, 360.0 * i / AROUND) for e in RINGS for i in range(AROUND))
    orbit = CameraOrbit(cameras.fov_deg, cameras.distance, views)
    true = surface_layers(thing, orbit, SIZE)
    plain, guided = (load_object(job / "mesh.glb", fitted=False) for job in (off, on))
    without, with_ = (surface_layers(mesh, orbit, SIZE) for mesh in (plain, guided))
    share = _share(plain, cameras, orbit)
    covered = (without[..., 6] > 0.99) & (with_[..., 6] > 0.99)
    found: dict[str, Figures] = {"change": {}, "without": {}, "with": {}}
    for place, there in (("inside", share > INSIDE), ("outside", share < OUTSIDE)):
        both, known = there & covered, there & covered & (true[..., 6] > 0.99)
        found["change"][f"albedo {place}"] = float(np.abs(with_[both][:, 3:6] - without[both][:, 3:6]).mean())
        found["change"][f"normals {place}"] = _degrees(with_[both], without[both])
        for name, layers in (("without", without), ("with", with_)):
            found[name][f"albedo {place}"] = _albedo_psnr(true, layers, known, share < OUTSIDE)
            found[name][f"normals {place}"] = _degrees(true[known], layers[known])
    for name, layers in (("without", without), ("with", with_)):
        one, other = layers[..., 6] > 0.5, true[..., 6] > 0.5
        found[name]["silhouettes"] = float((one & other).sum() / (one | other).sum())
    low = slice(0, AROUND)
    rows = {"truth": true, "without": without, "with": with_}
    few = replace(orbit, views=views[low])
    pictures = {name: [*clay(layers[low], few, two_sided=True), *albedo(layers[low])] for name, layers in rows.items()}
    grey = [np.repeat((255 * part[..., None]).astype(np.uint8), 3, -1) for part in share[low]]
    return found, tabulated("lower third unseen", {**pictures, "M": [*grey, *grey]})


def surface_change(off: Path, on: Path) -> Figures:
    """Degrees that normals of the swept surface changed by, before it was simplified: that lays all faces anew."""
    plain, guided = (load_surface(work_folder(job) / SURFACE) for job in (off, on))
    if guided.imagined is None or not torch.equal(plain.faces, guided.faces):
        return {}
    one, other = (vertex_normals(each.vertices, plain.faces).numpy() for each in (plain, guided))
    share = guided.imagined.share.numpy()
    places = {"inside": share > INSIDE, "outside": share < OUTSIDE}
    return {f"normals {place}": _degrees(one[there], other[there]) for place, there in places.items()}


def _share(mesh: DatasetObject, cameras: CameraOrbit, orbit: CameraOrbit) -> NDArray[np.float32]:  # (N, S, S)
    """M of the frames' cameras, as those of ``orbit`` see it; 0.5 beside the mesh."""
    share = unseen_share(torch.from_numpy(mesh.vertices), torch.from_numpy(mesh.faces), cameras)
    carried = share[:, None].expand(-1, 3).contiguous()
    layers = surface_layers(replace(mesh, albedo=VertexValues(mesh, carried)), orbit, SIZE)
    return np.where(layers[..., 6] > 0.99, layers[..., 3], 0.5)


class VertexValues:
    """Values (V, 3) of a mesh's vertices at points of its faces."""

    def __init__(self, mesh: DatasetObject, values: torch.Tensor) -> None:
        self._corners = torch.from_numpy(mesh.vertices)[torch.from_numpy(mesh.faces)]
        self._values = values[torch.from_numpy(mesh.faces)]

    def __call__(self, points: torch.Tensor, face: torch.Tensor) -> torch.Tensor:
        away = (self._corners[face] - points[:, None]).norm(dim=-1)
        weight = 1 / (away + 1e-6)
        return (self._values[face] * (weight / weight.sum(1, keepdim=True))[..., None]).sum(1)


def _degrees(one: NDArray[np.float32], other: NDArray[np.float32]) -> float:
    cosine = (one[:, :3] * other[:, :3]).sum(-1).clip(-1, 1)
    return float(np.degrees(np.arccos(cosine)).mean()) if len(cosine) else float("nan")


def _albedo_psnr(true: Layers, made: Layers, where: NDArray[np.bool_], known: NDArray[np.bool_]) -> float:
    """After one factor a channel, told by what the frames show."""
    if not where.any():
        return float("nan")
    full = known & (true[..., 6] > 0.99) & (made[..., 6] > 0.99)
    factors = channel_factors(true[full][:, 3:6], made[full][:, 3:6]).astype(np.float32)
    scaled = np.concatenate([made[..., 3:6] * factors, made[..., 6:]], -1)
    return float(psnr(shown(true[..., 3:])[where] / 255, shown(scaled)[where] / 255))


def as_table(figures: Mapping[str, Figures]) -> str:
    """Markdown: a row for each kind, a column for each figure."""
    columns = list(figures["without"])
    rows = [[kind, *(f"{values[c]:.4g}" if c in values else "" for c in columns)] for kind, values in figures.items()]
    return markdown(["", *columns], rows)
