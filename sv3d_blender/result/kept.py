"""What the scene's render was set to before it was made the picture's, to be given back."""

import bpy
from bpy.props import BoolProperty, FloatProperty, IntProperty, PointerProperty

_SQUARE = ("resolution_percentage", "pixel_aspect_x", "pixel_aspect_y")
_SIZE = ("resolution_x", "resolution_y", *_SQUARE)
_FIELDS = (*_SIZE, "film_transparent")


class SV3DKept(bpy.types.PropertyGroup):
    """In each scene, saved with the file."""

    active: BoolProperty(  # type: ignore[valid-type]
        description="Whether anything is kept to be given back", options={"HIDDEN"}
    )
    camera: PointerProperty(description="The scene's own camera", type=bpy.types.Object)  # type: ignore[valid-type]
    framed: BoolProperty(  # type: ignore[valid-type]
        description="Whether the picture's camera and size have come in the place of the scene's own"
    )
    ours: PointerProperty(description="The picture's camera", type=bpy.types.Object)  # type: ignore[valid-type]
    ours_x: IntProperty(description="Width of the picture")  # type: ignore[valid-type]
    ours_y: IntProperty(description="Height of the picture")  # type: ignore[valid-type]
    resolution_x: IntProperty(description="The scene's own width")  # type: ignore[valid-type]
    resolution_y: IntProperty(description="The scene's own height")  # type: ignore[valid-type]
    resolution_percentage: IntProperty(description="The scene's own percentage of its size")  # type: ignore[valid-type]
    pixel_aspect_x: FloatProperty(description="The scene's own width of a pixel")  # type: ignore[valid-type]
    pixel_aspect_y: FloatProperty(description="The scene's own height of a pixel")  # type: ignore[valid-type]
    film_transparent: BoolProperty(  # type: ignore[valid-type]
        description="Whether the scene's own background was transparent"
    )


def use_picture(scene: bpy.types.Scene, camera: bpy.types.Object, size: tuple[int, int]) -> None:
    """Make the scene's render the picture's: its camera, its size.  What was there before is kept, once."""
    keep(scene)
    render, kept = scene.render, scene.sv3d_kept
    scene.camera = kept.ours = camera
    kept.framed = True
    kept.ours_x, kept.ours_y = render.resolution_x, render.resolution_y = size
    render.resolution_percentage = 100
    render.pixel_aspect_x = render.pixel_aspect_y = 1.0


def keep(scene: bpy.types.Scene) -> None:
    """Note how the render is set, unless an earlier note still stands."""
    kept = scene.sv3d_kept
    if kept.active:
        return
    kept.active, kept.framed, kept.camera, kept.ours = True, False, scene.camera, None
    for field in _FIELDS:
        setattr(kept, field, getattr(scene.render, field))


def give_back(scene: bpy.types.Scene) -> None:
    """Set the render as it was.  What the artist has changed since is left as it is."""
    kept, render = scene.sv3d_kept, scene.render
    if kept.framed:
        if scene.camera in (kept.ours, None):
            scene.camera = kept.camera if kept.camera and kept.camera.name in scene.objects else None
        if (render.resolution_x, render.resolution_y) == (kept.ours_x, kept.ours_y):
            for field in _SIZE:
                setattr(render, field, getattr(kept, field))
    render.film_transparent = kept.film_transparent
    kept.active, kept.framed, kept.camera, kept.ours = False, False, None, None


CLASSES = (SV3DKept,)
