"""Everything that differs between the Blender versions this add-on runs in, 4.2 to 5.3."""

from collections.abc import Iterable
from pathlib import Path

import bpy


def new_material(name: str) -> bpy.types.Material:
    """A material with an empty node tree; before 5.0 it has none by itself."""
    material = bpy.data.materials.new(name)
    if material.node_tree is None:
        material.use_nodes = True
    material.node_tree.nodes.clear()
    return material


def new_world(name: str) -> bpy.types.World:
    """A World with an empty node tree; before 5.0 it has none by itself."""
    world = bpy.data.worlds.new(name)
    if world.node_tree is None:
        world.use_nodes = True
    world.node_tree.nodes.clear()
    return world


def action_fcurves(animated: bpy.types.ID) -> Iterable[bpy.types.FCurve]:
    """The curves that animate a data-block; 5.0 keeps them in channel bags, one for each slot."""
    data = animated.animation_data
    if data is None or data.action is None:
        return ()
    if bpy.app.version < (5, 0, 0):
        return data.action.fcurves
    return [
        curve
        for layer in data.action.layers
        for strip in layer.strips
        if (bag := strip.channelbag(data.action_slot)) is not None
        for curve in bag.fcurves
    ]


def export_usd(path: Path, collection: bpy.types.Collection, metres: float) -> None:
    """Write objects, made for this alone, as USD whose unit is so many metres, their textures beside it."""
    units = bpy.context.scene.unit_settings
    if "convert_scene_units" in bpy.ops.wm.usd_export.get_rna_type().properties:  # since 4.4
        of_file = {"convert_scene_units": "CUSTOM", "meters_per_unit": metres} if metres != 1.0 else {}
        bpy.ops.wm.usd_export(filepath=str(path), collection=collection.name, overwrite_textures=True, **of_file)
        return
    before = units.scale_length
    try:
        units.scale_length = metres
        for thing in collection.objects:
            thing.scale = (1 / metres,) * 3
        bpy.ops.wm.usd_export(filepath=str(path), collection=collection.name, overwrite_textures=True)
    finally:
        units.scale_length = before


def strips(scene: bpy.types.Scene) -> list[bpy.types.ID]:
    """What is in a scene's Video Sequencer; 4.4 calls strips so, before they were sequences."""
    editor = scene.sequence_editor
    if editor is None:
        return []
    return list(editor.strips if bpy.app.version >= (4, 4, 0) else editor.sequences)


def add_image_strip(scene: bpy.types.Scene, name: str, files: list[Path], start: int) -> None:
    """Put pictures of one folder, one a frame, into the first channel that is free above all others."""
    above = max((strip.channel for strip in strips(scene)), default=0) + 1
    editor = scene.sequence_editor or scene.sequence_editor_create()
    home = editor.strips if bpy.app.version >= (4, 4, 0) else editor.sequences
    strip = home.new_image(name, str(files[0]), above, start)
    for file in files[1:]:
        strip.elements.append(file.name)
