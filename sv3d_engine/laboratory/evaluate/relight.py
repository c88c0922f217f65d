"""The relighting figure: a rebuilt mesh in a light that it has not seen, against the true one in the same light.

Both are rendered in Blender (``building/relight_scene.py``) with their own Principled materials, so what counts is base
colour, roughness, metallic and shape together.  bpy runs in a Python of its own.
"""

import hashlib
import json
import re
import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from ...ground.colour import from_srgb_bytes, to_srgb_bytes
from ...shared.errors import UserError
from .nvs_figures import psnr

_ROOT = Path(__file__).parents[3]
PROGRAM = ("-m", "building.relight_scene")  # not the engine's: it imports bpy
PROGRAM_FILES = (_ROOT / "building" / "relight_scene.py", _ROOT / "building" / "cycles_settings.py")
LIGHTS = ("city.exr", "interior.exr")  # of Blender's own (CC0): the first that the object has not stood in
ROUGHNESS = 0.5  # Blender's own, where the benchmark names none
SIZE = 288
_VIEWS = slice(1, None, 2)  # of the eight that are on no orbit
_FULL, _COVERED = 0.99, 0.5  # alpha, as evaluate.py has them
_SCALES = (0.05, 20.0)
_MOST = 99.0  # dB

Layers = NDArray[np.float32]  # (N, S, S, 4) linear colour, straight alpha


@dataclass(frozen=True)
class Shot:
    """What ``building/relight_scene.py`` renders: files out/000.png … of ``size``² pixels with alpha."""

    mesh: str
    light: str  # a file of Blender's studio lights
    views: Sequence[tuple[float, float]]  # elevation and azimuth, degrees
    fov_deg: float
    distance: float
    turned: float = 0.0  # degrees about the vertical, from the file's front to the world's
    roughness: float | None = None  # instead of the file's own
    size: int = SIZE
    spins: bool = False  # the object turns before camera and light, instead of the camera round it


def relit_psnr(source: Path, glb: Path, out: Path, truths: Path, python: str) -> float:
    """dB between renders of a rebuilt ``glb`` and of the benchmark's object in the folder ``source``.

    Pictures go to ``out``, truth above prediction; the true ones are kept in ``truths`` for the next time.  ``python``
    has bpy.  Raises UserError if it does not render.
    """
    meta = json.loads((source / "meta.json").read_text(encoding="utf-8"))
    cameras = json.loads((source / "cameras.json").read_text(encoding="utf-8"))
    views = [(v["elevation"], v["azimuth"]) for v in cameras["eval"][_VIEWS]]
    own = meta.get("hdri", {}).get("file")
    light = next(name for name in LIGHTS if name != own)
    true = Shot(
        str(source / "mesh.glb"), light, views, cameras["fov_deg"], cameras["distance"], 0.0, roughness_of(source)
    )
    made = Shot(str(glb), light, views, cameras["fov_deg"], cameras["distance"], turned=90.0)
    truth = read_layers(_kept(true, truths, source.name, python))
    out.mkdir(parents=True, exist_ok=True)
    render(made, out, python)
    prediction = read_layers(out)
    found, scaled = compare(truth, prediction)
    for i, (above, below) in enumerate(zip(shown(truth), shown(scaled), strict=True)):
        Image.fromarray(np.concatenate([above, below])).save(out / f"{i:03d}.png")
    return found


def roughness_of(source: Path) -> float:
    """An object's roughness as its meta.json or the benchmark's README names it: a column "roughness, light"."""
    meta = json.loads((source / "meta.json").read_text(encoding="utf-8"))
    if "roughness" in meta:
        return float(meta["roughness"])
    readme = source.parent / "README.md"
    text = readme.read_text(encoding="utf-8") if readme.is_file() else ""
    row = re.search(rf"^\| {re.escape(source.name)} \|.*?\| (\d*\.\d+), ", text, re.MULTILINE)
    return float(row[1]) if row else ROUGHNESS


def render(shot: Shot, out: Path, python: str) -> None:
    """Have Blender make the pictures.  Raises UserError with Blender's last words."""
    with tempfile.TemporaryDirectory() as folder:
        order = Path(folder) / "shot.json"
        places = {"mesh": str(Path(shot.mesh).absolute()), "out": str(out.absolute())}
        order.write_text(json.dumps(asdict(shot) | places), encoding="utf-8")
        answer = subprocess.run([python, *PROGRAM, order], cwd=_ROOT, capture_output=True, check=False)
    if answer.returncode or len(list(out.glob("[0-9][0-9][0-9].png"))) < len(shot.views):
        said = (answer.stdout + answer.stderr).decode(errors="replace")[-2000:]
        raise UserError("Blender did not render the relit mesh.", "Give a Python with bpy with --bpy-python.", said)


def read_layers(folder: Path) -> Layers:
    """The pictures of a folder, in linear light."""
    pixels = np.stack([np.asarray(Image.open(file)) for file in sorted(folder.glob("[0-9][0-9][0-9].png"))])
    return np.concatenate([from_srgb_bytes(pixels[..., :3]), pixels[..., 3:].astype(np.float32) / 255], -1)


def compare(truth: Layers, made: Layers) -> tuple[float, Layers]:
    """PSNR over both silhouettes' union, and what was compared: ``made`` times one factor a channel.

    As the benchmark compares albedo: factors by least squares in linear light where both cover fully; errors of sRGB
    over white.
    """
    both = (truth[..., 3] > _FULL) & (made[..., 3] > _FULL)
    factors = channel_factors(truth[both][:, :3], made[both][:, :3])
    scaled = np.concatenate([made[..., :3] * factors.astype(np.float32), made[..., 3:]], -1)
    union = (truth[..., 3] > _COVERED) | (made[..., 3] > _COVERED)
    return min(_MOST, psnr(shown(truth)[union] / 255, shown(scaled)[union] / 255)), scaled


def channel_factors(true: NDArray[np.floating], made: NDArray[np.floating]) -> NDArray[np.float64]:  # (3,)
    """By what each channel of ``made`` (P, 3), linear, is to be multiplied to be most like ``true``."""
    a, b = true.astype(np.float64), made.astype(np.float64)
    squares = (b * b).sum(0)
    return np.clip(np.where(squares > 0, (a * b).sum(0) / np.maximum(squares, 1e-12), 1.0), *_SCALES)


def shown(layers: Layers) -> NDArray[np.uint8]:  # (N, S, S, 3)
    """Linear colours as sRGB bytes over white."""
    return np.rint(255 * over_white(to_srgb_bytes(layers[..., :3]) / 255, layers[..., 3:])).astype(np.uint8)


def over_white(srgb: NDArray[np.floating], alpha: NDArray[np.floating]) -> NDArray[np.floating]:
    """sRGB values (..., 3), composed over white as they are by ``alpha`` (..., 1); all in [0, 1]."""
    return srgb * alpha + (1 - alpha)


def _kept(shot: Shot, truths: Path, name: str, python: str) -> Path:
    """The folder of a shot's pictures, rendered unless the very same one has been before."""
    said = json.dumps(asdict(shot) | {"mesh": ""}).encode()
    said += b"".join(file.read_bytes() for file in (*PROGRAM_FILES, Path(shot.mesh)))
    folder = truths / f"{name}-{hashlib.sha256(said).hexdigest()[:12]}"
    if not folder.is_dir():
        truths.mkdir(parents=True, exist_ok=True)
        partial = Path(tempfile.mkdtemp(dir=truths))
        try:
            render(shot, partial, python)
            partial.rename(folder)
        except OSError:
            if not folder.is_dir():  # or another process has been faster: its pictures are the same
                raise
        finally:
            shutil.rmtree(partial, ignore_errors=True)
    return folder
