"""An orbit on disk: its cameras.json, read, checked and written, and its frames.

``{"fov_deg": 33.8, "distance": 2.35, "frames": [{"file": "000.png", "elevation": 18.8, "azimuth": 17.1}, …]}``;
angles in degrees, ``fov_deg`` across a frame's longer side; ``distance`` may be left out.  A frame keeps its place, and
its two angles stay together.  With a ``"weight"`` from 0 to 1 it counts less than the others, or with 0 not at all; one
that is ``"true"`` is a photograph among frames that a model imagined.  Beside the common ``distance`` it may have one
of its own.  Angles that are ``"assumed"`` only give the frames an order.  A job whose cameras come from another tool
adds ``"to_world"``, the way back into that tool's space.
"""

import json
import math
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from ..ground.files import Damaged, whole_folder, write_json
from ..ground.progress import Progress
from ..shared.errors import UserError
from ..shared.job_files import is_plain_name
from ..shared.trajectory import MAX_ELEVATION
from .cameras import CameraOrbit, View

_LARGEST = 16 << 20  # bytes; 256 frames have some kilobytes
MIN_FRAMES = 8
MAX_FRAMES = 256  # all are held in memory at once
FOV_RANGE = (1.0, 120.0)
SHORTEST, LONGEST = 1e-3, 1e6  # distances of another tool's cameras, in its units: beyond them a unit is a mistake
_FORMAT_HELP = (
    'The file should look like {"fov_deg": 33.8, "distance": 2.35, "frames": '
    '[{"file": "000.png", "elevation": 10.0, "azimuth": 17.1}, …]}, angles in degrees.'
)


@dataclass(frozen=True)
class CameraFile:
    """What a cameras.json says; ``distance`` is None where the file leaves it open."""

    fov_deg: float
    distance: float | None
    views: tuple[View, ...]
    weighed: bool = False  # whether it says itself how much the frames count
    to_world: list[list[float]] | None = None  # 4 × 4, from the orbit's space to that of another tool's cameras
    assumed: bool = False  # the angles tell no more than the order of the frames

    def orbit(self, distance: float) -> CameraOrbit:
        """The cameras at this distance, which the caller measured or read."""
        return CameraOrbit(self.fov_deg, distance, self.views)


def read_cameras(path: Path) -> CameraFile:
    """Read and check a cameras file.  Raises UserError that names the cause."""
    try:
        if path.stat().st_size > _LARGEST:
            raise ValueError(f"it has more than {_LARGEST} bytes")
        data = json.loads(path.read_text(encoding="utf-8-sig"))
    except FileNotFoundError:
        raise UserError(f"There is no cameras file {path}.", "Check its name and folder.") from None
    except OSError as error:
        cause = f"The cameras file {path} cannot be read."
        raise UserError(cause, "Check that you may open it.", str(error)) from error
    except (ValueError, RecursionError) as error:
        raise UserError(f"The cameras file {path.name} is not valid JSON.", _FORMAT_HELP, str(error)) from error
    return parse_cameras(data, path.name)


def read_orbit(path: Path) -> CameraOrbit:
    """A job's own cameras file, which always has a distance."""
    try:
        file = read_cameras(path)
    except UserError as error:
        if isinstance(error.__cause__, OSError):  # the disk's fault, not the file's
            raise
        raise Damaged(path, error) from error
    if file.distance is None:
        raise Damaged(path, ValueError("no distance"))
    return file.orbit(file.distance)


def parse_cameras(data: Any, name: str = "cameras.json") -> CameraFile:
    """Check parsed JSON; ``name`` is for the messages."""
    if not isinstance(data, dict):
        raise UserError(f"{name} holds no camera description.", _FORMAT_HELP)
    fov = _number(data, "fov_deg", name)
    if not FOV_RANGE[0] < fov < FOV_RANGE[1]:
        raise UserError(
            f"The field of view in {name} is {fov:g}°.",
            f"It must lie between {FOV_RANGE[0]:g}° and {FOV_RANGE[1]:g}°; SV3D's own is 33.8°."
            + (f" If it is in radians, write {math.degrees(fov):.4g}." if 0 < fov < math.radians(FOV_RANGE[1]) else ""),
        )
    distance = None
    if data.get("distance") is not None:
        distance = _number(data, "distance", name)
        if distance <= 0:
            raise UserError(
                f"The camera distance in {name} is {distance:g}.", "Give a positive number, or leave it out."
            )
    entries = data.get("frames")
    if not isinstance(entries, list):
        raise UserError(f"{name} has no list of frames.", _FORMAT_HELP)
    views = tuple(_view(entry, f"frame {i + 1} of {name}", distance) for i, entry in enumerate(entries))
    check_count(len(views), f"{name} lists")
    _check_unique(views, name)
    _check_degrees(views, name)
    _check_kept(views, name)
    weighed = any("weight" in entry for entry in entries)
    return CameraFile(fov, distance, views, weighed, _to_world(data, name), data.get("assumed") is True)


def _to_world(data: dict[str, Any], name: str) -> list[list[float]] | None:
    rows = data.get("to_world")
    if rows is None:
        return None
    with suppress(TypeError, ValueError, OverflowError):
        matrix = np.array(rows, np.float64)  # a map's coordinates may be large
        if matrix.shape == (4, 4) and np.isfinite(matrix).all():
            told: list[list[float]] = matrix.tolist()
            return told
    raise UserError(f"“to_world” in {name} is no matrix of 4 × 4.", "Leave it out, or write four rows of four numbers.")


def check_count(count: int, where: str) -> None:
    """Raises UserError if there are fewer frames than a shape can be told from, or more than fit in memory."""
    if count > MAX_FRAMES:
        raise UserError(
            f"{where} {count} frames.",
            f"Use at most {MAX_FRAMES}, for instance one in {-(-count // MAX_FRAMES)} of them; SV3D makes 21.",
        )
    if count < MIN_FRAMES:
        frames = "frame" if count == 1 else "frames"
        raise UserError(
            f"{where} {count or 'no'} {frames}.",
            f"Use at least {MIN_FRAMES} frames all round the object; SV3D makes 21.",
        )


def _check_kept(views: Sequence[View], name: str) -> None:
    kept = sum(view.weight > 0 for view in views)
    if kept < MIN_FRAMES:
        raise UserError(
            f"Only {kept} of the {len(views)} frames in {name} are left; the others were rejected.",
            f"Keep more of them: a mesh needs at least {MIN_FRAMES} frames all round the object.",
        )


def check_elevation(elevation: float, where: str) -> float:
    """An elevation in degrees that a camera with +Z up can have."""
    if not (math.isfinite(elevation) and abs(elevation) <= MAX_ELEVATION):
        polar = f" If it is counted from straight above, write 90 less it: {90 - elevation:g}."
        raise UserError(
            f"The elevation of {where} is {elevation:g}°.",
            f"Use a value from −{MAX_ELEVATION:g}° to {MAX_ELEVATION:g}°."
            + (polar if MAX_ELEVATION < elevation <= 180 else ""),
        )
    return elevation


def write_cameras(orbit: CameraOrbit | CameraFile, path: Path, to_world: list[list[float]] | None = None) -> None:
    """Write the cameras, without a distance if there is none; the file is whole or not there.

    ``to_world`` (4 × 4) leads to the space of another tool that they come from.
    """
    data: dict[str, Any] = {"fov_deg": orbit.fov_deg}
    if orbit.distance is not None:
        data["distance"] = orbit.distance
    if to_world is not None:
        data["to_world"] = to_world
    data["frames"] = [_entry(view, orbit.distance) for view in orbit.views]
    write_json(path, data)


def _entry(view: View, distance: float | None) -> dict[str, Any]:
    entry: dict[str, Any] = {"file": view.file, "elevation": view.elevation, "azimuth": view.azimuth}
    if view.weight != 1:
        entry["weight"] = view.weight
    if view.true:
        entry["true"] = True
    if view.away != 1 and distance is not None:
        entry["distance"] = in_figures(view.away * distance)
    return entry


def in_figures(length: float) -> float:
    """A length to nine figures, as exact in small units as in large ones."""
    return float(f"{length:.9g}")


def _view(entry: Any, where: str, distance: float | None) -> View:
    if not isinstance(entry, dict):
        raise UserError(f"The entry for {where} is not a camera.", _FORMAT_HELP)
    file = entry.get("file")
    if not isinstance(file, str) or not file:
        raise UserError(f"The entry for {where} names no picture file.", _FORMAT_HELP)
    if not is_plain_name(file):  # nothing outside the chosen folder is ever opened
        raise UserError(
            f"The entry for {where} is no plain file name: “{file}”.",
            "Put all pictures in one folder and give their plain names, such as 000.png.",
        )
    elevation = check_elevation(_number(entry, "elevation", where), where)
    weight = _number(entry, "weight", where) if "weight" in entry else 1.0
    if not 0 <= weight <= 1:
        raise UserError(
            f"The weight of {where} is {weight:g}.",
            "Use a value from 0, which rejects the frame, to 1, or leave it out.",
        )
    azimuth, true = _number(entry, "azimuth", where), entry.get("true") is True
    return View(file, elevation, azimuth, weight, true, _away(entry, where, distance))


def _away(entry: dict[str, Any], where: str, distance: float | None) -> float:
    if entry.get("distance") is None:
        return 1.0
    own = _number(entry, "distance", where)
    if own <= 0:
        raise UserError(f"The distance of {where} is {own:g}.", "Give a positive number, or leave it out.")
    if distance is None:
        raise UserError(
            f"{where[0].upper()}{where[1:]} has a distance, but there is no common one.",
            "Write the cameras' usual distance beside “fov_deg” as “distance”.",
        )
    return own / distance


def _number(entry: dict[str, Any], key: str, where: str) -> float:
    if key not in entry:
        raise UserError(f"“{key}” is missing in {where}.", _FORMAT_HELP)
    value = entry[key]
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise UserError(f"“{key}” in {where} is not a number: {value!r}.", _FORMAT_HELP)
    if not (abs(value) <= LONGEST):  # NaN, infinities and integers too long for a float all fail this comparison
        raise UserError(f"“{key}” in {where} is not a usable number: {value!r:.40}.", "Write the true value there.")
    return float(value)


def _check_degrees(views: tuple[View, ...], name: str) -> None:
    """Angles of a turn that stay below 2π, or below 1, and that are no whole numbers, are no degrees."""
    azimuths = [view.azimuth for view in views]
    spread = max(azimuths) - min(azimuths)
    if spread > 2 * math.pi + 1e-6 or spread <= 0.5 or all(azimuth.is_integer() for azimuth in azimuths):
        return
    if spread <= 1:
        raise UserError(
            f"The azimuths in {name} look like shares of a turn: all lie within {spread:.3g}.",
            "Write them in degrees: multiply each azimuth by 360.",
        )
    if spread > math.pi / 2:
        raise UserError(
            f"The angles in {name} look like radians: all azimuths lie within {spread:.3g}.",
            "Write them in degrees: multiply each angle by 57.29578.",
        )


def _check_unique(views: tuple[View, ...], name: str) -> None:
    seen: set[str] = set()
    for view in views:
        if view.file in seen:
            raise UserError(f"{name} lists {view.file} twice.", "Give each frame a picture of its own.")
        seen.add(view.file)


def write_frames(
    frames: NDArray[np.uint8],  # (N, S, S, 3 or 4)
    files: Sequence[str],
    folder: Path,
    progress: Progress,
) -> None:
    """Write each frame as the PNG ``folder / file``, in place of what ``folder`` was.  Raises OSError."""
    with whole_folder(folder) as partial:
        for i, (frame, file) in enumerate(zip(frames, files, strict=True)):
            progress(i / len(frames), "Writing the frames")
            Image.fromarray(frame).save(partial / file, compress_level=4)
