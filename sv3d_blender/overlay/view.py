"""Which orbit the tab means, and where in the scene it is to be seen."""

from functools import lru_cache

import bpy

from ...sv3d_engine.shared import protocol, trajectory
from ...sv3d_engine.shared.errors import UserError
from ...sv3d_engine.shared.trajectory import MAX_ELEVATION, Pose
from ..generate.looking import found
from ..generate.preflight import typed_degrees
from ..orbit.gathering import missing
from ..orbit.scene_orbit import SceneOrbit
from ..orbit.standing import Point
from ..orbit.watching import watch
from ..result.orbit_path import FREE_DISTANCE
from .shapes import OrbitView

_FRONT = -90.0  # degrees in the world: a result's front looks along −Y


def orbit_view(scene: bpy.types.Scene, variant: str) -> OrbitView | None:
    """The orbit that Generate would make from a picture, or has been found at frames; None where there is none to show.

    ``variant`` is the weights': "u" goes level, whatever suits others.  An orbit of a file is not shown.
    """
    settings = scene.sv3d
    if not settings.show_orbit:
        return None
    place = scene.cursor.location
    cursor = (place.x, place.y, place.z)
    if not settings.from_picture:
        looked = found(settings)
        return _of_frames(looked, cursor) if looked else None
    if settings.orbit_source == "CAMERAS":
        return None if missing(scene) else _of_cameras(scene)
    if settings.orbit_word == "file":
        return None
    angles = typed_degrees(settings.elevation), typed_degrees(settings.amplitude)
    kind = "static" if settings.orbit_kind == "auto" and variant == "u" else settings.orbit_kind
    return OrbitView(_preset(kind, *angles, settings.seed), cursor, FREE_DISTANCE, _FRONT)


@lru_cache(maxsize=4)
def _preset(kind: str, elevation: float, amplitude: float, seed: int) -> tuple[Pose, ...]:
    if kind == "static":
        return trajectory.static(elevation)
    if kind == "dynamic":
        return trajectory.dynamic(elevation, seed)
    return trajectory.sine(elevation, min(amplitude, MAX_ELEVATION - abs(elevation)))


@lru_cache(maxsize=1)
def _of_frames(looked: protocol.Looked, target: Point) -> OrbitView:
    poses = tuple(Pose(*angles) for angles in zip(looked.elevations, looked.azimuths, strict=True))
    own = looked.distances
    return OrbitView(poses, target, looked.distance, _FRONT, fov_deg=looked.fov_deg, is_sv3ds=False, distances=own)


def _of_cameras(scene: bpy.types.Scene) -> OrbitView | None:
    try:
        orbit = watch.orbit(scene)
    except UserError:  # the tab tells it
        return None
    return _seen(orbit) if orbit else None


def _seen(orbit: SceneOrbit) -> OrbitView:
    strays = dict.fromkeys(i for departure in orbit.departures for i in departure.cameras)
    places = tuple(orbit.cameras[i].position for i in strays)
    return OrbitView(orbit.poses, orbit.target, orbit.distance, orbit.front_azimuth, places)
