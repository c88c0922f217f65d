"""Where an orbit camera stands in Blender; plain numbers.

The engine's world has the front on +X.  Its GLB turns that to glTF's front, and Blender's importer turns glTF's front
to −Y: world (x, y, z) becomes (y, −x, z).
"""

import json
import math
from dataclasses import dataclass
from pathlib import Path

SENSOR = 36.0  # millimetres, both ways: frames are square
FURTHEST = 1e6  # metres
FREE_DISTANCE = 2.0  # where nothing tells it: an object that fills its frames is about one metre long then

# What reading a cameras file raises where it is none.
NO_CAMERAS = (ValueError, LookupError, TypeError, AttributeError, ArithmeticError, RecursionError)


@dataclass(frozen=True)
class CameraPose:
    """A camera in the object's space, its middle at the origin: location, and XYZ Euler angles in radians."""

    location: tuple[float, float, float]
    rotation: tuple[float, float, float]


@dataclass(frozen=True)
class OrbitPath:
    """An orbit's camera, frame by frame; ``files`` are the frames' names."""

    fov_deg: float
    distance: float  # usual; a frame may have its own
    files: tuple[str, ...]
    poses: tuple[CameraPose, ...]
    weights: tuple[float, ...] = ()  # how much each frame counted, 0 to 1

    @property
    def lens(self) -> float:
        """Focal length in millimetres on a sensor SENSOR wide."""
        return SENSOR / 2 / math.tan(math.radians(self.fov_deg) / 2)


def read_orbit_path(cameras: Path) -> OrbitPath:
    """A job's own cameras.json; a mesh's tells the distance, an orbit's need not.

    Raises OSError, or what ``NO_CAMERAS`` names for a file that is none.
    """
    data = json.loads(cameras.read_text(encoding="utf-8"))
    files = tuple(str(frame["file"]) for frame in data["frames"])
    if not files or any(Path(file).name != file or "\\" in file for file in files):
        raise ValueError("a frame's name is none, or leads out of the folder")
    distance, fov = float(data.get("distance") or FREE_DISTANCE), float(data["fov_deg"])
    if not (0 < distance < FURTHEST and 0.1 < fov < 180):
        raise ValueError(f"a camera of {fov}° at a distance of {distance}")
    poses: list[CameraPose] = []
    for frame in data["frames"]:
        away = float(frame.get("distance") or distance)
        if not 0 < away < FURTHEST:
            raise ValueError(f"a camera at a distance of {away}")
        pose = camera_pose(float(frame["elevation"]), float(frame["azimuth"]), away)
        poses.append(_turned_on(poses[-1], pose) if poses else pose)
    weights = tuple(float(frame.get("weight", 1.0)) for frame in data["frames"])
    return OrbitPath(fov, distance, files, tuple(poses), weights)


def camera_pose(elevation: float, azimuth: float, distance: float) -> CameraPose:
    """The camera at these angles, in degrees: azimuth 0 looks at the front, growing ones go counter-clockwise.

    Raises ValueError for what is no angle.
    """
    if not math.isfinite(elevation + azimuth):
        raise ValueError("a camera's angle is no number")
    e, a = math.radians(elevation), math.radians(azimuth)
    location = (
        distance * math.cos(e) * math.sin(a),
        -distance * math.cos(e) * math.cos(a),
        distance * math.sin(e),
    )
    return CameraPose(location, (math.pi / 2 - e, 0.0, a))  # Blender's cameras look down until tilted up by 90°


def _turned_on(before: CameraPose, pose: CameraPose) -> CameraPose:
    """The same pose with the azimuth less than half a turn from the one before, so that no curve jumps at 360°."""
    x, y, z = pose.rotation
    z += math.tau * round((before.rotation[2] - z) / math.tau)
    return CameraPose(pose.location, (x, y, z))
