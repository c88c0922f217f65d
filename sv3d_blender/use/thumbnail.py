"""A small picture of an object, rendered beside the artist's own scene."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from math import radians, sin
from pathlib import Path

import bpy
from mathutils import Euler, Matrix, Vector

SIZE = 256  # pixels of each side, as large as Blender's own
_SAMPLES = 16
_LENS = radians(30.0)
_TURN = Euler((radians(72.0), 0.0, radians(30.0)))  # from a little above and to the side of the front, -Y


def render_thumbnail(shown: bpy.types.Object) -> None:
    """Give an object a preview of what it looks like, alone and in an even light; a second or two.

    Raises RuntimeError where Blender cannot render.
    """
    with _studio(shown) as scene, tempfile.TemporaryDirectory(prefix="sv3d-") as folder:
        scene.render.filepath = str(Path(folder, "thumbnail.png"))
        bpy.ops.render.render(write_still=True, scene=scene.name)
        image = bpy.data.images.load(scene.render.filepath)
        try:
            preview = shown.preview_ensure()
            preview.image_size = image.size
            preview.image_pixels_float = image.pixels[:]
        finally:
            bpy.data.images.remove(image)


@contextmanager
def _studio(shown: bpy.types.Object) -> Iterator[bpy.types.Scene]:
    """A scene with a copy of the object, a camera and light; all of it is gone afterwards."""
    scene = bpy.data.scenes.new("SV3D Thumbnail")
    model = shown.copy()
    camera = bpy.data.objects.new(scene.name, bpy.data.cameras.new(scene.name))
    sun = bpy.data.objects.new(scene.name, bpy.data.lights.new(scene.name, "SUN"))
    world = bpy.data.worlds.new(scene.name)
    try:
        _set_up(scene, world)
        model.hide_render = False
        middle, radius = _ball(shown)
        camera.data.angle = _LENS
        camera.data.clip_start, camera.data.clip_end = radius / 100, radius * 100
        away = _TURN.to_matrix() @ Vector((0.0, 0.0, radius / sin(_LENS / 2)))
        camera.matrix_world = Matrix.Translation(middle + away) @ _TURN.to_matrix().to_4x4()
        sun.rotation_euler, sun.data.energy = (radians(40.0), 0.0, radians(-20.0)), 3.0
        for thing in (model, camera, sun):
            scene.collection.objects.link(thing)
        scene.camera = camera
        yield scene
    finally:
        data = camera.data, sun.data
        bpy.data.scenes.remove(scene)
        for thing in (model, camera, sun):
            bpy.data.objects.remove(thing)
        bpy.data.cameras.remove(data[0])
        bpy.data.lights.remove(data[1])
        bpy.data.worlds.remove(world)


def _set_up(scene: bpy.types.Scene, world: bpy.types.World) -> None:
    render = scene.render
    render.engine = "CYCLES"  # the one that needs no graphics card
    scene.cycles.samples, scene.cycles.use_denoising = _SAMPLES, False
    render.resolution_x = render.resolution_y = SIZE
    render.resolution_percentage = 100
    render.film_transparent = True
    render.image_settings.file_format, render.image_settings.color_mode = "PNG", "RGBA"
    scene.view_settings.view_transform = "Standard"
    world.color = (0.5, 0.5, 0.5)
    scene.world = world


def _ball(shown: bpy.types.Object) -> tuple[Vector, float]:
    """Middle and radius of what the object fills."""
    corners = [shown.matrix_world @ Vector(corner) for corner in shown.bound_box]
    middle = sum(corners, Vector()) / len(corners)
    return middle, max((corner - middle).length for corner in corners) or 1.0
