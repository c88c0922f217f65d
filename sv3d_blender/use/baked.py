"""What an exporter is given: finished copies of objects under the names wanted, which are gone afterwards."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import NamedTuple
from uuid import uuid4

import bmesh
import bpy
import numpy as np
from mathutils import Matrix

from .hull import hull_points


class Piece(NamedTuple):
    """An object to export, and what it is called in the file."""

    source: bpy.types.Object
    name: str
    hull: bool = False  # only its convex hull, for collisions


@contextmanager
def baked(context: bpy.types.Context, pieces: Sequence[Piece], lod_group: str = "") -> Iterator[bpy.types.Collection]:
    """A collection with one object a piece: modifiers, rotation and size are in the mesh, its origin is the world's.

    ``lod_group`` names an empty above those that are no hulls, which FBX
    keeps as a group of levels.  The artist's objects of the same names have others meanwhile.
    """
    names = {piece.name for piece in pieces} | ({lod_group} if lod_group else set())
    with _names_free(names):
        home = bpy.data.collections.new("SV3D Export")
        context.scene.collection.children.link(home)
        made: list[bpy.types.ID] = []
        try:
            for piece in pieces:
                _bake(context, piece, home, made)
            if lod_group:
                _group(lod_group, pieces, home, made)
            context.view_layer.update()
            yield home
        finally:
            for thing in sorted(made, key=lambda thing: isinstance(thing, bpy.types.Mesh)):
                (bpy.data.meshes if isinstance(thing, bpy.types.Mesh) else bpy.data.objects).remove(thing)
            bpy.data.collections.remove(home)


@contextmanager
def _names_free(names: set[str]) -> Iterator[None]:
    """Lend away the names of objects and meshes that are there already."""
    lent = [
        (thing, thing.name) for kind in (bpy.data.objects, bpy.data.meshes) for thing in kind if thing.name in names
    ]
    lent = [(thing, name) for thing, name in lent if thing.library is None]
    try:
        for thing, _ in lent:
            thing.name = uuid4().hex
        yield
    finally:
        for thing, name in lent:
            thing.name = name


def _bake(context: bpy.types.Context, piece: Piece, home: bpy.types.Collection, made: list[bpy.types.ID]) -> None:
    mesh = finished_mesh(context, piece.source)
    made.append(mesh)
    if piece.hull:
        hull = _hull(mesh)
        made.append(hull)
        mesh = hull
    mesh.name = piece.name
    thing = bpy.data.objects.new(piece.name, mesh)
    made.append(thing)
    home.objects.link(thing)


def finished_mesh(context: bpy.types.Context, source: bpy.types.Object) -> bpy.types.Mesh:
    """A new mesh: an object's as its modifiers leave it, turned and sized as the object is, wherever that is hidden."""
    copy = source.copy()
    try:
        copy.parent = None
        copy.constraints.clear()
        copy.animation_data_clear()
        copy.matrix_world = Matrix()
        copy.hide_viewport = False
        context.scene.collection.objects.link(copy)
        graph = context.evaluated_depsgraph_get()
        mesh = bpy.data.meshes.new_from_object(
            copy.evaluated_get(graph), preserve_all_data_layers=True, depsgraph=graph
        )
    finally:
        bpy.data.objects.remove(copy)
    turned = source.matrix_world.to_3x3()
    mesh.transform(turned.to_4x4())
    if turned.determinant() < 0:
        mesh.flip_normals()
    return mesh


def _hull(mesh: bpy.types.Mesh) -> bpy.types.Mesh:
    points = np.empty(3 * len(mesh.vertices), np.float32)
    mesh.vertices.foreach_get("co", points)
    hull = bpy.data.meshes.new(mesh.name)
    work = bmesh.new()
    try:
        for point in hull_points(points.reshape(-1, 3)):
            work.verts.new(point)
        bmesh.ops.convex_hull(work, input=work.verts)
        work.to_mesh(hull)
    finally:
        work.free()
    return hull


def _group(name: str, pieces: Sequence[Piece], home: bpy.types.Collection, made: list[bpy.types.ID]) -> None:
    group = bpy.data.objects.new(name, None)
    group["fbx_type"] = "LodGroup"  # Blender's FBX exporter looks for this
    made.append(group)
    home.objects.link(group)
    for piece in pieces:
        if not piece.hull:
            home.objects[piece.name].parent = group
