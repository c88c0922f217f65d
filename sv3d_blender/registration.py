"""What Blender is told of the add-on, and how it is taken back."""

import bpy

from . import storage, translations
from .compare import drawing as compare_drawing
from .compare import line_gizmo, preparing
from .compare import ops as compare_ops
from .compare import property_group as compare_group
from .engine.job import Job
from .engine.session import session
from .generate import looking, menus, panel, picture_copy, preview, property_group, running_ops, source_ops
from .generate import ops as generate_ops
from .generate.player import player
from .history import housekeeping
from .history import ops as history_ops
from .history import panel as history_panel
from .history import property_group as history_group
from .history.catalogue import catalogue
from .history.failures import note_end
from .light import ops as light_ops
from .light import property_group as light_group
from .light import world
from .orbit import ops as orbit_ops
from .orbit import property_group as orbit_group
from .orbit import watching
from .overlay import drawing
from .preferences import ops as preferences_ops
from .preferences import property_group as preferences_group
from .repair import ops as repair_ops
from .repair import panel as repair_panel
from .result import delivery, destination, frame_changes, kept, picture_ops
from .result import ops as result_ops
from .setup import model_ops
from .setup import ops as setup_ops
from .setup.session import engine_setup, on_load_pre
from .use import asset, game_export, lighter, print_export
from .use import panel as use_panel

CLASSES: tuple[type, ...] = (
    *history_group.CLASSES,
    *preferences_group.CLASSES,
    *preferences_ops.CLASSES,
    *setup_ops.CLASSES,
    *model_ops.CLASSES,
    orbit_group.SV3DSceneCameras,
    property_group.SV3DSettings,
    *kept.CLASSES,
    *light_group.CLASSES,
    *generate_ops.CLASSES,
    *running_ops.CLASSES,
    *source_ops.CLASSES,
    *looking.CLASSES,
    *orbit_ops.CLASSES,
    *result_ops.CLASSES,
    *picture_ops.CLASSES,
    *frame_changes.CLASSES,
    *repair_ops.CLASSES,
    *compare_group.CLASSES,
    *compare_ops.CLASSES,
    *line_gizmo.CLASSES,
    *light_ops.CLASSES,
    *panel.CLASSES,
    *repair_panel.CLASSES,
    *asset.CLASSES,
    *lighter.CLASSES,
    *game_export.CLASSES,
    *print_export.CLASSES,
    *use_panel.CLASSES,
    *menus.CLASSES,
    *history_ops.CLASSES,
    *history_panel.CLASSES,
)


# Of Blender's lists of handlers, and what belongs into them.
HANDLERS = (
    ("load_pre", on_load_pre),
    ("load_post", destination.on_load),
    ("save_pre", frame_changes.pack_painted),
    ("save_post", destination.on_save),
    ("load_post", housekeeping.on_load),
    ("depsgraph_update_post", world.after_update),
    ("load_pre", watching.on_load),
    ("depsgraph_update_post", watching.on_change),
    ("save_post", asset.on_save),
    *((f"{what}_pre", preparing.on_load) for what in ("load", "undo", "redo")),
    ("depsgraph_update_post", preparing.on_change),
    *((f"{what}_pre", delivery.before_change) for what in ("load", "undo", "redo")),
    *((f"{what}_pre", picture_copy.before_change) for what in ("load", "undo", "redo")),
    *((f"{what}_post", delivery.after_change) for what in ("load", "undo", "redo")),
)


def register() -> None:
    translations.register()
    for cls in CLASSES:
        bpy.utils.register_class(cls)
    bpy.types.Scene.sv3d = bpy.props.PointerProperty(
        type=property_group.SV3DSettings, description="What the SV3D tab has chosen"
    )
    bpy.types.Image.sv3d_orbit = bpy.props.PointerProperty(
        type=frame_changes.SV3DFrames, description="What was changed of an orbit's frames"
    )
    bpy.types.Camera.sv3d_compare = bpy.props.PointerProperty(
        type=compare_group.SV3DCompare, description="How an orbit camera compares mesh and frames"
    )
    bpy.types.Scene.sv3d_light = bpy.props.PointerProperty(
        type=light_group.SV3DLight, description="The scene's own light while the picture's is used"
    )
    bpy.types.Scene.sv3d_kept = bpy.props.PointerProperty(
        type=kept.SV3DKept, description="The scene's own camera and size while the picture's are used"
    )
    bpy.types.Scene.sv3d_results = bpy.props.PointerProperty(
        type=history_group.SV3DFileResults, description="Where this file's results go"
    )
    bpy.types.WindowManager.sv3d_history = bpy.props.PointerProperty(
        type=history_group.SV3DHistory, description="The jobs that the history lists"
    )
    for name, handler in HANDLERS:
        getattr(bpy.app.handlers, name).append(handler)
    menus.register()
    drawing.register()
    compare_drawing.register()
    preferences_group.use_home()
    session.deliver = delivery.deliver
    session.watch = (player.follow, delivery.follow)
    session.ready = picture_copy.is_written
    session.begun, session.ended = destination.begun, _ended
    housekeeping.begin()


def unregister() -> None:
    looking.forget()
    session.shutdown()
    engine_setup.shutdown()
    storage.forget_home()
    picture_copy.forget()
    player.stop()
    watching.watch.forget()
    preview.clear()
    housekeeping.end()
    catalogue.shutdown()
    drawing.unregister()
    compare_drawing.unregister()
    preparing.preparing.forget()
    compare_group.blend_all()
    menus.unregister()
    for name, handler in HANDLERS:
        getattr(bpy.app.handlers, name).remove(handler)
    del bpy.types.WindowManager.sv3d_history
    del bpy.types.Scene.sv3d_results
    del bpy.types.Scene.sv3d_kept
    del bpy.types.Image.sv3d_orbit
    del bpy.types.Scene.sv3d_light
    del bpy.types.Camera.sv3d_compare
    del bpy.types.Scene.sv3d
    for cls in reversed(CLASSES):
        bpy.utils.unregister_class(cls)
    translations.unregister()


def _ended(job: Job) -> None:
    destination.ended(job)
    note_end(job)
    if job.failure:  # perhaps the engine's environment is damaged: its card tells, with the button that helps
        engine_setup.lookout.forget()
