"""Finished jobs in Blender, through the add-on's own import: is the mesh where the picture shows it, and lit as it was?

bpy runs in a Python of its own (``building/result_scene.py``).  The picture's own camera is judged by silhouettes, in a
larger picture with the object off its middle; the picture's light by frames, beside the engine's own re-rendering.
"""

import json
import math
import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from scipy.spatial.transform import Rotation

from ...ground.files import write_json
from ...ground.progress import Progress
from ...orbit.cameras import CameraOrbit, project
from ...orbit.orbit_files import read_orbit, write_cameras
from ...picture.prepare import prepare_picture
from ...reconstruction.asset.glb import read_glb, write_glb
from ...reconstruction.asset.previews import load_model, render_view
from ...reconstruction.light import load_light, shading
from ...reconstruction.render.rasterize import rasterize
from ...shared.crop import ORIGINAL, read_crop
from ...shared.errors import UserError
from .nvs_figures import psnr
from .relight import over_white

ROOT = Path(__file__).parents[3]
SIZE = 144  # pixels a side of lit frames
SAMPLES = 32  # a pixel, denoised; silhouettes need fewer
_COVERED = 0.5  # alpha
# Pictures with the object off the middle: width, height, and left, top and side of the frame in it.
_PLACES = ((900, 560, 430, 60, 400), (520, 880, -30, 420, 460), (1200, 700, 40, 180, 480))

Mask = NDArray[np.bool_]  # (H, W)
Tell = Callable[[str], None]


@dataclass(frozen=True)
class Order:
    """What ``result_scene.py`` renders: out/NNN.png for each frame, or out/000.png through the picture's camera."""

    job: str
    out: str
    frames: Sequence[int] = ()
    size: int = SIZE
    samples: int = SAMPLES
    through_picture: bool = False
    matt: bool = True  # the base colour alone, as the engine's own re-rendering is


@dataclass(frozen=True)
class Seen:
    """How well silhouettes agree, in [0, 1]."""

    picture: float  # through the picture's camera, with the picture's own mask
    frame: float  # in the orbit's last frame, as the engine draws it


@dataclass(frozen=True)
class Lit:
    """PSNR with the frames, in dB."""

    blender: float
    engine: float
    delivered: float | None = None  # in Blender with the delivered material, gloss and all


def evaluate_scene(
    results: Path, names: Sequence[str], out: Path, python: str, *, picture: bool, light: bool, tell: Tell
) -> str:
    """Figures of the jobs in folder ``results`` as a table; ``python`` has bpy.  Raises UserError."""
    names = names or [p.name for p in sorted(results.iterdir()) if (p / "mesh.glb").is_file()]
    rows = ["| object | IoU in the picture | in the last frame | PSNR in Blender | of the engine | with gloss |"]
    rows.append("| --- | ---: | ---: | ---: | ---: | ---: |")
    for number, name in enumerate(names):
        tell(name)
        seen = seen_through_picture(results / name, out / name / "picture", python, number) if picture else None
        lit = lit_by_picture(results / name, out / name / "light", python) if light else None
        write_json(out / f"{name}.json", {"seen": seen and asdict(seen), "lit": lit and asdict(lit)})
        rows.append(_row(name, seen, lit))
        tell(rows[-1])
    return "\n".join(rows) + "\n"


def seen_through_picture(job: Path, out: Path, python: str, number: int = 0) -> Seen:
    """The picture's own camera; one of a few is made for a job that was made from frames."""
    if _crop(job) is None:
        job = off_centre_job(job, out / "job", _PLACES[number % len(_PLACES)])
    place = job / "orbit" if (job / "orbit").is_dir() else job
    (out / "seen").mkdir(parents=True, exist_ok=True)
    render(Order(str(job), str(out / "seen"), samples=4, through_picture=True), python)
    seen = np.asarray(Image.open(out / "seen" / "000.png"))[..., 3] / 255 > _COVERED
    truth = np.asarray(Image.open(place / ORIGINAL))[..., 3] / 255 > _COVERED
    Image.fromarray(np.stack([seen, truth, truth], -1).astype(np.uint8) * 255).save(out / "agreement.png")
    return Seen(iou(seen, truth), _frame_iou(job))


def lit_by_picture(job: Path, out: Path, python: str, frames: Sequence[int] = (), *, gloss: bool = True) -> Lit:
    """The mesh in the picture's light, against some frames or all."""
    orbit = read_orbit(job / "cameras.json")
    frames = frames or tuple(range(len(orbit.views)))
    model, light = load_model(read_glb(job / "mesh.glb")), load_light(job / "light.json")
    truths = [_frame(job / "frames" / orbit.views[i].file) for i in frames]
    engine = [render_view(model, lambda normals: shading(normals, *light), orbit, i, SIZE) for i in frames]
    found = []
    for matt in (True, False) if gloss else (True,):
        folder = out / ("matt" if matt else "delivered")
        folder.mkdir(parents=True, exist_ok=True)
        render(Order(str(job), str(folder), frames, SIZE, matt=matt), python)
        found.append([_over_white(np.asarray(Image.open(folder / f"{i:03d}.png"))) for i in frames])
    rows: list[list[NDArray[np.floating]]] = [truths, [picture / 255 for picture in engine], *found]
    sheet = np.concatenate([np.concatenate(row, 1) for row in rows])
    Image.fromarray(np.rint(sheet * 255).astype(np.uint8)).save(out / "sheet.png")
    blender, *delivered = (_psnr(row, truths) for row in found)
    return Lit(blender, _psnr(rows[1], truths), delivered[0] if delivered else None)


def render(order: Order, python: str) -> None:
    """Have Blender make the pictures, with settings of its own.  Raises UserError with Blender's last words."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "order.json"
        file.write_text(json.dumps(asdict(order)), encoding="utf-8")
        settings = {"BLENDER_USER_RESOURCES": f"{folder}/blender", "SV3D_HOME": f"{folder}/home"}
        command = [python, "-m", "building.result_scene", str(file)]
        answer = subprocess.run(command, cwd=ROOT, env=os.environ | settings, capture_output=True, check=False)
    wanted = order.frames or (0,)
    if not all((Path(order.out) / f"{i:03d}.png").is_file() for i in wanted):
        said = (answer.stdout + answer.stderr).decode(errors="replace")[-2000:]
        raise UserError("Blender did not render the result.", "Give a Python with bpy with --bpy-python.", said)


def off_centre_job(job: Path, out: Path, place: tuple[int, int, int, int, int]) -> Path:
    """The same result as if it had been made from a larger picture, in which its last frame lies at ``place``.

    The picture goes through the engine's own preparation.  What that scales is undone by the lens, and what it shifts
    by turning the mesh about the camera, so that the orbit's camera sees it where the prepared picture has it, but for
    the slant that a turn of a degree or so brings with it.
    """
    orbit = read_orbit(job / "cameras.json")
    frame = Image.open(job / "frames" / orbit.views[-1].file).convert("RGBA")
    width, height, left, top, side = place
    picture = Image.new("RGBA", (width, height), (255, 255, 255, 0))
    picture.paste(frame.resize((side, side), Image.Resampling.BICUBIC), (left, top))
    shutil.rmtree(out, ignore_errors=True)
    (out / "orbit").mkdir(parents=True)
    picture.save(out / "picture.png")
    done = prepare_picture(out / "picture.png", 576, background_model=False, download=False, progress=Progress())
    Image.fromarray(done.original).save(out / "orbit" / ORIGINAL)
    write_json(out / "report.json", {"stages": {"picture": {"crop": asdict(done.crop)}}})
    shutil.copytree(job / "frames", out / "frames")
    Image.fromarray(done.rgba).save(out / "frames" / orbit.views[-1].file)

    crop = done.crop
    tangent = orbit.tan_half_fov * crop.side / side
    nearer = replace(orbit, fov_deg=math.degrees(2 * math.atan(tangent)))
    write_cameras(nearer, out / "cameras.json")
    a_pixel = 2 * tangent / crop.side  # of the picture, at a distance of 1
    right = (left + side / 2 - crop.left - crop.side / 2) * a_pixel
    up = (crop.top + crop.side / 2 - top - side / 2) * a_pixel
    eye, axes = orbit.positions()[-1].numpy(), orbit.rotations()[-1].numpy()
    turn, _ = Rotation.align_vectors([[right, up, -1.0]], [[0.0, 0.0, -1.0]])
    mesh = read_glb(job / "mesh.glb")
    seen = (np.asarray(mesh.vertices) - eye) @ axes.T  # in the camera's axes
    write_glb(replace(mesh, vertices=(turn.apply(seen) @ axes + eye).astype(np.float32)), out / "mesh.glb")
    return out


def iou(a: Mask, b: Mask) -> float:
    return float((a & b).sum() / max(1, (a | b).sum()))


def _frame_iou(job: Path) -> float:
    """Of the mesh and the orbit's last frame."""
    orbit: CameraOrbit = read_orbit(job / "cameras.json")
    alpha = np.asarray(Image.open(job / "frames" / orbit.views[-1].file).convert("RGBA"))[..., 3] / 255 > _COVERED
    mesh, size = read_glb(job / "mesh.glb"), len(alpha)
    screen = project(torch.from_numpy(np.asarray(mesh.vertices)).float(), orbit, len(orbit.views) - 1, size)
    raster = rasterize(screen, torch.from_numpy(mesh.faces), size, size)
    seen = np.zeros(size * size, bool)
    seen[raster.pixels.numpy()] = True
    return iou(seen.reshape(size, size), alpha)


def _crop(job: Path) -> Any:
    report = json.loads((job / "report.json").read_text(encoding="utf-8"))
    return read_crop(report["stages"].get("picture", {}).get("crop"))


def _frame(file: Path) -> NDArray[np.floating]:
    """A frame over white, averaged down to SIZE."""
    picture = np.asarray(Image.open(file).convert("RGBA"), np.float32)
    white = _over_white(picture)
    channels = [
        Image.fromarray(white[..., c].astype(np.float32)).resize((SIZE, SIZE), Image.Resampling.BOX) for c in range(3)
    ]
    return np.stack([np.asarray(channel) for channel in channels], -1)


def _over_white(rgba: NDArray[Any]) -> NDArray[np.floating]:
    return over_white(rgba[..., :3] / 255, rgba[..., 3:] / 255)


def _psnr(pictures: Sequence[NDArray[Any]], truths: Sequence[NDArray[Any]]) -> float:
    return psnr(np.stack(pictures), np.stack(truths))


def _row(name: str, seen: Seen | None, lit: Lit | None) -> str:
    cells = [f"{x:.4f}" for x in (seen.picture, seen.frame)] if seen else ["", ""]
    for value in (lit.blender, lit.engine, lit.delivered) if lit else (None, None, None):
        cells.append("" if value is None else f"{value:.2f} dB")
    return f"| {name} | " + " | ".join(cells) + " |"
