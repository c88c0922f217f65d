"""Holes that all frames agree on: a ring's stays open, white paint on a ball is none."""

from functools import cache
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from scenes import icosphere, pictures_of
from scipy import ndimage
from torch import Tensor

from sv3d_engine.ground.progress import Progress
from sv3d_engine.orbit.cameras import CameraOrbit, View
from sv3d_engine.orbit.orbit_files import write_cameras
from sv3d_engine.picture.matte import cut_out, plain_paper
from sv3d_engine.reconstruction.frames.frames import Frames
from sv3d_engine.reconstruction.frames.holes import agreed_holes, with_agreed_holes
from sv3d_engine.reconstruction.frames.preparation import Prepared, prepare_frames
from sv3d_engine.reconstruction.frames.straighten import NOTHING_DONE, Straightening

SIZE = 288
ORBIT = CameraOrbit(33.8, 2.2, tuple(View(f"{i:03d}.png", 10.0, 360 * i / 16) for i in range(16)))


def red(points: Tensor) -> Tensor:
    return torch.tensor([0.6, 0.1, 0.1]).expand_as(points)


def painted(points: Tensor) -> Tensor:
    """Red, with a white spot in front that frames 0, 1, 2, 14 and 15 show."""
    spot = (points[:, 1].square() + (points[:, 2] - 0.1).square() < 0.012) & (points[:, 0] > 0)
    return torch.where(spot[:, None], torch.ones(3), red(points))


def torus(rounds: int = 96, around: int = 32) -> tuple[Tensor, Tensor]:
    """A ring that stands upright and faces the front: radius 0.3, 0.08 thick."""
    u, v = torch.meshgrid(torch.arange(rounds), torch.arange(around), indexing="ij")
    a, b = u * 2 * torch.pi / rounds, v * 2 * torch.pi / around
    reach = 0.3 + 0.08 * b.cos()
    vertices = torch.stack([0.08 * b.sin(), reach * a.cos(), reach * a.sin()], -1).reshape(-1, 3)

    def at(i: Tensor, j: Tensor) -> Tensor:
        return (i % rounds) * around + j % around

    corners = torch.stack([at(u, v), at(u + 1, v), at(u + 1, v + 1), at(u, v + 1)], -1).reshape(-1, 4)
    return vertices, torch.cat([corners[:, [0, 1, 2]], corners[:, [0, 2, 3]]])


@cache
def ring() -> Frames:
    return pictures_of(*torus(), red, ORBIT, SIZE)


@cache
def ball() -> Frames:
    vertices, faces = icosphere(5)
    return pictures_of(0.4 * vertices, faces, painted, ORBIT, SIZE)


def on_white(frames: Frames) -> list[np.ndarray]:
    over = frames.rgb * frames.alpha[..., None] + 1 - frames.alpha[..., None]
    return list(over.numpy())


def holes(frames: Frames, pictures: list[np.ndarray]) -> tuple[list[np.ndarray], list[np.ndarray]]:
    """By the edges alone, and agreed on: masks (S, S) of each frame."""
    cuts = [cut_out(rgb, plain_paper(rgb)) for rgb in pictures]
    silhouettes = torch.from_numpy(np.stack([~cut.outside for cut in cuts])).float()
    agreed = agreed_holes(cuts, silhouettes, frames.orbit, NOTHING_DONE)
    alone = [cut.holes[cut.patches] for cut in cuts]
    return alone, [one[cut.patches] for one, cut in zip(agreed, cuts, strict=True)]


def test_what_several_frames_see_through_is_a_hole() -> None:
    alone, agreed = holes(ring(), on_white(ring()))
    assert sum(bool(one.any()) for one in alone) >= 8
    for one, other in zip(alone, agreed, strict=True):
        np.testing.assert_array_equal(one, other)


def test_white_paint_is_none_though_its_edge_is_sharp() -> None:
    alone, agreed = holes(ball(), on_white(ball()))
    assert sum(bool(one.any()) for one in alone) >= 3, "each frame alone takes it for one"
    assert not any(one.any() for one in agreed)


def test_a_hole_that_one_frame_takes_for_a_highlight_is_opened() -> None:
    pictures = on_white(ring())
    rows, columns = np.mgrid[:SIZE, :SIZE] / SIZE - 0.5
    glow = 1 - 0.5 * np.clip((np.hypot(rows, columns) - 0.03) / 0.1, 0, 1)  # fades in gently all round
    through = holes(ring(), pictures)[0][0]
    assert through.any()
    pictures[0] = np.where(through[..., None], glow[..., None] ** [0.2, 1.5, 1.5], pictures[0]).astype(np.float32)
    alone, agreed = holes(ring(), pictures)
    assert not alone[0].any() and agreed[0].sum() > 100


def prepared(frames: Frames, folder: Path, shift: int = 0, narrower: int = 0) -> tuple[Prepared, np.ndarray]:
    """The job's frames of an orbit on white whose object stands ``shift`` pixels aside, and what is told.

    ``narrower`` pixels are taken off on either side.
    """
    (folder / "in").mkdir()
    for view, rgb in zip(frames.orbit.views, on_white(frames), strict=True):
        shown = np.roll((rgb * 255).round().astype(np.uint8), shift, 1)
        picture = Image.fromarray(shown[:, narrower : SIZE - narrower])
        picture.save(folder / "in" / view.file)
    write_cameras(frames.orbit, folder / "cameras.json")
    told = prepare_frames(folder / "in", folder / "cameras.json", 10.0, folder / "out", Progress(), 576)
    files = sorted((folder / "out" / "frames").iterdir())
    return told, np.stack([np.asarray(Image.open(file))[..., 3] for file in files])


@pytest.mark.parametrize("narrower", [0, 29])
def test_the_jobs_frames_show_no_paint_as_a_hole(tmp_path: Path, narrower: int) -> None:
    told, alpha = prepared(ball(), tmp_path, narrower=narrower)
    (note,) = told.notes
    assert "place like the background looks like a hole that the other frames contradict" in note
    assert np.abs(alpha / 255 - ball().alpha.numpy()).mean() < 0.003


def test_frames_that_are_moved_agree_as_well(tmp_path: Path) -> None:
    told, alpha = prepared(ball(), tmp_path, shift=9)
    assert "9 pixels right of the frames' middle" in told.notes[0] and "contradict" in told.notes[1]
    assert alpha.shape[1] >= SIZE
    solid = alpha[0] > 127
    assert solid[solid.any(1)].any(1).all() and (alpha[0][solid] > 250).mean() > 0.95


def told_of(frames: Frames, punched: tuple[int, ...] = (), left: int = 0, given: bool = True) -> tuple[str, ...]:
    """What is told of frames that had an alpha of their own, if ``given``, with a hole too many in some of them.

    ``left`` is the alpha in the hole.
    """
    rgba = (torch.cat([frames.rgb, frames.alpha[..., None]], -1) * 255).round().byte().numpy()
    rows, columns = np.mgrid[:SIZE, :SIZE] / SIZE - 0.5
    for i in punched:
        rgba[i, np.hypot(rows, columns - 0.03) < 0.05, 3] = left
    solid = [ndimage.binary_fill_holes(frame[..., 3] > 127) for frame in rgba]
    cuts = [None] * len(rgba)
    names = [view.file if given else None for view in frames.orbit.views]
    silhouettes = torch.from_numpy(np.stack(solid)).float()
    agreed = with_agreed_holes(rgba, list(frames.rgb.numpy()), cuts, silhouettes, frames.orbit, NOTHING_DONE, names)
    np.testing.assert_array_equal(agreed.frames, rgba)
    return agreed.notes


def test_a_hole_in_one_frames_own_alpha_is_told_and_left() -> None:
    (note,) = told_of(ball(), (4,))
    assert note.startswith("In 004.png the object has a transparent place where the other frames show it solid.")


def test_no_hole_is_told_of_glass_of_frames_without_an_alpha_or_of_very_many() -> None:
    assert told_of(ball(), (4,), left=100) == ()
    assert told_of(ball(), (4,), given=False) == ()
    assert told_of(ball(), tuple(range(8))) == ()


def test_true_holes_in_the_frames_own_alphas_are_not_told() -> None:
    assert told_of(ring()) == ()


def test_a_straightening_is_undone_where_the_frames_were_turned() -> None:
    done = Straightening((0.02, -0.05), 90.0, 1.5)
    middle, right = done.undone(torch.tensor([[0.5, 0.5], [0.6, 0.5]]))
    torch.testing.assert_close(middle, torch.tensor([0.52, 0.45]))
    torch.testing.assert_close(right - middle, torch.tensor([0.0, 0.15]), atol=1e-6, rtol=0)


def test_frames_with_an_alpha_of_their_own_are_left_alone() -> None:
    silhouettes = torch.ones(len(ORBIT.views), 8, 8)
    assert all(len(one) == 1 for one in agreed_holes([None] * len(ORBIT.views), silhouettes, ORBIT, NOTHING_DONE))
