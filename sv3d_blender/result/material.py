"""The finished mesh's material: one Principled shader and the file's pictures, packed into the scene file."""

from collections.abc import Iterator

import bpy

from .. import compat
from .glb_file import Surface

# The node by which Blender's glTF exporter knows a material's occlusion.
_GLTF_OUTPUT = "glTF Material Output"


def build_images(surface: Surface, name: str) -> Iterator[tuple[str, bpy.types.Image]]:
    """The pictures by what they are for, one a step, as a large one takes some milliseconds."""
    pictures = (("base color", surface.base_color), ("roughness", surface.orm), ("normal", surface.normal))
    for use, data in pictures:
        if data is not None:
            image = bpy.data.images.new(f"{name} {use}", 8, 8)
            image.pack(data=data, data_len=len(data))
            image.source = "FILE"
            image.colorspace_settings.name = "sRGB" if use == "base color" else "Non-Color"
            yield use, image


def build_material(surface: Surface, images: dict[str, bpy.types.Image], name: str) -> bpy.types.Material:
    """The material over the pictures that there are."""
    material = compat.new_material(name)
    tree = material.node_tree
    shader = _node(tree, "ShaderNodeBsdfPrincipled", 0, 0)
    output = _node(tree, "ShaderNodeOutputMaterial", 300, 0)
    tree.links.new(shader.outputs["BSDF"], output.inputs["Surface"])
    shader.inputs["Roughness"].default_value = surface.roughness
    shader.inputs["Metallic"].default_value = surface.metallic
    if image := images.get("base color"):
        tree.links.new(_texture(tree, image, -700, 200).outputs["Color"], shader.inputs["Base Color"])
    if image := images.get("roughness"):
        parts = _node(tree, "ShaderNodeSeparateColor", -400, -100)
        tree.links.new(_texture(tree, image, -700, -100).outputs["Color"], parts.inputs["Color"])
        tree.links.new(parts.outputs["Green"], shader.inputs["Roughness"])
        tree.links.new(parts.outputs["Blue"], shader.inputs["Metallic"])
        tree.links.new(parts.outputs["Red"], _gltf_output(tree).inputs["Occlusion"])
    if image := images.get("normal"):
        bumps = _node(tree, "ShaderNodeNormalMap", -400, -400)
        tree.links.new(_texture(tree, image, -700, -400).outputs["Color"], bumps.inputs["Color"])
        tree.links.new(bumps.outputs["Normal"], shader.inputs["Normal"])
    return material


def _node(tree: bpy.types.NodeTree, kind: str, x: float, y: float) -> bpy.types.Node:
    node = tree.nodes.new(kind)
    node.location = (x, y)
    return node


def _texture(tree: bpy.types.NodeTree, image: bpy.types.Image, x: float, y: float) -> bpy.types.Node:
    node = _node(tree, "ShaderNodeTexImage", x, y)
    node.image = image
    node.extension = "EXTEND"
    return node


def _gltf_output(tree: bpy.types.NodeTree) -> bpy.types.Node:
    group = bpy.data.node_groups.get(_GLTF_OUTPUT)
    if group is None:
        group = bpy.data.node_groups.new(_GLTF_OUTPUT, "ShaderNodeTree")
        group.interface.new_socket("Occlusion", in_out="INPUT", socket_type="NodeSocketFloat").default_value = 1.0
        group.nodes.new("NodeGroupInput")
    node = _node(tree, "ShaderNodeGroup", 0, -500)
    node.node_tree = group
    return node
