"""How a mesh is shaded: smooth but for its sharp edges, and the tangent space of its normal map."""

from dataclasses import dataclass, replace

import numpy as np
from scipy import sparse
from scipy.sparse.csgraph import connected_components

from .tangents import tangents
from .topology import (
    OPEN,
    Bools,
    Floats,
    Ints,
    TriMesh,
    face_normals,
    face_vectors,
    mates,
    needles,
    next_half_edge,
    unit,
)
from .unwrap import Atlas

SHARP = 45.0  # degrees between faces from which the edge between them is seen as one


@dataclass(frozen=True)
class Frame:
    """The tangent space of an atlas, at its vertices."""

    atlas: Atlas  # its vertices are repeated along sharp edges, too
    normals: Floats  # (W, 3) unit
    tangents: Floats  # (W, 4) unit, and the bitangents' sign


def tangent_frame(mesh: TriMesh, atlas: Atlas) -> Frame:
    """The tangent space in which the normal map is baked, and read."""
    parted, normals = part_at_sharp_edges(mesh, atlas)
    return Frame(parted, normals, tangents(mesh.vertices[parted.vertex_map], normals, parted.uv, parted.faces))


def part_at_sharp_edges(mesh: TriMesh, atlas: Atlas) -> tuple[Atlas, Floats]:
    """The atlas with a vertex for each fan of faces that sharp edges leave together, and the fans' unit normals (W, 3).

    As readers have it: a single sharp edge that ends on a smooth surface parts nothing there.  Faces count by area.
    """
    fans = corner_fans(mesh)
    vector = np.repeat(face_vectors(mesh), 3, 0)
    normals = unit(np.stack([np.bincount(fans, vector[:, axis]) for axis in range(3)], 1))
    both, corners = np.unique(np.stack([atlas.faces.ravel(), fans], 1), axis=0, return_inverse=True)
    vertex, fan = both.T
    faces = corners.reshape(atlas.faces.shape)
    return replace(atlas, vertex_map=atlas.vertex_map[vertex], faces=faces, uv=atlas.uv[vertex]), normals[fan]


def corner_fans(mesh: TriMesh) -> Ints:  # (3F,)
    """A number for each face corner: the same for those around a vertex that no sharp edge parts."""
    mate = mates(mesh)
    here = np.flatnonzero((mate != OPEN) & ~sharp_half_edges(mesh, mate))
    there = mate[here]
    first = np.concatenate([here, next_half_edge(here)])  # the corners at the two ends, on this side
    second = np.concatenate([next_half_edge(there), there])
    joined = sparse.coo_matrix((np.ones(len(first), bool), (first, second)), (len(mate), len(mate)))
    return connected_components(joined, directed=False)[1].astype(np.int64)


def sharp_half_edges(mesh: TriMesh, mate: Ints) -> Bools:  # (3F,) -> (3F,)
    """Where faces meet at more than SHARP, and both are wide enough to tell."""
    normal, wide = np.repeat(face_normals(mesh), 3, 0), np.repeat(~needles(mesh), 3)
    bent = np.einsum("hd,hd->h", normal, normal[mate]) < np.cos(np.radians(SHARP))
    return (mate != OPEN) & bent & wide & wide[mate]
