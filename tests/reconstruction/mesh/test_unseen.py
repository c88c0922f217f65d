"""Values for what no frame shows."""

import torch

from sv3d_engine.reconstruction.mesh.unseen import fill_unseen


def strip(count: int) -> tuple[torch.Tensor, torch.Tensor]:
    """A ribbon of ``count`` pairs of vertices along x."""
    x = torch.arange(count, dtype=torch.float32).repeat_interleave(2)
    vertices = torch.stack([x, torch.arange(2 * count) % 2 * 1.0, torch.zeros(2 * count)], 1)
    first = torch.arange(0, 2 * count - 2, 2)
    faces = torch.cat(
        [torch.stack([first, first + 2, first + 1], 1), torch.stack([first + 1, first + 2, first + 3], 1)]
    )
    return vertices, faces


def test_a_gap_is_bridged_from_one_side_to_the_other():
    vertices, faces = strip(9)
    values, evidence = torch.full((18, 1), 7.0), torch.zeros(18)
    values[:2], values[-2:], evidence[:2], evidence[-2:] = 0, 1, 1, 1
    filled = fill_unseen(values, evidence, vertices, faces)[::2, 0]
    assert (filled.diff() > 0).all()
    assert filled[0] < 0.1 < filled[3] < 0.5 < filled[5] < 0.9 < filled[-1]


def test_what_is_seen_keeps_its_colour():
    vertices, faces = strip(6)
    values = torch.rand(12, 3, generator=torch.Generator().manual_seed(0))
    filled = fill_unseen(values, torch.ones(12), vertices, faces)
    assert (filled - values).abs().max() < 0.1


def test_a_part_that_nothing_sees_takes_the_nearest_colour():
    vertices, faces = strip(3)
    island = vertices + torch.tensor([10.0, 0, 0])
    values = torch.arange(12.0)[:, None]
    evidence = torch.cat([torch.ones(6), torch.zeros(6)])
    filled = fill_unseen(values, evidence, torch.cat([vertices, island]), torch.cat([faces, faces + 6]))
    assert 3.5 < filled[6:].min() <= filled[6:].max() < 5.1


def test_without_any_evidence_nothing_is_made_up():
    vertices, faces = strip(3)
    values = torch.rand(6, 2)
    assert fill_unseen(values, torch.zeros(6), vertices, faces) is values
