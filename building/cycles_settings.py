"""Runs in Blender's Python: Cycles as it renders what is measured.  (No "cycles.py": that is Blender's own.)"""

import os

import bpy


def settle(samples: int, size: int | None = None) -> None:
    """Cycles on the processor, which needs no display; denoised, transparent, in colours as the frames have them.

    ``size``: pixels a side, where the scene's own are not right.
    """
    scene = bpy.context.scene
    scene.render.engine = "CYCLES"
    scene.cycles.device = "CPU"
    scene.cycles.samples = samples
    scene.cycles.use_denoising = True
    scene.cycles.max_bounces = 4
    scene.cycles.seed = 0
    if threads := os.environ.get("OMP_NUM_THREADS"):
        scene.render.threads_mode, scene.render.threads = "FIXED", int(threads)
    if size is not None:
        scene.render.resolution_x = scene.render.resolution_y = size
    scene.render.resolution_percentage = 100
    scene.render.film_transparent = True
    scene.view_settings.view_transform = "Standard"
    scene.render.image_settings.file_format = "PNG"
    scene.render.image_settings.color_mode = "RGBA"
