"""LPIPS on small parts of pictures, with any weights."""

import pytest
import torch

from sv3d_engine.reconstruction.mesh.perceptual_loss import SIDE, PerceptualLoss, shrunk
from sv3d_engine.reconstruction.perceptual import LEAST, LPIPS, Trunk

TRUNKS: tuple[Trunk, ...] = ("alex", "vgg")


class Watched(LPIPS):
    """A network that keeps what it is shown."""

    def __init__(self, trunk: Trunk = "vgg") -> None:
        torch.manual_seed(0)
        super().__init__(trunk)
        self.seen: list[torch.Tensor] = []

    def features(self, pictures: torch.Tensor) -> list[torch.Tensor]:
        self.seen.append(pictures.detach())
        return super().features(pictures)


@pytest.fixture(scope="module")
def pair() -> tuple[torch.Tensor, torch.Tensor]:
    draw = torch.Generator().manual_seed(1)
    return torch.rand(200, 120, 3, generator=draw), torch.rand(200, 120, 3, generator=draw)


def test_alike_costs_nothing_and_gradients_reach_the_rendered_picture(pair) -> None:  # type: ignore[no-untyped-def]
    loss = PerceptualLoss(Watched(), 0)
    assert loss(pair[0], pair[0]) == 0
    for _ in range(2):  # as a whole and a part
        rendered = pair[0].clone().requires_grad_()
        loss(rendered, pair[1]).backward()  # type: ignore[no-untyped-call]
        assert rendered.grad is not None
        assert rendered.grad.abs().max() > 0


def test_it_sees_the_whole_made_small_and_parts_in_detail_by_turns(pair) -> None:  # type: ignore[no-untyped-def]
    network = Watched()
    loss = PerceptualLoss(network, 0)
    for _ in range(4):
        loss(*pair)
    assert all(max(seen.shape[-2:]) <= SIDE for seen in network.seen)
    true, rendered = network.seen[0::2], network.seen[1::2]
    for side, picture in ((true, pair[1]), (rendered, pair[0])):
        whole = picture.permute(2, 0, 1)
        for small in side[0::2]:
            torch.testing.assert_close(small.mean(), whole.mean(), atol=5e-3, rtol=0)
        for part in side[1::2]:
            assert any(
                torch.equal(whole[:, top : top + SIDE, left : left + SIDE], part[0])
                for top in range(200 - SIDE + 1)
                for left in range(120 - SIDE + 1)
            )
    assert not torch.equal(true[1], true[3])  # another part each time


def test_pictures_that_are_small_or_narrow_can_be_seen() -> None:
    for trunk in TRUNKS:
        loss = PerceptualLoss(Watched(trunk), 0)
        for height, width in ((LEAST[trunk], 300), (300, LEAST[trunk] + 1), (LEAST[trunk] + 4, LEAST[trunk] + 4)):
            for _ in range(2):
                assert loss(torch.zeros(height, width, 3), torch.ones(height, width, 3)) > 0


def test_small_pictures_stay_as_they_are() -> None:
    small = torch.rand(2, 3, 30, 40)
    torch.testing.assert_close(shrunk(small, "vgg"), small)


def test_its_draws_are_the_seeds_alone(pair) -> None:  # type: ignore[no-untyped-def]
    told = [[float(loss(*pair)) for _ in range(4)] for loss in (PerceptualLoss(Watched(), 3) for _ in range(2))]
    assert told[0] == told[1]
