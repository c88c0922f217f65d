"""What was imagined of a shape comes in where no frame looks, and moves nothing else."""

import pytest
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


@pytest.mark.parametrize("rounds", [4, 5])
def test_it_moves_as_the_guided_surface_has_and_leaves_what_is_seen(rounds):
    """The swept mesh lies a little within the one before; what the guide adds to that is added to this."""
    before, faces = ball()
    swept = 0.98 * before
    guided, guided_faces = ball(rounds)  # other triangles, as a grid's may be
    share = unseen(before)
    moved = with_imagined_shape(swept, before, faces, (raised(guided, 0.02), guided_faces), share)
    seen = share == 0
    assert seen.sum() > 1000
    assert torch.equal(moved[seen], swept[seen])
    lowest = before[:, 2] < -0.9 * RADIUS
    wanted = (raised(before, 0.02) - before).norm(dim=-1)[lowest]
    assert wanted.amin() > 0.013
    assert ((moved - swept).norm(dim=-1)[lowest] - wanted).abs().amax() < 0.002


def test_what_the_guide_has_left_stays():
    before, faces = ball(4)
    swept = 0.97 * before
    assert torch.equal(with_imagined_shape(swept, before, faces, (before, faces), torch.ones(len(before))), swept)


def test_on_the_way_from_one_to_the_other_it_goes_as_far_as_its_share():
    vertices, faces = ball()
    share = unseen(vertices)
    moved = with_imagined_shape(vertices, vertices, faces, (1.08 * vertices, faces), share)
    assert ((moved.norm(dim=-1) / RADIUS - 1) / 0.08 - share).abs().amax() < 0.01


def test_the_other_side_of_a_thin_wall_is_not_taken_for_it():
    """A flat ball whose upper side alone is imagined, higher: the lower side is nearer to much of it."""
    vertices, faces = ball()
    flat = vertices * torch.tensor([1.0, 1.0, 0.06])
    up = flat[:, 2] > 0
    guided = torch.where(up[:, None], flat + torch.tensor([0.0, 0.0, 0.02]), flat + torch.tensor([0.0, 0.0, 0.012]))
    share = (up & (flat[:, :2].norm(dim=-1) < 0.15)).float()
    moved = with_imagined_shape(flat, flat, faces, (guided, faces), share)
    middle = up & (flat[:, :2].norm(dim=-1) < 0.08)
    assert ((moved - flat)[middle][:, 2] - 0.02).abs().amax() < 0.004
    assert torch.equal(moved[~up], flat[~up])
