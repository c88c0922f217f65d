"""What is drawn over the views, made between the drawings: frames as they are now, and their differences."""

import threading
import time
import traceback
import zlib
from collections.abc import Iterable
from dataclasses import dataclass

import bpy
import numpy as np
from numpy.typing import NDArray

from ...sv3d_engine.shared.errors import UserError
from .. import tab
from ..repair.frame_image import pixels_now
from ..result.frames import frame_count
from ..result.job_folder import frames_behind, mesh_of
from .difference import difference
from .palette import HEAT
from .raster import View
from .reading import model_of, sources_of, view_of
from .shading import Model, look

FRAME_GONE, FAILED = "The frame is gone", "This frame cannot be compared"
WORST = 0.25  # of the difference: from here on all has the heat map's last colour
_SIDE = 320  # pixels at most: what is smaller than a pixel of this is no difference of shape
_KEPT = 32  # frames in memory
_AHEAD = 8  # frames that are read before they are asked for
_FRESH = 1.0  # seconds: how long an edited frame is taken to be as it was
_WAIT = 0.02

Pixels = NDArray[np.uint8]


@dataclass(frozen=True)
class Frame:
    """A frame of an orbit; one that could not be read has no pixels."""

    pixels: Pixels | None  # (S, S, 4) straight sRGB, lowest row first
    stamp: int  # tells an edited one from what it was before
    at: float  # when it was read


@dataclass(frozen=True)
class Measured:
    """A frame's heat map, or in words why there is none."""

    pixels: Pixels | None  # (S, S, 4) straight sRGB, lowest row first
    mean: float
    stamp: int  # of the frame
    failure: str = ""


def measure(pixels: Pixels, stamp: int, model: Model, view: View) -> Measured:
    """Compare a frame with the mesh as ``view`` sees it, at half the view's size; needs no Blender."""
    found = difference(pixels.astype(np.float32) / np.float32(255), look(model, view), view.side // 2)
    heat = HEAT(found.values / WORST)
    heat[..., 3] = found.object
    return Measured((heat * 255 + 0.5).astype(np.uint8), found.mean, stamp)


class Preparing:
    """Reads in a timer and measures in a thread; what is drawn asks for it, and is drawn again when it is there."""

    def __init__(self) -> None:
        self._frames: dict[tuple[int, int, int], Frame] = {}  # by orbit, index, and the image it was edited to
        self._measured: dict[tuple[int, int], Measured] = {}  # by camera and index
        self._model: Model | None = None
        self._sources: frozenset[int] = frozenset()  # the object it is of, and what that looks like
        self._due: tuple[int, int] | None = None  # orbit and index
        self._due_measure: tuple[int, int] | None = None  # camera and index
        self._work: _Work | None = None
        self.timer = self._on_timer  # kept, as Blender tells timers apart by identity and a method's changes

    def frame(self, orbit: bpy.types.Image, index: int) -> Frame | None:
        """A frame as it is now; None while it has yet to be read."""
        found = self._frames.get(_key(orbit, index))
        if found is None or _is_old(orbit, index, found):
            self._due = (orbit.session_uid, index)
            self._begin()
        return found

    def measured(self, camera: bpy.types.Object, orbit: bpy.types.Image, index: int) -> Measured | None:
        """A frame's difference, or why it has none; None while it has yet to be measured, or where there is no mesh."""
        frame = self.frame(orbit, index)
        found = self._measured.get((camera.session_uid, index))
        if frame is None or found is None or found.stamp != frame.stamp:
            self._due_measure = (camera.session_uid, index)
            self._begin()
            return None
        return found

    def mean(self, camera: bpy.types.Object, orbit: bpy.types.Image) -> float | None:
        """The mean of the differences of all frames that count; None while one has yet to be measured."""
        frames = orbit.sv3d_orbit.frames
        counted = [i for i in range(frame_count(orbit)) if i >= len(frames) or frames[i].weight > 0]
        found = [self._measured.get((camera.session_uid, i)) for i in counted]
        means = [one.mean for one in found if one and not one.failure]
        return float(np.mean(means)) if means and all(found) else None

    def forget(self) -> None:
        """As another file is opened, something is undone, or the add-on ends."""
        self._frames.clear()
        self.forget_meshes()
        self._due = self._due_measure = None
        if bpy.app.timers.is_registered(self.timer):
            bpy.app.timers.unregister(self.timer)

    def forget_meshes(self) -> None:
        """As a mesh, a material or a picture has changed."""
        self._measured.clear()
        self._model = self._work = None  # what is in work comes to nothing
        self._sources = frozenset()

    def shows(self, number: int) -> bool:
        """Whether what has been measured is of this object, material or picture, told by its ``session_uid``."""
        return number in self._sources

    def _begin(self) -> None:
        if not bpy.app.timers.is_registered(self.timer):
            bpy.app.timers.register(self.timer, first_interval=0.0)

    def _on_timer(self) -> float | None:
        if bpy.app.is_job_running("RENDER"):  # it must not find data come and go
            return 10 * _WAIT
        if self._work:
            if self._work.is_alive():
                return _WAIT
            if self._work.measured:
                self._measured[self._work.key] = self._work.measured
            self._work = None
            tab.redraw_views()
        if self._read_next():
            return 0.0
        return _WAIT if self._measure_next() else None

    def _read_next(self) -> bool:
        """Read one frame that is due or will be; whether there was one."""
        due = self._due
        orbit = next((i for i in bpy.data.images if due and i.session_uid == due[0]), None)
        if orbit is None or due is None:
            return False
        for index in _round(orbit, due[1], _AHEAD):
            found = self._frames.get(_key(orbit, index))
            if found is None or (index == due[1] and _is_old(orbit, index, found)):
                self._read(orbit, index)
                if index == due[1]:
                    tab.redraw_views()
                return True
        self._due = None
        return False

    def _read(self, orbit: bpy.types.Image, index: int) -> Frame:
        """A frame as it is now."""
        try:
            pixels = _without_fringe((pixels_now(orbit, index).clip(0, 1) * 255 + 0.5).astype(np.uint8))
        except UserError:
            pixels = None
        key = _key(orbit, index)
        stamp = hash((key, zlib.crc32(pixels.tobytes()) if pixels is not None and key[2] else 0))
        self._frames.pop(key, None)
        self._frames[key] = Frame(pixels, stamp, time.monotonic())
        while len(self._frames) > _KEPT:
            del self._frames[next(iter(self._frames))]
        return self._frames[key]

    def _measure_next(self) -> bool:
        """Begin to measure a frame, the one that is due first, then all others; whether there was one."""
        due = self._due_measure
        camera = next((o for o in bpy.data.objects if due and o.session_uid == due[0]), None)
        orbit = frames_behind(camera) if camera else None
        result = mesh_of(camera)
        if camera is None or orbit is None or result is None or due is None:
            self._due_measure = None
            return False
        for index in _round(orbit, due[1], frame_count(orbit)):
            frame = self._frames.get(_key(orbit, index)) or self._read(orbit, index)
            key = (camera.session_uid, index)
            if (found := self._measured.get(key)) and found.stamp == frame.stamp:
                continue
            if frame.pixels is None:
                self._measured[key] = Measured(None, 0.0, frame.stamp, FRAME_GONE)
                tab.redraw_views()
                continue
            try:
                if self._model is None or not self.shows(result.session_uid):
                    self._model, self._sources = model_of(result), sources_of(result)
                view = view_of(camera, index, 2 * min(len(frame.pixels), _SIDE))
            except Exception:  # as in the thread: the timer must not end with it
                self._measured[key] = _failed(frame.stamp)
                tab.redraw_views()
                continue
            self._work = _Work(key, frame.pixels, frame.stamp, self._model, view)
            return True
        self._due_measure = None
        return False


class _Work(threading.Thread):
    """One frame's measuring, beside Blender's main thread."""

    def __init__(self, key: tuple[int, int], pixels: Pixels, stamp: int, model: Model, view: View) -> None:
        super().__init__(name="sv3d-difference", daemon=True)
        self.key = key
        self.measured: Measured | None = None
        self._given = (pixels, stamp, model, view)
        self.start()

    def run(self) -> None:
        try:
            self.measured = measure(*self._given)
        except Exception:  # whatever it was: the frame must not be tried again and again
            self.measured = _failed(self._given[1])


def _failed(stamp: int) -> Measured:
    """Of a frame whose comparison has just raised something."""
    traceback.print_exc()  # to Blender's console, as an operator's would be
    return Measured(None, 0.0, stamp, FAILED)


def _without_fringe(pixels: Pixels) -> Pixels:  # (H, W, 4)
    """Clear pixels beside the object in its colours: drawn larger they would mix their own into its outline."""
    grown = np.pad(pixels.astype(np.uint32), ((1, 1), (1, 1), (0, 0)))
    grown[..., :3] *= grown[..., 3:]
    height, width = pixels.shape[:2]
    near = np.sum([grown[y : y + height, x : x + width] for y in range(3) for x in range(3)], 0)
    mended = (pixels[..., 3] == 0) & (near[..., 3] > 0)
    filled = pixels.copy()
    filled[mended, :3] = near[mended, :3] // near[mended, 3:]
    return filled


def _key(orbit: bpy.types.Image, index: int) -> tuple[int, int, int]:
    frames = orbit.sv3d_orbit.frames
    edited = frames[index].image if index < len(frames) else None
    return orbit.session_uid, index, edited.session_uid if edited else 0


def _is_old(orbit: bpy.types.Image, index: int, frame: Frame) -> bool:
    """Whether a frame may have been painted on since it was read."""
    return _key(orbit, index)[2] != 0 and time.monotonic() - frame.at > _FRESH


def _round(orbit: bpy.types.Image, first: int, count: int) -> Iterable[int]:
    """So many frames from one on, and once round."""
    return [(first + i) % frame_count(orbit) for i in range(min(count, frame_count(orbit)))]


preparing = Preparing()


@bpy.app.handlers.persistent
def on_load(*_given: object) -> None:
    """Another file's data, or other data in the place of what was undone."""
    preparing.forget()


@bpy.app.handlers.persistent
def on_change(_scene: bpy.types.Scene, depsgraph: bpy.types.Depsgraph) -> None:
    """A mesh that was measured has been edited, or what it looks like."""
    for update in depsgraph.updates:
        thing = update.id.original
        moved = isinstance(thing, bpy.types.Object) and not update.is_updated_geometry
        if preparing.shows(thing.session_uid) and not moved:
            preparing.forget_meshes()
            tab.redraw_views()
            return
