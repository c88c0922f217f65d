"""Copies of pictures that are open in Blender, made without holding it: only the pixels' way out of Blender is its own.

Blender hands out an image's pixels all at once or not at all, so memory for them is made ready first and the file is
written afterwards, both in a thread.  For 4096² pixels the turn between takes 25 to 45 ms, instead of 60 to 110.
"""

from pathlib import Path

import bpy

from ...sv3d_engine.shared import protocol
from ...sv3d_engine.shared.errors import UserError
from .pixel_file import FileWriter, PixelWriter, Room

_INTERVAL = 0.02  # seconds between looks whether there is room


class _Copy:
    """The pixels of one image on their way to a file."""

    def __init__(self, image: bpy.types.Image, target: Path) -> None:
        # By name: undo would take the image itself away.
        self._name = image.name, image.library.filepath if image.library else None
        self._target, self._room = target, Room(*image.size)

    @property
    def due(self) -> bool:
        return not self._room.is_alive()

    def take(self) -> FileWriter:
        """Copy the pixels now, and begin to write them.  Raises UserError if the image is no longer there."""
        image = bpy.data.images.get(self._name)
        if image is None or not all(image.size):
            raise UserError("The picture was closed before it could be copied.", "Open it again, and press Generate.")
        self._room.join()
        room = self._room if self._room.pixels.shape[1::-1] == tuple(image.size) else Room(*image.size)
        image.pixels.foreach_get(room.pixels.ravel())
        light = not image.colorspace_settings.is_data if image.is_float else None
        return _begun(PixelWriter(self._target, room.pixels, light))


_copies: dict[str, _Copy | FileWriter | UserError] = {}  # by the file each becomes


def copy_pixels(image: bpy.types.Image, target: Path) -> None:
    """Begin to write what the image shows as a PNG, whatever becomes of the image after the next turns of Blender's.

    Image.save would change the image it is called on, and take seconds for a large one; Image.copy leaves out what was
    painted.
    """
    _copies[str(target)] = _Copy(image, target)
    if not bpy.app.timers.is_registered(_on_timer):
        bpy.app.timers.register(_on_timer, first_interval=_INTERVAL, persistent=True)


def copy_file(content: bytes, target: Path) -> None:
    """Begin to write this file."""
    _copies[str(target)] = _begun(FileWriter(target, content))


def drop(folder: Path) -> None:
    """Begin no copy in the folder of a job that is refused."""
    for file in [file for file, copy in _copies.items() if isinstance(copy, _Copy) and Path(file).parent == folder]:
        del _copies[file]


def take_pixels(*, now: bool = False) -> None:
    """Take the pixels of the next image there is room for; with ``now`` of all, as a script may go on painting."""
    for file, copy in list(_copies.items()):
        if isinstance(copy, _Copy) and (now or copy.due):
            try:
                _copies[file] = copy.take()
            except UserError as error:
                _copies[file] = error
            except Exception as error:  # else the job would wait for ever
                _copies[file] = UserError(
                    "The picture could not be copied.", "Save it, and choose the file.", repr(error)
                )
            if not now:
                return


def is_written(request: protocol.Job) -> bool:
    """Whether the picture of a job is there, as far as that depends on us.

    Raises OSError if it could not be written, UserError if there was nothing left to write.
    """
    file = getattr(request, "picture", "")
    copy = _copies.get(file)
    if isinstance(copy, _Copy):
        take_pixels()
        return False
    if copy is None:
        return True
    if isinstance(copy, FileWriter) and copy.is_alive():
        return False
    del _copies[file]
    if isinstance(copy, UserError):
        raise copy
    if copy.error:
        raise copy.error
    return True


@bpy.app.handlers.persistent
def before_change(*_given: object) -> None:
    """Undo or another file may take the images away."""
    take_pixels(now=True)


def forget() -> None:
    """Begin no further copy, as the add-on ends."""
    if bpy.app.timers.is_registered(_on_timer):
        bpy.app.timers.unregister(_on_timer)
    _copies.clear()


def _on_timer() -> float | None:
    take_pixels()
    return _INTERVAL if any(isinstance(copy, _Copy) for copy in _copies.values()) else None


def _begun(writer: FileWriter) -> FileWriter:
    writer.start()
    return writer
