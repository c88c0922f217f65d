"""Which orbit the tab means, and where in the scene it is to be seen."""

from functools import lru_cache

import bpy

from ...sv3d_engine.shared import trajectory
from ...sv3d_engine.shared.errors import UserError
from ...sv3d_engine.shared.trajectory import MAX_ELEVATION, Pose
from ..generate.preflight import typed_degrees
from ..orbit.gathering import missing
from ..orbit.scene_orbit import SceneOrbit
from ..orbit.watching import watch
from ..result.orbit_path import FREE_DISTANCE
from .shapes import OrbitView

_FRONT = -90.0  # degrees in the world: a result's front looks along −Y


def orbit_view(scene: bpy.types.Scene, variant: str) -> OrbitView | None:
    """The orbit that Generate would make from a picture; None where there is none to show.

    ``variant`` is the weights': "u" goes level, whatever suits others.  An orbit of a file is not shown.
    """
    settings = scene.sv3d
    if not settings.from_picture or not settings.show_orbit:
        return None
    if settings.orbit_source == "CAMERAS":
        return None if missing(scene) else _of_cameras(scene)
    if settings.orbit_word == "file":
        return None
    angles = typed_degrees(settings.elevation), typed_degrees(settings.amplitude)
    kind = "static" if settings.orbit_kind == "auto" and variant == "u" else settings.orbit_kind
    place = scene.cursor.location
    return OrbitView(_preset(kind, *angles, settings.seed), (place.x, place.y, place.z), FREE_DISTANCE, _FRONT)


@lru_cache(maxsize=4)
def _preset(kind: str, elevation: float, amplitude: float, seed: int) -> tuple[Pose, ...]:
    if kind == "static":
        return trajectory.static(elevation)
    if kind == "dynamic":
        return trajectory.dynamic(elevation, seed)
    return trajectory.sine(elevation, min(amplitude, MAX_ELEVATION - abs(elevation)))


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
