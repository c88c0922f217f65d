"""Colours that no frame has seen begin as those around them."""

import torch
from scenes import icosphere

from sv3d_engine.reconstruction.guidance.even_start import start_evenly
from sv3d_engine.reconstruction.mesh.appearance import Appearance

RADIUS = 0.3


def started():
    """Colours of a ball's points before and after, of which the lower half is unseen, and these points."""
    torch.manual_seed(0)
    appearance = Appearance(0.5, finest=32, levels=6, log2_rows=14)
    with torch.no_grad():
        for table in appearance.grid.parameters():
            table.normal_(0, 0.5)  # a patchwork
    vertices, faces = icosphere(4)
    vertices = RADIUS * vertices
    points = RADIUS * torch.nn.functional.normalize(torch.randn(2000, 3), dim=1)
    before = appearance.albedo(points).detach()
    share = (vertices[:, 2] < -0.02).float()
    start_evenly(appearance, vertices, faces, share, torch.Generator().manual_seed(0))
    assert all(parameter.grad is None for parameter in appearance.parameters())
    return before, appearance.albedo(points).detach(), points


def test_they_are_even_where_nothing_is_seen_and_stay_where_frames_look():
    before, after, points = started()
    unseen, seen = points[:, 2] < -0.1, points[:, 2] > 0.05
    assert after[unseen].std(0).mean() < 0.4 * before[unseen].std(0).mean()
    assert (after[seen] - before[seen]).abs().mean() < 0.02
    border = before[(points[:, 2] > 0) & (points[:, 2] < 0.05)].mean(0)
    assert (after[unseen].mean(0) - border).abs().max() < 0.1


def test_one_seed_gives_one_start():
    assert torch.equal(started()[1], started()[1])
