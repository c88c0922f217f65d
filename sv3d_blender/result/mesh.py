"""The finished mesh, standing in the scene."""

from math import radians
from pathlib import Path

import bmesh
import bpy
from mathutils import Matrix, Vector

from ...sv3d_engine.shared.errors import UserError
from .. import compat

QUAD_FOLD, QUAD_SKEW = radians(40.0), radians(40.0)  # between two triangles, and of a quad's corners from right angles


def import_mesh(path: Path, collection: bpy.types.Collection, name: str) -> tuple[bpy.types.Object, float]:
    """The GLB as one object of ``collection`` whose origin is its foot, front towards −Y.

    Also returns how far its lowest point lay below the point the orbit's cameras look at, in its own units.
    """
    made = compat.import_glb(path)
    meshes = [o for o in made if o.type == "MESH"]
    if len(meshes) != 1:
        bpy.data.batch_remove(made)
        raise UserError("The finished file does not hold one mesh.", "Generate the mesh again.", f"{path}: {made}")
    mesh = meshes[0]
    bpy.context.view_layer.update()  # matrix_world knows nothing of the new objects before
    mesh.data.transform(mesh.matrix_world)
    mesh.parent = None
    mesh.rotation_mode = "XYZ"
    mesh.matrix_world = Matrix()
    for other in made:
        if other is not mesh:
            bpy.data.objects.remove(other)
    for old in list(mesh.users_collection):
        old.objects.unlink(mesh)
    collection.objects.link(mesh)

    drop = -min(v.co.z for v in mesh.data.vertices)
    mesh.data.transform(Matrix.Translation(Vector((0.0, 0.0, drop))))
    mesh.name = mesh.data.name = name
    for slot in mesh.material_slots:
        _check_material(slot.material)
        slot.material.name = name
    return mesh, drop


def join_triangles(mesh: bpy.types.Mesh) -> None:
    """Pairs of triangles become quads where these are near a rectangle and flat, across no seam of the UV map."""
    normals = [Vector()] * len(mesh.vertices)
    for loop, normal in zip(mesh.loops, mesh.corner_normals, strict=True):
        normals[loop.vertex_index] = normal.vector.copy()
    work = bmesh.new()
    work.from_mesh(mesh)
    bmesh.ops.join_triangles(
        work,
        faces=work.faces,
        cmp_uvs=True,
        angle_face_threshold=QUAD_FOLD,
        angle_shape_threshold=QUAD_SKEW,
    )
    work.to_mesh(mesh)
    work.free()
    mesh.normals_split_custom_set_from_vertices(normals)  # they were kept relative to edges that are gone


def _check_material(material: bpy.types.Material) -> None:
    """The importer's Principled material is taken as it is, once its base colour is seen to be the albedo."""
    shaders = [n for n in material.node_tree.nodes if n.bl_idname == "ShaderNodeBsdfPrincipled"]
    if not shaders or not shaders[0].inputs["Base Color"].is_linked:
        raise UserError("The finished mesh came without its texture.", "Generate the mesh again.", material.name)
