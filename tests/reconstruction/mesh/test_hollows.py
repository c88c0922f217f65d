"""A hollow that is still filled is found by all its patches together; what a few patches say alone is not believed."""

import pytest
import torch
from scenes import blotches, box, grey, icosphere, pictures_of, wavy_orbit

from sv3d_engine.ground.progress import Progress
from sv3d_engine.reconstruction.mesh.evolve import evolve
from sv3d_engine.reconstruction.mesh.hollows import support, with_hollows
from sv3d_engine.reconstruction.mesh.matching import REACH, Match, best_views
from sv3d_engine.reconstruction.mesh.smoothness import connectivity
from sv3d_engine.reconstruction.render.rasterize import vertex_normals

DEEP, ORBIT, SIZE = 0.035, wavy_orbit(16), 288


def block():
    """A block's vertices and faces, and the same with a bowl in its top."""
    vertices, faces = box((44, 44, 22))
    full = vertices * torch.tensor([0.24, 0.24, 0.12])
    slope = ((0.2 - full[:, :2].norm(dim=-1)) / 0.08).clamp(0, 1)
    top = (full[:, 2] > 0.119).float()
    return full, faces, full - torch.stack([0 * slope, 0 * slope, DEEP * slope * top], 1)


def frames_of(vertices, faces, colour):
    return pictures_of(vertices, faces, colour, ORBIT, SIZE)


def deep_match(vertices, faces, frames):
    normals, nothing = vertex_normals(vertices, faces), torch.zeros(len(vertices))
    order = best_views(vertices, normals, faces, ORBIT, SIZE, Progress())
    mesh = connectivity(faces, len(vertices))
    return with_hollows(Match(nothing, nothing), vertices, normals, mesh, frames, order, Progress())


def test_a_filled_bowl_is_emptied():
    full, faces, hollow = block()
    frames = frames_of(hollow, faces, lambda points: blotches(points, 0.05))
    bottom = (full[:, 2] > 0.119) & (full[:, :2].norm(dim=-1) < 0.1)
    match = deep_match(full, faces, frames)
    assert match.trust[bottom].median() == 1
    assert match.displacement[bottom].median() == pytest.approx(-DEEP, abs=0.002)
    after = evolve(full, faces, frames, 2, Progress())
    assert (after[bottom, 2] - (0.12 - DEEP)).abs().median() < 0.003


@pytest.mark.parametrize("colour", [grey, blotches])
def test_a_true_surface_has_no_hollows(colour):
    vertices, faces = icosphere(5)
    vertices = 0.25 * vertices
    match = deep_match(vertices, faces, frames_of(vertices, faces, colour))
    assert match.trust.max() == 0


def test_what_was_matched_before_stays_where_nothing_is_deep():
    vertices, faces = icosphere(4)
    vertices = 0.25 * vertices
    frames = frames_of(vertices, faces, grey)
    normals, before = vertex_normals(vertices, faces), Match(*torch.rand(2, len(vertices)))
    order = best_views(vertices, normals, faces, ORBIT, SIZE, Progress())
    after = with_hollows(before, vertices, normals, connectivity(faces, len(vertices)), frames, order, Progress())
    assert torch.equal(after.displacement, before.displacement) and torch.equal(after.trust, before.trust)


def test_neighbours_support_each_other():
    vertices, faces = icosphere(4)
    mesh = connectivity(faces, len(vertices))
    depth = torch.full((len(vertices),), -2 * REACH)
    everywhere, alone = torch.ones(len(vertices), dtype=torch.bool), torch.zeros(len(vertices), dtype=torch.bool)
    alone[7] = True
    assert support(everywhere, depth, mesh, 0.004).numpy() == pytest.approx(1)
    assert support(alone, depth, mesh, 0.004).max() < 0.3
    half = vertices[:, 2] > 0
    share = support(half, depth, mesh, 0.004)
    assert share[~half].max() == 0 and share[vertices[:, 2] > 0.5].min() == pytest.approx(1)
    scattered = depth - 0.01 * torch.arange(len(vertices))
    assert support(everywhere, scattered, mesh, 0.004).max() < 0.3
