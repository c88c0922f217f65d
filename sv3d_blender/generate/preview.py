"""Pictures the engine announces while it works, as icons: Blender loads those in a thread of its own."""

from pathlib import Path

import bpy
import bpy.utils.previews

_MOST = 64  # then the old ones are let go

_icons: bpy.utils.previews.ImagePreviewCollection | None = None


def icon(picture: Path) -> int:
    """The icon that shows a picture file, for ``template_icon``."""
    global _icons  # noqa: PLW0603  (Blender's own pattern: it must be removed when the add-on is)
    if _icons is not None and len(_icons) >= _MOST:
        clear()
    if _icons is None:
        _icons = bpy.utils.previews.new()
    name = str(picture)
    if name not in _icons:
        _icons.load(name, name, "IMAGE")
    return int(_icons[name].icon_id)


def clear() -> None:
    """Let all pictures go: before another job, whose files may have the same names, and as the add-on ends."""
    global _icons  # noqa: PLW0603
    if _icons is not None:
        bpy.utils.previews.remove(_icons)
        _icons = None
