"""Look through the picture's own camera, and back; a shadow for the object to lay on the picture."""

import bpy

from ..translations import reported, said
from .earlier import add_missing_picture_camera
from .job_folder import mesh_of
from .kept import give_back, keep, use_picture
from .picture_camera import picture_camera, picture_size

_CATCHER = "sv3d_shadow_catcher"  # marks the plane
_REACH = 6.0  # the plane's half side, in the object's own


class SV3D_OT_look_through_picture(bpy.types.Operator):
    bl_idname = "sv3d.look_through_picture"
    bl_label = "Look Through Picture"
    bl_description = (
        "See the object exactly where the picture shows it. The scene's camera and render size become the picture's "
        "until you go back"
    )
    bl_options = {"REGISTER", "UNDO"}

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        camera = picture_camera(context.active_object)
        if (mesh_of(context.active_object) is None) if camera is None else (picture_size(camera) is None):
            cls.poll_message_set(said("Select a result"))
            return False
        return True

    def execute(self, context: bpy.types.Context) -> set[str]:
        mesh = mesh_of(context.active_object)
        camera = picture_camera(context.active_object) or (add_missing_picture_camera(mesh) if mesh else None)
        size = picture_size(camera) if camera else None
        if camera is None or size is None:
            self.report(
                {"WARNING"}, reported("The picture is missing from the result's folder. Import the result again.")
            )
            return {"CANCELLED"}
        use_picture(context.scene, camera, size)
        space = context.space_data
        if isinstance(space, bpy.types.SpaceView3D):
            space.use_local_camera = False
            space.region_3d.view_perspective = "CAMERA"
        return {"FINISHED"}


class SV3D_OT_leave_picture(bpy.types.Operator):
    bl_idname = "sv3d.leave_picture"
    bl_label = "Back from Picture"
    bl_description = "Give the scene its own camera and render size again"
    bl_options = {"REGISTER", "UNDO"}

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        return bool(context.scene.sv3d_kept.active)

    def execute(self, context: bpy.types.Context) -> set[str]:
        give_back(context.scene)
        space = context.space_data
        if isinstance(space, bpy.types.SpaceView3D) and space.region_3d.view_perspective == "CAMERA":
            space.region_3d.view_perspective = "PERSP"
        return {"FINISHED"}


class SV3D_OT_add_shadow_catcher(bpy.types.Operator):
    bl_idname = "sv3d.add_shadow_catcher"
    bl_label = "Add Shadow Catcher"
    bl_description = (
        "Add a plane below the object that shows its shadow alone, and make the render's background transparent, "
        "to lay the render on the picture. Works with Cycles"
    )
    bl_options = {"REGISTER", "UNDO"}

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        mesh = _mesh_of(context.active_object)
        if mesh is None:
            return False
        if any(_CATCHER in child for child in mesh.children):
            cls.poll_message_set(said("There is one already. Delete it to be rid of it"))
            return False
        return True

    def execute(self, context: bpy.types.Context) -> set[str]:
        if (mesh := _mesh_of(context.active_object)) is None:
            return {"CANCELLED"}
        keep(context.scene)
        context.scene.render.film_transparent = True
        half = _REACH * max((abs(side) for corner in mesh.bound_box for side in corner), default=1.0)
        data = bpy.data.meshes.new(f"{mesh.name} shadow catcher")
        corners = ((-half, -half), (half, -half), (half, half), (-half, half))
        data.from_pydata([(x, y, 0.0) for x, y in corners], [], [(0, 1, 2, 3)])
        plane = bpy.data.objects.new(data.name, data)
        plane[_CATCHER] = True
        plane.is_shadow_catcher = True
        plane.display_type = "WIRE"
        plane.parent = mesh
        for collection in mesh.users_collection[:1]:
            collection.objects.link(plane)
        return {"FINISHED"}


def _mesh_of(active: bpy.types.Object | None) -> bpy.types.Object | None:
    """The result's mesh that the active object is, or belongs to; also of one whose orbit camera has been deleted."""
    camera = picture_camera(active)
    mesh = camera.parent if camera else None
    return mesh if mesh is not None and mesh.type == "MESH" else mesh_of(active)


CLASSES = (SV3D_OT_look_through_picture, SV3D_OT_leave_picture, SV3D_OT_add_shadow_catcher)
