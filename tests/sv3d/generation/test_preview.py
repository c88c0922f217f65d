"""Colours of latents without the decoder."""

from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from sv3d_engine.ground.progress import Progress
from sv3d_engine.sv3d.generation.orbit_pictures import LatentPreview, Previews

SIDE = 12


def pair(noise: float = 0.0) -> tuple[torch.Tensor, torch.Tensor]:
    """Latents (4, 12, 12) and a picture (3, 96, 96) whose averaged colours are linear in them."""
    generator = torch.Generator().manual_seed(0)
    latents = 5 * torch.randn(4, SIDE, SIDE, generator=generator)
    colours = torch.einsum("rc,chw->rhw", torch.randn(3, 4, generator=generator) / 60, latents) + 0.5
    picture = colours.repeat_interleave(8, 1).repeat_interleave(8, 2)
    return latents, picture + noise * torch.randn(picture.shape, generator=generator)


def small(picture: torch.Tensor) -> torch.Tensor:
    return torch.nn.functional.avg_pool2d(picture, 8)


def test_the_picture_itself_is_found_again() -> None:
    latents, picture = pair(noise=0.1)
    preview = LatentPreview.fit(latents, picture)
    found = torch.einsum("rc,chw->rhw", preview.weight, latents) + preview.bias[:, None, None]
    assert (found - small(picture)).abs().mean() < 0.015


def test_frames_are_upright_smooth_and_in_order() -> None:
    latents, picture = pair()
    frames = LatentPreview.fit(latents, picture).frames(torch.stack([latents, latents.flip(2)]))
    assert frames.shape == (2, 3 * SIDE, 3 * SIDE, 3) and frames.dtype == np.uint8
    centres = torch.from_numpy(frames[:, 1::3, 1::3]).permute(0, 3, 1, 2) / 255
    expected = torch.stack([small(picture), small(picture).flip(2)]).clamp(0, 1)
    torch.testing.assert_close(centres, expected, atol=0.01, rtol=0)


@pytest.mark.parametrize("colour", [0.0, 0.4, 1.0])
def test_a_picture_of_one_colour_stays_that_colour(colour: float) -> None:
    latents = torch.full((4, SIDE, SIDE), 3.0)
    preview = LatentPreview.fit(latents, torch.full((3, 96, 96), colour))
    assert (preview.frames(latents[None]) == round(255 * colour)).all()


def test_latents_far_off_saturate() -> None:
    latents, picture = pair()
    frames = LatentPreview.fit(latents, picture).frames(700 * latents[None])
    assert frames.min() == 0 and frames.max() == 255


def test_half_precision_will_do() -> None:
    latents, picture = pair()
    preview = LatentPreview.fit(latents.half(), picture)
    exact = LatentPreview.fit(latents, picture).frames(latents[None]).astype(int)
    assert np.abs(preview.frames(latents.half()[None]) - exact).max() <= 2


def test_a_later_look_replaces_the_earlier_one(tmp_path: Path) -> None:
    latents, picture = pair()
    preview = LatentPreview.fit(latents, picture)
    folder = tmp_path / "previews"
    for orbit in (torch.zeros(21, 4, SIDE, SIDE), latents.expand(21, -1, -1, -1)):
        preview.write(orbit, folder)
        assert sorted(path.name for path in folder.iterdir()) == [f"{i:03d}.png" for i in range(21)]
        assert (np.asarray(Image.open(folder / "020.png")) == preview.frames(orbit)[20]).all()


class Clock:
    """Seconds that pass when somebody works."""

    def __init__(self) -> None:
        self.now = 1000.0

    def monotonic(self) -> float:
        return self.now


@pytest.mark.parametrize(("step", "cost"), [(0.8, 0.12), (0.1, 0.12), (30.0, 0.12), (0.8, 2.0)])
def test_previews_take_at_most_a_twentieth_of_the_time(
    step: float, cost: float, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock, shown = Clock(), []
    monkeypatch.setattr("sv3d_engine.sv3d.generation.orbit_pictures.time", clock)

    class Slow:
        def write(self, latents: torch.Tensor, folder: Path) -> None:
            clock.now += cost

    class Listener(Progress):
        def preview(self, kind: str, path: Path) -> None:
            shown.append((kind, path))

    show = Previews(Slow(), tmp_path, Listener())  # type: ignore[arg-type]
    for _ in range(200):
        clock.now += step
        show(torch.zeros(21, 4, 2, 2))
    assert shown[0] == ("orbit", tmp_path)
    assert (len(shown) - 1) * cost <= 0.05 * 200 * step  # the first comes at once, whatever it takes
    if cost < 0.02 * step:
        assert len(shown) == 200
