"""Where Blender's own menus, and with them the search, find what the tab does."""

from collections.abc import Iterable

import bpy

from ...sv3d_engine.shared.model_catalogue import CATALOGUE
from ..translations import said


class SV3D_MT_menu(bpy.types.Menu):
    bl_idname = "SV3D_MT_menu"
    bl_label = "SV3D"

    def draw(self, _context: bpy.types.Context) -> None:
        _draw_groups(self.layout, _GROUPS)
        for menu in (SV3D_MT_frames, SV3D_MT_use, SV3D_MT_history, SV3D_MT_engine, SV3D_MT_models):
            self.layout.menu(menu.bl_idname)


class SV3D_MT_frames(bpy.types.Menu):
    bl_idname = "SV3D_MT_frames"
    bl_label = "Repair Frames"

    def draw(self, _context: bpy.types.Context) -> None:
        _draw_groups(self.layout, _FRAMES)


class SV3D_MT_use(bpy.types.Menu):
    bl_idname = "SV3D_MT_use"
    bl_label = "For Use"

    def draw(self, _context: bpy.types.Context) -> None:
        _draw_groups(self.layout, _USE)


class SV3D_MT_history(bpy.types.Menu):
    bl_idname = "SV3D_MT_history"
    bl_label = "History"

    def draw(self, _context: bpy.types.Context) -> None:
        _draw_groups(self.layout, _HISTORY)


class SV3D_MT_engine(bpy.types.Menu):
    bl_idname = "SV3D_MT_engine"
    bl_label = "Engine"

    def draw(self, _context: bpy.types.Context) -> None:
        self.layout.operator_context = "INVOKE_DEFAULT"
        self.layout.operator_enum("sv3d.set_up_engine", "mode")
        self.layout.separator()
        _draw_groups(self.layout, _ENGINE)
        self.layout.operator_enum("sv3d.fit_memory", "mode")


class SV3D_MT_models(bpy.types.Menu):
    bl_idname = "SV3D_MT_models"
    bl_label = "Models"

    def draw(self, _context: bpy.types.Context) -> None:
        self.layout.operator_context = "INVOKE_DEFAULT"
        for word in ("Get", "Verify", "Remove"):
            operator = "sv3d.verify_models" if word == "Verify" else f"sv3d.{word.lower()}_model"
            for model in CATALOGUE:
                self.layout.operator(operator, text=f"{said(word)} {model.title}").model = model.name
            self.layout.separator()


def _draw_groups(layout: bpy.types.UILayout, groups: Iterable[Iterable[str]]) -> None:
    layout.operator_context = "INVOKE_DEFAULT"
    for group in groups:
        for operator in group:
            layout.operator(operator)
        layout.separator()


_GROUPS = (
    ("sv3d.drop_picture", "sv3d.use_active_image", "sv3d.use_orbit", "sv3d.add_orbit_cameras"),
    ("sv3d.look_at_frames", "sv3d.stop_looking"),
    ("sv3d.generate", "sv3d.generate_again", "sv3d.finish", "sv3d.cancel", "sv3d.resume"),
    ("sv3d.remove_waiting", "sv3d.go_on", "sv3d.dismiss", "sv3d.copy_report"),
    ("sv3d.import_result", "sv3d.look_through", "sv3d.show_frames", "sv3d.show_preview"),
    ("sv3d.add_strip", "sv3d.show_confidence"),
    ("sv3d.look_through_picture", "sv3d.leave_picture", "sv3d.add_shadow_catcher", "sv3d.set_light"),
    ("sv3d.preferences", "sv3d.check_engine"),
)
_FRAMES = (
    ("sv3d.edit_frame", "sv3d.replace_frame", "sv3d.put_back_frame", "sv3d.back_to_orbit"),
    ("sv3d.reject_frame", "sv3d.keep_frame"),
    ("sv3d.mesh_again",),
)
_USE = (
    ("sv3d.mark_asset",),
    ("sv3d.decimate", "sv3d.make_lods"),
    ("sv3d.export_game", "sv3d.export_print"),
)
_HISTORY = (
    ("sv3d.history_resume", "sv3d.history_settings", "sv3d.history_open_folder"),
    ("sv3d.history_delete", "sv3d.history_clean_up", "sv3d.history_dismiss"),
)
_ENGINE = (
    ("sv3d.cancel_set_up", "sv3d.remove_engine", "sv3d.move_folder", "sv3d.allow_online"),
    ("sv3d.copy_set_up_report", "sv3d.dismiss_set_up"),
)


def _draw_menu(self: bpy.types.Menu, _context: bpy.types.Context) -> None:
    self.layout.separator()
    self.layout.menu(SV3D_MT_menu.bl_idname, icon="MESH_MONKEY")


def _draw_add(self: bpy.types.Menu, _context: bpy.types.Context) -> None:
    self.layout.separator()
    self.layout.operator("sv3d.drop_picture", text="From Picture (SV3D)", icon="IMAGE_DATA")


def _draw_add_camera(self: bpy.types.Menu, _context: bpy.types.Context) -> None:
    self.layout.operator("sv3d.add_orbit_cameras", text="Orbit Cameras (SV3D)", icon="OUTLINER_OB_CAMERA")


def _draw_image(self: bpy.types.Menu, _context: bpy.types.Context) -> None:
    self.layout.separator()
    self.layout.operator("sv3d.use_active_image", text="Use in SV3D", icon="MESH_MONKEY")
    self.layout.menu(SV3D_MT_menu.bl_idname)


def _draw_import(self: bpy.types.Menu, _context: bpy.types.Context) -> None:
    self.layout.operator("sv3d.import_result", text="SV3D Result (job folder)")


def _draw_export(self: bpy.types.Menu, _context: bpy.types.Context) -> None:
    self.layout.operator("sv3d.export_game", text="SV3D Result for Games (.glb, .fbx, .usdc)")
    self.layout.operator("sv3d.export_print", text="SV3D Result for 3D Print (.stl)")


_ENTRIES = (
    ("VIEW3D_MT_object", _draw_menu),
    ("VIEW3D_MT_mesh_add", _draw_add),
    ("VIEW3D_MT_camera_add", _draw_add_camera),
    ("IMAGE_MT_image", _draw_image),
    ("TOPBAR_MT_file_import", _draw_import),
    ("TOPBAR_MT_file_export", _draw_export),
)


def register() -> None:
    for menu, draw in _ENTRIES:
        getattr(bpy.types, menu).append(draw)


def unregister() -> None:
    for menu, draw in _ENTRIES:
        getattr(bpy.types, menu).remove(draw)


CLASSES = (SV3D_MT_menu, SV3D_MT_frames, SV3D_MT_use, SV3D_MT_history, SV3D_MT_engine, SV3D_MT_models)
