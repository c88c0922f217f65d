"""Pictures the engine announces while it works, as icons."""

from pathlib import Path

import bpy
import bpy.utils.previews

_MOST = 128  # then the old ones are let go

_icons: bpy.utils.previews.ImagePreviewCollection | None = None
_editions: dict[str, int] = {}


def icon(picture: Path, edition: int = 0) -> int:
    """The icon that shows a picture file, for ``template_icon``; Blender loads it in a thread of its own.

    A higher ``edition`` than before says that the file holds something new.
    """
    global _icons  # noqa: PLW0603  (Blender's own pattern: it must be removed when the add-on is)
    name = str(picture)
    if _icons is not None and name not in _icons and len(_icons) >= _MOST:
        clear()
    if _icons is None:
        _icons = bpy.utils.previews.new()
    if name not in _icons:
        _icons.load(name, name, "IMAGE")
    elif edition > _editions[name]:
        _icons[name].reload()
    _editions[name] = max(edition, _editions.get(name, 0))
    return int(_icons[name].icon_id)


def load(picture: Path, edition: int) -> None:
    """Load a picture now, a few milliseconds, so that its icon is there at once when it is drawn."""
    icon(picture, edition)
    if _icons is not None:
        tuple(_icons[str(picture)].image_size)  # asking for it is what loads it


def clear() -> None:
    """Let all pictures go: before another job, whose files may have the same names, and as the add-on ends."""
    global _icons  # noqa: PLW0603
    _editions.clear()
    if _icons is not None:
        bpy.utils.previews.remove(_icons)
        _icons = None
