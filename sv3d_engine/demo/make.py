"""Render the demo's picture and orbit: ``python -m sv3d_engine.demo.make`` writes them and cameras.json anew."""

from pathlib import Path

import torch
from PIL import Image
from torch import Tensor

from ..orbit.cameras import CameraOrbit, View
from ..orbit.file import write_cameras
from ..orbit.trajectory import SV3D_FOV_DEG, sine
from . import robot, studio, tracing

FOLDER = Path(__file__).resolve().parent / "orbit"
PICTURE = FOLDER.with_name("picture.png")
COUNT, SIZE, DISTANCE = 21, 320, 2.1
PICTURE_SIZE = 576
ELEVATION = 10.0  # degrees, of the picture


def orbit() -> CameraOrbit:
    """All round in 21 frames, up and down once; the last frame is the front."""
    poses = sine(ELEVATION, amplitude=25, count=COUNT)
    views = tuple(View(f"{i:03d}.png", round(p.elevation, 6), round(p.azimuth, 6)) for i, p in enumerate(poses))
    return CameraOrbit(SV3D_FOV_DEG, DISTANCE, views)


def shade(points: Tensor, normals: Tensor) -> Tensor:
    """Matt paint in the studio's light."""
    return robot.albedo(points) * studio.irradiance(normals)


def main() -> None:
    cameras = orbit()
    FOLDER.mkdir(exist_ok=True)
    for index, view in enumerate(cameras.views):
        _save(tracing.render(cameras, index, SIZE, robot.distance, shade), FOLDER / view.file)
        print(f"{view.file}: elevation {view.elevation:.1f}°, azimuth {view.azimuth:.1f}°", flush=True)
    write_cameras(cameras, FOLDER / "cameras.json")
    _save(tracing.render(cameras, COUNT - 1, PICTURE_SIZE, robot.distance, shade), PICTURE)


def _save(frame: Tensor, path: Path) -> None:  # (S, S, 4) in [0, 1]
    Image.fromarray((frame * 255 + 0.5).to(torch.uint8).numpy()).save(path, optimize=True)


if __name__ == "__main__":
    main()
