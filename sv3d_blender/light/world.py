"""The picture's light in the place of a scene's World, and the scene's own World back again."""

import bpy

from .. import compat

_WORLD = "sv3d_world"  # a result's custom property: its light as a World, with what the artist has set in it


def use_picture_light(scene: bpy.types.Scene, result: bpy.types.Object, panorama: bpy.types.Image) -> None:
    """Light a scene as the picture was lit, turned as the result is turned now.  Its own World is kept."""
    light = scene.sv3d_light
    if not is_picture_light(scene):
        light.own = scene.world
    world = result.get(_WORLD)
    if not isinstance(world, bpy.types.World) or world.node_tree is None:
        world = result[_WORLD] = _build_world(panorama)
    _mapping(world).inputs["Rotation"].default_value = result.matrix_world.to_quaternion().inverted().to_euler()
    scene.world = light.ours = world
    light.result, light.active = result, True


def use_own_light(scene: bpy.types.Scene) -> None:
    """Give a scene its own World again; one that the artist has chosen meanwhile stays."""
    light = scene.sv3d_light
    if is_picture_light(scene) or (light.active and scene.world is None):
        scene.world = light.own
    light.active, light.own, light.ours, light.result = False, None, None, None


def is_picture_light(scene: bpy.types.Scene) -> bool:
    """Whether the scene is lit by a picture's light now."""
    light = scene.sv3d_light
    return bool(light.active and light.ours is not None and scene.world == light.ours)


def strength_socket(scene: bpy.types.Scene) -> bpy.types.NodeSocket | None:
    """Where the light's strength is set; None if the artist has taken the node out."""
    nodes = scene.world.node_tree.nodes if is_picture_light(scene) and scene.world.node_tree else ()
    background = next((node for node in nodes if node.type == "BACKGROUND"), None)
    return background.inputs["Strength"] if background else None


def _build_world(panorama: bpy.types.Image) -> bpy.types.World:
    world = compat.new_world(panorama.name)
    nodes, links = world.node_tree.nodes, world.node_tree.links
    chain = [
        _node(nodes, kind, x)
        for kind, x in (
            ("ShaderNodeTexCoord", -900),
            ("ShaderNodeMapping", -700),
            ("ShaderNodeTexEnvironment", -450),
            ("ShaderNodeBackground", -150),
            ("ShaderNodeOutputWorld", 100),
        )
    ]
    coordinates, mapping, environment, background, output = chain
    environment.image = panorama
    links.new(coordinates.outputs["Generated"], mapping.inputs["Vector"])
    links.new(mapping.outputs["Vector"], environment.inputs["Vector"])
    links.new(environment.outputs["Color"], background.inputs["Color"])
    links.new(background.outputs["Background"], output.inputs["Surface"])
    return world


def _node(nodes: bpy.types.Nodes, kind: str, x: float) -> bpy.types.Node:
    node = nodes.new(kind)
    node.location = (x, 0)
    return node


def _mapping(world: bpy.types.World) -> bpy.types.Node:
    """The node that turns the light; put back if the artist has taken it out."""
    nodes, links = world.node_tree.nodes, world.node_tree.links
    if found := next((node for node in nodes if node.type == "MAPPING"), None):
        return found
    mapping = _node(nodes, "ShaderNodeMapping", -700)
    for environment in (node for node in nodes if node.type == "TEX_ENVIRONMENT"):
        links.new(_node(nodes, "ShaderNodeTexCoord", -900).outputs["Generated"], mapping.inputs["Vector"])
        links.new(mapping.outputs["Vector"], environment.inputs["Vector"])
    return mapping


@bpy.app.handlers.persistent
def after_update(*_given: object) -> None:
    """Where a result has been deleted, its light goes with it."""
    for scene in bpy.data.scenes:
        light = scene.sv3d_light
        if light.active and not scene.library and (light.result is None or not light.result.users_collection):
            use_own_light(scene)
