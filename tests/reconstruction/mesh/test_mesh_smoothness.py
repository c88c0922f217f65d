"""What holds a mesh together: a membrane on displacements, a thin plate on the shape, at any fineness of the mesh."""

import numpy as np
import pytest
import torch
from scenes import box, icosphere, volume

from sv3d_engine.reconstruction.mesh import smoothness
from sv3d_engine.reconstruction.mesh.smoothness import (
    REFERENCE_EDGE,
    balanced_displacement,
    connectivity,
    slide,
    smooth,
    stiffness,
)
from sv3d_engine.reconstruction.render.rasterize import vertex_normals


def held(vertices, faces, edge):
    mesh, normals = connectivity(faces, len(vertices)), vertex_normals(vertices, faces)
    return stiffness(vertices, normals, mesh, edge)


def mean_edge(vertices, faces):
    return float((vertices[faces] - vertices[faces.roll(1, 1)]).norm(dim=-1).mean())


def roughness(mesh, vertices, where=slice(None)):
    """Root mean square of how far vertices are from the middle of their neighbours."""
    return float(np.square(mesh.umbrella @ vertices.double().numpy())[where].sum(-1).mean()) ** 0.5


@pytest.fixture(scope="module")
def ball():
    vertices, faces = icosphere(4)
    return vertices * 0.2, faces


def test_full_weight_gives_what_is_wanted(ball):
    wanted = torch.randn(len(ball[0]), generator=torch.Generator().manual_seed(0)) * 0.01
    found = balanced_displacement(held(*ball, REFERENCE_EDGE), wanted, torch.full_like(wanted, 1e5))
    torch.testing.assert_close(found, wanted, atol=1e-4, rtol=0)


def test_what_is_free_stays_on_a_plane():
    vertices, faces = box((2, 30, 30))
    vertices = vertices * torch.tensor([0.05, 0.15, 0.15])
    around = vertices[:, 1:].abs().amax(1) > 0.08
    found = balanced_displacement(held(vertices, faces, 0.01), torch.zeros(len(vertices)), around * 1e6)
    assert found.abs().max() < 1e-5


def test_one_pull_spreads_smoothly_and_fades():
    vertices, faces = box((2, 60, 60))
    vertices = vertices * torch.tensor([0.02, 0.3, 0.3])
    middle = (vertices - torch.tensor([0.02, 0, 0])).norm(dim=-1)
    at, far = middle < 1e-6, middle > 0.25
    weight = torch.where(at, 100.0, 1e4 * far)
    found = balanced_displacement(held(vertices, faces, 0.01), at * 0.01, weight)
    near, further = found[(middle > 0) & (middle < 0.012)], found[(middle > 0.1) & ~far]
    assert int(at.sum()) == 1 and 0.008 < found[at] < 0.01
    assert (near > 0.8 * found[at]).all() and (near < found[at]).all()
    assert further.abs().max() < 0.5 * near.min()


def test_balance_does_not_depend_on_how_fine_the_mesh_is():
    heights = []
    for rounds in (4, 5):
        vertices, faces = icosphere(rounds)
        edge = 0.2 * mean_edge(vertices, faces)
        patch = torch.exp(-(vertices - torch.tensor([0.6, 0.0, 0.8])).square().sum(-1) / 0.1)
        weight = 0.3 * patch * (edge / REFERENCE_EDGE) ** 2  # as much for an area
        stiff = held(0.2 * vertices, faces, edge)
        heights.append(balanced_displacement(stiff, torch.full_like(weight, 0.01), weight)[: len(icosphere(4)[0])])
    coarse, fine = heights
    assert coarse.amax() > 0.003
    assert (coarse - fine).abs().max() < 0.05 * coarse.amax()


def test_smoothing_takes_noise_away_and_keeps_the_size(ball):
    vertices, faces = ball
    mesh = connectivity(faces, len(vertices))
    rough = vertices * (1 + 0.01 * torch.randn(len(vertices), 1, generator=torch.Generator().manual_seed(2)))
    smoothed, clean = (smooth(v, faces, mesh, mean_edge(v, faces), 3) for v in (rough, vertices))
    assert roughness(mesh, smoothed - clean) < 0.4 * roughness(mesh, rough - vertices)
    assert abs(volume(smoothed, faces) / volume(vertices, faces) - 1) < 0.005


def test_smoothing_leaves_a_clean_cube_as_it_is():
    vertices, faces = box((20, 20, 20))
    vertices = vertices * 0.1
    edge = mean_edge(vertices, faces)
    smoothed = smooth(vertices, faces, connectivity(faces, len(vertices)), edge, 3)
    assert (smoothed - vertices).norm(dim=-1).max() < 0.03 * edge


def test_sliding_evens_out_triangles_within_the_surface(ball):
    vertices, faces = ball
    normals = vertices / 0.2
    mesh = connectivity(faces, len(vertices))
    aside = torch.randn(vertices.shape, generator=torch.Generator().manual_seed(1)) * 0.002
    uneven = vertices + aside - (aside * normals).sum(-1, keepdim=True) * normals
    slid = slide(uneven, normals, mesh, 0.3)
    assert ((slid - uneven) * normals).sum(-1).abs().max() < 1e-6
    edges = [(v[faces] - v[faces.roll(1, 1)]).norm(dim=-1).std() for v in (uneven, slid)]
    assert edges[1] < 0.95 * edges[0]


def test_noise_goes_and_the_plate_gives_way_at_a_crease(monkeypatch):
    vertices, faces = box((40, 40, 40))
    vertices = vertices * 0.2
    crease = (vertices.abs() > 0.199).sum(1) >= 2
    noise = 0.001 * torch.randn(len(vertices), 1, generator=torch.Generator().manual_seed(2))
    rough = vertices + noise * ~crease[:, None] * vertex_normals(vertices, faces)
    free, mesh, inside = torch.zeros(len(vertices)), connectivity(faces, len(vertices)), crease_free(vertices)
    found = balanced_displacement(held(rough, faces, 0.01), free, free)
    moved = rough + found[:, None] * vertex_normals(rough, faces)
    assert roughness(mesh, moved, inside) < 0.3 * roughness(mesh, rough, inside)
    monkeypatch.setattr(smoothness, "BLUNTEST", 1e9)
    monkeypatch.setattr(smoothness, "CREASE", 1e9)
    rounded = balanced_displacement(held(rough, faces, 0.01), free, free)
    assert found[crease].abs().mean() < 0.7 * rounded[crease].abs().mean()


def crease_free(vertices):
    """Vertices of the top away from its edges."""
    return (vertices[:, 2] > 0.19) & (vertices[:, :2].abs().amax(1) < 0.1)
