"""Where Blender's own menus, and with them the search, find what the tab does."""

import bpy


class SV3D_MT_menu(bpy.types.Menu):
    bl_idname = "SV3D_MT_menu"
    bl_label = "SV3D"

    def draw(self, _context: bpy.types.Context) -> None:
        layout = self.layout
        layout.operator_context = "INVOKE_DEFAULT"
        for group in _GROUPS:
            for operator in group:
                layout.operator(operator)
            layout.separator()


_GROUPS = (
    ("sv3d.drop_picture", "sv3d.use_active_image", "sv3d.use_orbit"),
    ("sv3d.generate", "sv3d.generate_again", "sv3d.finish", "sv3d.cancel", "sv3d.resume"),
    ("sv3d.remove_waiting", "sv3d.go_on", "sv3d.dismiss", "sv3d.copy_report"),
    ("sv3d.import_result", "sv3d.look_through", "sv3d.show_frames", "sv3d.show_preview"),
    ("sv3d.preferences", "sv3d.check_engine"),
)


def _draw_menu(self: bpy.types.Menu, _context: bpy.types.Context) -> None:
    self.layout.separator()
    self.layout.menu(SV3D_MT_menu.bl_idname, icon="MESH_MONKEY")


def _draw_add(self: bpy.types.Menu, _context: bpy.types.Context) -> None:
    self.layout.separator()
    self.layout.operator("sv3d.drop_picture", text="From Picture (SV3D)", icon="IMAGE_DATA")


def _draw_image(self: bpy.types.Menu, _context: bpy.types.Context) -> None:
    self.layout.separator()
    self.layout.operator("sv3d.use_active_image", text="Use in SV3D", icon="MESH_MONKEY")
    self.layout.menu(SV3D_MT_menu.bl_idname)


def _draw_import(self: bpy.types.Menu, _context: bpy.types.Context) -> None:
    self.layout.operator("sv3d.import_result", text="SV3D Result (job folder)")


_ENTRIES = (
    ("VIEW3D_MT_object", _draw_menu),
    ("VIEW3D_MT_mesh_add", _draw_add),
    ("IMAGE_MT_image", _draw_image),
    ("TOPBAR_MT_file_import", _draw_import),
)


def register() -> None:
    for menu, draw in _ENTRIES:
        getattr(bpy.types, menu).append(draw)


def unregister() -> None:
    for menu, draw in _ENTRIES:
        getattr(bpy.types, menu).remove(draw)


CLASSES = (SV3D_MT_menu,)
