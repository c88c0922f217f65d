"""What was imagined of a shape comes in where no frame looks, and moves nothing else."""

import torch
from scenes import icosphere

from sv3d_engine.reconstruction.guidance.imagined_shape import with_imagined_shape

RADIUS = 0.25


def ball(rounds=5):
    vertices, faces = icosphere(rounds)
    return RADIUS * vertices, faces


def raised(points, height):
    """The lower half of a ball, rounded outward by up to ``height``."""
    down = (-points[:, 2:] / points.norm(dim=-1, keepdim=True)).clamp_min(0)
    return points * (1 + height / RADIUS * down**2)


def unseen(points):
    return ((-points[:, 2] / RADIUS - 0.2) / 0.3).clamp(0, 1)


def test_it_moves_to_the_imagined_surface_and_leaves_what_is_seen():
    vertices, faces = ball()
    guided, guided_faces = ball(4)  # other triangles, as a grid's are
    share = unseen(vertices)
    moved = with_imagined_shape(vertices, faces, (raised(guided, 0.03), guided_faces), share)
    seen = share == 0
    assert seen.sum() > 1000
    assert torch.equal(moved[seen], vertices[seen])
    lowest = vertices[:, 2] < -0.9 * RADIUS
    wanted = raised(vertices, 0.03)
    assert (moved[lowest].norm(dim=-1) - wanted[lowest].norm(dim=-1)).abs().amax() < 0.002
    assert (wanted[lowest].norm(dim=-1) - RADIUS).amin() > 0.02


def test_on_the_way_from_one_to_the_other_it_goes_as_far_as_its_share():
    vertices, faces = ball()
    share = unseen(vertices)
    moved = with_imagined_shape(vertices, faces, (1.08 * vertices, faces), share)
    way = (moved.norm(dim=-1) / RADIUS - 1) / 0.08
    assert way.amax() > 0.95
    # Vertices slide, so that each is compared with the share of the place where it has come to.
    assert (way - unseen(RADIUS * moved / moved.norm(dim=-1, keepdim=True))).abs().amax() < 0.15


def test_the_other_side_of_a_thin_wall_is_not_taken_for_it():
    """A flat ball whose upper side alone is imagined, higher: the lower side is nearer to much of it."""
    vertices, faces = ball()
    flat = vertices * torch.tensor([1.0, 1.0, 0.06])
    up = flat[:, 2] > 0
    guided = torch.where(up[:, None], flat + torch.tensor([0.0, 0.0, 0.02]), flat + torch.tensor([0.0, 0.0, 0.012]))
    moved = with_imagined_shape(flat, faces, (guided, faces), (up & (flat[:, :2].norm(dim=-1) < 0.15)).float())
    middle = up & (flat[:, :2].norm(dim=-1) < 0.08)
    raise_by = (moved - flat)[middle][:, 2]
    assert raise_by.mean() > 0.015
    assert (raise_by - 0.02).abs().amax() < 0.004
    assert torch.equal(moved[~up], flat[~up])
