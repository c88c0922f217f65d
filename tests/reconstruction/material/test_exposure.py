"""Frames that are exposed unlike are told and evened out; those that are alike stay as they are."""

from dataclasses import replace
from functools import cache
from pathlib import Path

import torch
from lit_scenes import ball, ball_frames, decibels, paints
from torch import Tensor
from torch.nn.functional import normalize

from sv3d_engine.ground.colour import to_linear, to_srgb
from sv3d_engine.ground.progress import Progress
from sv3d_engine.reconstruction.frames.frames import Frames
from sv3d_engine.reconstruction.material.exposure import LEAST, exposed, exposures
from sv3d_engine.reconstruction.material.material import Material, load_material, recover_material, save_material
from sv3d_engine.reconstruction.material.observations import sightings
from sv3d_engine.reconstruction.material.painter import Painter


def unlike(frames: Frames) -> tuple[Frames, Tensor]:
    """Frames that are brighter, darker and bluer by a tenth, and by how much, in natural log."""
    draw = torch.Generator().manual_seed(4)
    count = len(frames.rgb)
    by = 0.1 * torch.randn(count, 1, generator=draw) + 0.03 * torch.randn(count, 3, generator=draw)
    by = (by - by.mean(0)).clamp(-0.2, 0.2)
    return replace(frames, rgb=to_srgb(to_linear(frames.rgb) * by.exp()[:, None, None]).clamp(0, 1)), by


def found(frames: Frames) -> Tensor | None:
    vertices, faces = ball()
    seen = sightings(frames, vertices, faces)(vertices, normalize(vertices, dim=-1))
    return exposures(seen, torch.Generator().manual_seed(0))


@cache
def recovered(wrong: bool) -> tuple[Frames, Material]:
    frames = unlike(ball_frames())[0] if wrong else ball_frames()
    return frames, recover_material(frames, *ball(), False, 3, Progress())


def test_frames_that_are_alike_are_left_as_they_are() -> None:
    assert found(ball_frames()) is None and found(ball_frames(roughness=0.45)) is None
    assert recovered(False)[1].exposure is None


def test_unlike_exposures_are_found_to_a_percent() -> None:
    frames, by = unlike(ball_frames())
    gains = found(frames)
    assert gains is not None and by.abs().max() > 3 * LEAST
    assert (gains + by).square().mean().sqrt() < 0.012
    assert gains.mean(0).abs().max() < 1e-6


def test_evened_out_they_are_alike() -> None:
    frames, _ = unlike(ball_frames())
    vertices, faces = ball()
    seen = sightings(frames, vertices, faces)(vertices, normalize(vertices, dim=-1))
    gains = exposures(seen, torch.Generator().manual_seed(0))
    assert gains is not None
    assert exposures(exposed(seen, gains), torch.Generator().manual_seed(0)) is None


def test_light_that_turns_is_no_exposure() -> None:
    gains = found(ball_frames(turning=True))
    assert gains is None or gains.abs().max() < 0.06


def test_colours_and_texture_are_as_good_as_from_frames_that_are_alike(tmp_path: Path) -> None:
    vertices, _ = ball()
    way, truth = normalize(vertices, dim=-1), paints(vertices)
    quality = []
    for wrong in (False, True):
        frames, material = recovered(wrong)
        save_material(material, tmp_path / "material.safetensors")
        kept = load_material(tmp_path / "material.safetensors")
        painted = Painter(frames, *ball(), kept)(vertices[::5], way[::5])
        sure = painted[:, 5] > 0.5
        quality.append(decibels(painted[sure, :3], truth[::5][sure]))
    assert quality[1] > quality[0] - 1
