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
    smoothed = smooth(rough, mesh, 3)
    assert roughness(mesh, smoothed - smooth(vertices, mesh, 3)) < 0.4 * roughness(mesh, rough - vertices)
    assert abs(volume(smoothed, faces) / volume(vertices, faces) - 1) < 0.005


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


def test_a_bump_goes_and_the_plate_gives_way_at_a_crease(monkeypatch):
    vertices, faces = box((40, 40, 40))
    vertices = vertices * 0.2
    top = (vertices[:, 2] > 0.199) & (vertices[:, :2].abs().amax(1) < 0.15)
    bumpy = vertices.clone()
    bumpy[top, 2] += 0.001 * torch.randn(int(top.sum()), generator=torch.Generator().manual_seed(2))
    free, crease = torch.zeros(len(vertices)), (vertices.abs() > 0.199).sum(1) >= 2
    found = balanced_displacement(held(bumpy, faces, 0.01), free, free)
    moved = bumpy + found[:, None] * vertex_normals(bumpy, faces)
    mesh, inside = connectivity(faces, len(vertices)), vertices[:, :2].abs().amax(1) < 0.1
    assert roughness(mesh, moved, top & inside) < 0.3 * roughness(mesh, bumpy, top & inside)
    monkeypatch.setattr(smoothness, "CREASE", 1e9)
    rounded = balanced_displacement(held(bumpy, faces, 0.01), free, free)
    assert found[crease].abs().mean() < 0.7 * rounded[crease].abs().mean()
