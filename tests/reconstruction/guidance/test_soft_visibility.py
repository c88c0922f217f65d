"""The share of a place that the frames leave to the imagination."""

import pytest
import torch
from scenes import icosphere

from sv3d_engine.orbit.cameras import CameraOrbit, View
from sv3d_engine.reconstruction.guidance.soft_visibility import smooth_step, unseen_share

ONE = CameraOrbit(33.8, 2.4, (View("0.png", 0.0, 0.0),))
BOTH = CameraOrbit(33.8, 2.4, (View("0.png", 0.0, 0.0), View("1.png", 0.0, 180.0)))


def test_the_step_is_the_papers():
    x = torch.tensor([-1.0, 0.0, 0.125, 0.25, 0.5, 2.0])
    share = 0.25
    told = smooth_step(x, 0.0, 0.5).tolist()
    assert told == pytest.approx([0, 0, share**2 * (3 - 2 * share), 0.5, 1, 1])


def ball():
    vertices, faces = icosphere(4)
    return 0.3 * vertices, faces


def test_a_ball_is_left_to_the_imagination_behind():
    vertices, faces = ball()
    share = unseen_share(vertices, faces, ONE)
    normals, towards = vertices / 0.3, torch.nn.functional.normalize(ONE.positions()[0] - vertices, dim=-1)
    cosine = (normals * towards).sum(-1)
    assert share[cosine > 0.55].max() == 0
    assert share[cosine < -0.05].min() == 1
    torch.testing.assert_close(share, 1 - smooth_step(cosine, 0.0, 0.5), atol=0.05, rtol=0)


def test_the_best_camera_counts():
    vertices, faces = ball()
    both = unseen_share(vertices, faces, BOTH)
    assert both[vertices[:, 0].abs() > 0.2].max() == 0
    assert both.max() > 0.9  # at the rim that both see edge-on
    assert torch.equal(both, torch.minimum(unseen_share(vertices, faces, ONE), both))


def test_what_hides_behind_another_part_is_unseen_with_occlusion_alone():
    vertices, faces = icosphere(3)
    near, far = 0.15 * vertices + torch.tensor([0.4, 0, 0]), 0.1 * vertices - torch.tensor([0.4, 0, 0])
    whole = torch.cat([near, far]), torch.cat([faces, faces + len(vertices)])
    front = torch.cat([torch.zeros(len(vertices), dtype=torch.bool), vertices[:, 0] > 0.7])
    assert unseen_share(*whole, ONE)[front].max() < 0.01
    hidden = unseen_share(*whole, ONE, occlusion=True)
    assert hidden[front].min() == 1
    assert hidden[: len(vertices)][vertices[:, 0] > 0.7].max() < 0.01
