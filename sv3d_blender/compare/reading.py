"""From Blender's data to what is compared: a result's mesh, its material and light, and the camera of each frame."""

from typing import Any

import bpy
import numpy as np
from mathutils import Euler, Matrix, Vector
from numpy.typing import NDArray

from .. import compat
from ..result.frames import FIRST_SCENE_FRAME
from ..result.light_image import light_of
from .raster import View
from .shading import Bytes, Coat, Model, irradiance, white_light
from .sight import half_tangent

_PLAIN = Coat()


def model_of(result: bpy.types.Object) -> Model:
    """A result as it is shown now, with its modifiers, in its own space."""
    shown = result.evaluated_get(bpy.context.evaluated_depsgraph_get())
    mesh = shown.to_mesh()
    try:
        mesh.calc_loop_triangles()
        triangles = mesh.loop_triangles
        corners = _taken(triangles, "loops", (len(triangles), 3), np.int32)
        vertices = _taken(triangles, "vertices", (len(triangles), 3), np.int32)
        coat_of = _taken(triangles, "material_index", (len(triangles),), np.int32)
        points = _taken(mesh.vertices, "co", (len(mesh.vertices), 3), np.float32)
        normals = _taken(mesh.corner_normals, "vector", (len(mesh.loops), 3), np.float32)
        uv = np.zeros((len(mesh.loops), 2), np.float32)
        if mesh.uv_layers.active:
            uv = _taken(mesh.uv_layers.active.uv, "vector", uv.shape, np.float32)
    finally:
        shown.to_mesh_clear()
    coats = tuple(_coat(slot.material) for slot in result.material_slots) or (_PLAIN,)
    panorama = light_of(result)
    light = irradiance(_pixels(panorama)[..., :3]) if panorama and all(panorama.size) else white_light()
    return Model(points, vertices, normals[corners], uv[corners], coat_of.clip(0, len(coats) - 1), coats, light)


def sources_of(result: bpy.types.Object) -> frozenset[int]:
    """The numbers of all that a result's looks come from: the object, its materials and their pictures."""
    materials = [slot.material for slot in result.material_slots if slot.material]
    nodes = [node for material in materials if material.node_tree for node in material.node_tree.nodes]
    pictures = [node.image for node in nodes if node.type == "TEX_IMAGE" and node.image]
    return frozenset(thing.session_uid for thing in (result, *materials, *pictures))


def view_of(camera: bpy.types.Object, index: int, side: int) -> View:
    """How the orbit camera sees its result in one of the frames, whatever the scene's frame is."""
    place, turn = list(camera.location), list(camera.rotation_euler)
    for curve in compat.action_fcurves(camera):
        for path, values in (("location", place), ("rotation_euler", turn)):
            if curve.data_path == path:
                values[curve.array_index] = curve.evaluate(FIRST_SCENE_FRAME + index)
    stands = camera.matrix_parent_inverse @ Matrix.LocRotScale(Vector(place), Euler(turn, "XYZ"), None)
    return View(np.array(stands.inverted(), np.float64), half_tangent(camera.data), side)


def _coat(material: bpy.types.Material | None) -> Coat:
    """The base colour and the occlusion of a material, as far as its nodes are the add-on's."""
    nodes = material.node_tree.nodes if material and material.node_tree else ()
    shader = next((node for node in nodes if node.type == "BSDF_PRINCIPLED"), None)
    if shader is None:
        return _PLAIN
    base = shader.inputs["Base Color"]
    picture = _picture_behind(base)
    gltf = next((node for node in nodes if node.type == "GROUP" and "Occlusion" in node.inputs), None)
    occlusion = _picture_behind(gltf.inputs["Occlusion"]) if gltf else None
    return Coat(
        tuple(base.default_value)[:3],
        _bytes(picture) if picture else None,
        _bytes(occlusion) if occlusion else None,
    )


def _picture_behind(socket: bpy.types.NodeSocket) -> bpy.types.Image | None:
    """The nearest picture that flows into a socket."""
    for link in socket.links:
        node = link.from_node
        if node.type == "TEX_IMAGE":
            return node.image if node.image and all(node.image.size) else None
        for further in node.inputs:
            if picture := _picture_behind(further):
                return picture
    return None


def _bytes(image: bpy.types.Image) -> Bytes:  # (H, W, 4)
    return (_pixels(image).clip(0, 1) * 255 + 0.5).astype(np.uint8)


def _pixels(image: bpy.types.Image) -> NDArray[np.float32]:  # (H, W, 4), lowest row first
    width, height = image.size
    pixels = np.empty((height, width, 4), np.float32)
    image.pixels.foreach_get(pixels.ravel())
    return pixels


def _taken(rows: bpy.types.bpy_prop_collection, name: str, shape: tuple[int, ...], kind: type) -> NDArray[Any]:
    """One attribute of all items of a collection."""
    values: NDArray[Any] = np.empty(shape, kind)
    rows.foreach_get(name, values.ravel())
    return values
