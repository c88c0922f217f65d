"""What Blender is told of the add-on, and how it is taken back."""

import bpy

from .engine.session import session
from .generate import ops as generate_ops
from .generate import panel, preview, property_group, source_ops
from .generate.player import player
from .preferences import ops as preferences_ops
from .preferences import property_group as preferences_group
from .result import delivery
from .result import ops as result_ops

CLASSES: tuple[type, ...] = (
    *preferences_group.CLASSES,
    *preferences_ops.CLASSES,
    property_group.SV3DSettings,
    *generate_ops.CLASSES,
    *source_ops.CLASSES,
    *result_ops.CLASSES,
    *panel.CLASSES,
)


def register() -> None:
    for cls in CLASSES:
        bpy.utils.register_class(cls)
    bpy.types.Scene.sv3d = bpy.props.PointerProperty(type=property_group.SV3DSettings)
    bpy.app.handlers.load_post.append(delivery.on_load)
    session.deliver = delivery.deliver
    session.watch = player.follow


def unregister() -> None:
    session.shutdown()
    player.stop()
    preview.clear()
    bpy.app.handlers.load_post.remove(delivery.on_load)
    del bpy.types.Scene.sv3d
    for cls in reversed(CLASSES):
        bpy.utils.unregister_class(cls)
