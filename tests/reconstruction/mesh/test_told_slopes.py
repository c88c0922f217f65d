"""Told normals as a force on a mesh."""

from dataclasses import replace

import pytest
import torch
from scenes import icosphere
from scipy import sparse
from told_ball import RADIUS, told_ball
from torch import Tensor
from torch.nn.functional import normalize

from sv3d_engine.ground.progress import Progress
from sv3d_engine.reconstruction.mesh.evolve import evolve
from sv3d_engine.reconstruction.mesh.matching import best_views
from sv3d_engine.reconstruction.mesh.smoothness import Stiffness, balanced_displacement
from sv3d_engine.reconstruction.mesh.told_slopes import slopes, told_at
from sv3d_engine.reconstruction.render.antialias import mesh_edges
from sv3d_engine.reconstruction.render.rasterize import vertex_normals

SIZE = 96


@pytest.fixture(scope="module")
def ball():  # type: ignore[no-untyped-def]
    return told_ball(count=8, size=SIZE)


def order_of(vertices: Tensor, faces: Tensor, frames) -> Tensor:  # type: ignore[no-untyped-def]
    normals = normalize(vertices, dim=-1)
    return best_views(vertices, normals, faces, frames.orbit, SIZE, Progress())


def test_what_is_told_of_a_ball_are_its_places(ball) -> None:  # type: ignore[no-untyped-def]
    (vertices, faces), frames = ball
    order = order_of(vertices, faces, frames)
    told = told_at(vertices, vertices / RADIUS, frames, order)
    seen = (order[:, 0] >= 0) & (vertices[:, 2].abs() < 0.3)
    cosine = (told[:, :3] * vertices / RADIUS).sum(-1)[seen]
    assert cosine.min() > 0.997
    assert told[seen, 3].mean() > 0.95
    assert (told[order[:, 0] < 0][:, 3] == 0).all()


def test_what_disagrees_with_the_surface_is_trusted_less(ball) -> None:  # type: ignore[no-untyped-def]
    (vertices, faces), frames = ball
    order = order_of(vertices, faces, frames)
    turned = normalize(vertices / RADIUS + torch.linalg.cross(vertices / RADIUS, torch.tensor([[0.0, 0, 1]])), dim=-1)
    agreed, doubted = (told_at(vertices, n, frames, order)[:, 3] for n in (vertices / RADIUS, turned))
    middle = vertices[:, 2].abs() < 0.1  # there it was turned by 45°
    assert doubted[middle].max() < 0.3 * agreed[middle].min()


def test_a_frame_tells_by_its_weight(ball) -> None:  # type: ignore[no-untyped-def]
    """One that lies, and hardly counts, moves little; and alone it is trusted little."""
    (vertices, faces), frames = ball
    order, way = order_of(vertices, faces, frames), vertices / RADIUS
    lying = frames.normals.clone()
    lying[0, ..., :3] = normalize(lying[0, ..., :3] + torch.tensor([0.15, 0.0, 0.0]), dim=-1)
    views = frames.orbit.views
    off, trust = [], []
    for weight in (1.0, 0.1):
        orbit = replace(frames.orbit, views=(replace(views[0], weight=weight), *views[1:]))
        told = told_at(vertices, way, replace(frames, normals=lying, orbit=orbit), order)
        seen = (order == 0).any(1) & (order[:, 1] >= 0)
        off.append(float((1 - (told[:, :3] * way).sum(-1))[seen].mean()))
        alone = torch.where(order == 0, order, -1).amax(1, keepdim=True)
        trust.append(told_at(vertices, way, replace(frames, orbit=orbit), alone)[order[:, 0] == 0, 3].mean())
    assert off[1] < 0.3 * off[0]
    torch.testing.assert_close(trust[1], 0.1 * trust[0], rtol=1e-3, atol=0.0)


def test_who_looks_squarely_tells_more(ball) -> None:  # type: ignore[no-untyped-def]
    """Their mean by cosines, where one of them lies by 8°."""
    (vertices, faces), frames = ball
    order, way = order_of(vertices, faces, frames), vertices / RADIUS
    lying = frames.normals.clone()
    lying[0, ..., :3] = normalize(lying[0, ..., :3] + torch.tensor([0.15, 0.0, 0.0]), dim=-1)
    told = told_at(vertices, way, replace(frames, normals=lying), order)
    positions, rotations = frames.orbit.positions(), frames.orbit.rotations()
    wanted = torch.zeros_like(vertices)
    for index, position in enumerate(positions):
        cosine = (normalize(position - vertices, dim=-1) * way).sum(-1) * (order == index).any(1)
        claimed = normalize(way + 0.15 * rotations[0, 0], dim=-1) if index == 0 else way
        wanted += cosine[:, None] * claimed
    seen = (order == 0).any(1) & (vertices[:, 2].abs() < 0.3)
    off = torch.rad2deg(torch.arccos((told[:, :3] * normalize(wanted, dim=-1)).sum(-1).clamp(-1, 1)))[seen]
    assert off.mean() < 0.3


def test_frames_of_which_nothing_is_told_say_nothing(ball) -> None:  # type: ignore[no-untyped-def]
    (vertices, faces), frames = ball
    silent = replace(frames, normals=torch.zeros_like(frames.normals))
    told = told_at(vertices, vertices / RADIUS, silent, order_of(vertices, faces, frames))
    assert told.abs().max() == 0
    nothing = slopes(vertices, vertices / RADIUS, mesh_edges(faces).vertices, told, 1.0)
    assert abs(nothing.matrix).max() == 0
    assert abs(nothing.force).max() == 0


def test_the_true_normals_of_a_plane_leave_it_and_right_a_bump() -> None:
    side = 12
    u, v = torch.meshgrid(torch.arange(side), torch.arange(side), indexing="ij")
    flat = torch.stack([u, v, 0 * u], -1).reshape(-1, 3) * 0.01
    number = torch.arange(side**2).reshape(side, side)
    edges = torch.cat([torch.stack([number[:-1], number[1:]], -1).reshape(-1, 2),
                       torch.stack([number[:, :-1], number[:, 1:]], -1).reshape(-1, 2)])  # fmt: skip
    up = torch.tensor([0.0, 0, 1]).expand(side**2, 3)
    told = torch.cat([up, torch.ones(side**2, 1)], 1)
    assert abs(slopes(flat, up, edges, told, 1.0).force).max() == 0
    bump = 0.004 * torch.exp(-(flat - flat.mean(0)).square().sum(-1) / 0.0004)
    raised = flat + bump[:, None] * up
    held = slopes(raised, up, edges, told, 1.0) + Stiffness(
        sparse.identity(side**2, format="csr") * 1e-6, 0 * bump.double().numpy()
    )
    none = torch.zeros(side**2)
    righted = bump + balanced_displacement(held, none, none)
    assert righted.std() < 0.02 * bump.std()


def test_it_weighs_the_same_whatever_the_mesh_is_made_of() -> None:
    energies = []
    for rounds in (3, 4):
        sphere, faces = icosphere(rounds)
        edges, told = mesh_edges(faces).vertices, torch.cat([sphere, torch.ones(len(sphere), 1)], 1)
        waves = (0.01 * torch.sin(6 * sphere[:, 0])).double().numpy()
        held = slopes(sphere, sphere, edges, told, 1.0)
        energies.append(float(waves @ (held.matrix @ waves) - 2 * held.force @ waves))
    assert energies[0] == pytest.approx(energies[1], rel=0.15)


def test_told_normals_round_a_dented_ball_where_no_colour_can(ball) -> None:  # type: ignore[no-untyped-def]
    """A grey ball with waves that no outline shows all of: with its normals it gets rounder, and keeps its size."""
    (vertices, faces), frames = ball
    way = vertices / RADIUS
    waves = 0.006 * torch.sin(40 * way[:, 0]) * torch.sin(40 * way[:, 1]) * torch.sin(40 * way[:, 2])
    wavy = vertices + waves[:, None] * way
    off = []
    for given in (frames, replace(frames, normals=None)):
        made = evolve(wavy, faces, given, 1, Progress())
        normals = normalize(vertex_normals(made, faces), dim=-1)
        angle = torch.rad2deg(torch.arccos((normals * normalize(made, dim=-1)).sum(-1).clamp(-1, 1)))
        off.append(float(angle[way[:, 2].abs() < 0.8].mean()))
        assert made.norm(dim=-1).mean() == pytest.approx(RADIUS, rel=0.01)
    assert off[0] < 0.75 * off[1]
