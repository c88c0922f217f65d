"""Normals that maps or a network tell: their axes, whether they fit frames, and their way through a job's folder."""

import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from onnx_file import FLOAT, FLOAT16, INT64, node, write_onnx
from PIL import Image
from scenes import wavy_orbit
from told_ball import told_ball
from torch import Tensor
from torch.nn.functional import normalize

from sv3d_engine.ground.colour import to_srgb
from sv3d_engine.ground.progress import Progress
from sv3d_engine.orbit.orbit_files import write_cameras
from sv3d_engine.reconstruction.frames.frames import NORMALS, Frames, load_frames, resized_normals
from sv3d_engine.reconstruction.frames.normal_maps import ENCODED, NormalMaps, in_frames
from sv3d_engine.reconstruction.frames.normal_network import TOKENS, NormalNetwork
from sv3d_engine.reconstruction.frames.origins import UNMOVED, Matrix, Origin, moved
from sv3d_engine.reconstruction.frames.straighten import Straightening
from sv3d_engine.reconstruction.frames.told_normals import (
    at_outlines,
    normal_source,
    rolled,
    save_normals,
    told_normals,
)
from sv3d_engine.shared.errors import UserError

COUNT, SIZE = 9, 64
TO_MOGE = torch.tensor([1.0, -1.0, -1.0])


@pytest.fixture(scope="module")
def told_frames() -> Frames:
    return told_ball(COUNT, SIZE)[1]


@pytest.fixture(scope="module")
def frames(told_frames: Frames) -> Frames:
    """A ball, all round."""
    return replace(told_frames, normals=None)


@pytest.fixture(scope="module")
def true(told_frames: Frames) -> Tensor:  # (N, S, S, 4)
    """Its normals in each camera's axes, sure where the ball is."""
    assert told_frames.normals is not None
    return told_frames.normals


@pytest.fixture(scope="module")
def world(frames: Frames, true: Tensor) -> Tensor:  # (N, S, S, 3)
    """The same in the world's axes."""
    return torch.einsum("nhwk,nkc->nhwc", true[..., :3], frames.orbit.rotations())


def degrees_off(told: Tensor, true: Tensor) -> Tensor:
    """Largest angle where anything is told."""
    cosine = (told[..., :3] * normalize(true[..., :3], dim=-1)).sum(-1)[told[..., 3] > 0.5]
    assert len(cosine) > 1000
    return torch.rad2deg(torch.arccos(cosine.clamp(-1, 1))).max()


def coloured(normals: Tensor) -> np.ndarray:
    """As pictures of normals are, grey where there are none."""
    return ((normals[..., :3] + 1) / 2 * 255).round().to(torch.uint8).numpy()


def written(folder: Path, normals: Tensor, mode: str = "RGB") -> Path:
    folder.mkdir()
    for index, picture in enumerate(coloured(normals)):
        Image.fromarray(picture).convert(mode).save(folder / f"{index}.png")
    return folder


@pytest.mark.parametrize("flips", [(1, 1, 1), (1, -1, 1), (1, -1, -1), (-1, 1, 1), (-1, -1, -1)])
def test_whatever_axes_maps_have_they_become_the_cameras(frames, true, tmp_path, flips) -> None:  # type: ignore[no-untyped-def]
    maps = written(tmp_path / "maps", true[..., :3] * torch.tensor(flips))
    told = told_normals(frames, normal_source(maps), Progress())
    assert degrees_off(told.normals, true) < 1.0
    assert told.normals[..., 3].max() > 0.99
    assert (told.normals[frames.alpha == 0][:, 3] == 0).all()
    assert bool(told.notes) == (flips[1] < 0)


def test_maps_tell_the_same_point_the_same_from_everywhere(frames, world, true, tmp_path) -> None:  # type: ignore[no-untyped-def]
    """A ball's normal in the world is its place, whichever camera sees it."""
    told = told_normals(frames, NormalMaps(written(tmp_path / "maps", true)), Progress()).normals
    turned = torch.einsum("nhwk,nkc->nhwc", told[..., :3], frames.orbit.rotations())
    assert degrees_off(torch.cat([turned, told[..., 3:]], -1), world) < 1.0


def test_maps_in_the_worlds_axes_are_refused(frames, world, tmp_path) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(UserError, match="fit the outlines of only") as caught:
        told_normals(frames, normal_source(written(tmp_path / "maps", world)), Progress())
    assert "camera's own axes" in caught.value.remedy


def test_a_map_that_does_not_fit_its_frame_is_left_out(frames, true, tmp_path) -> None:  # type: ignore[no-untyped-def]
    wrong = true.clone()
    wrong[3] = true[3].flip(1) * torch.tensor([-1.0, -1, 1, 1])
    told = told_normals(frames, normal_source(written(tmp_path / "maps", wrong)), Progress())
    assert told.normals[3].abs().max() == 0
    assert told.normals[2].abs().max() > 0
    assert any("003.png" in note for note in told.notes)


def test_maps_larger_or_smaller_than_the_frames_do_as_well(frames, true, tmp_path) -> None:  # type: ignore[no-untyped-def]
    for size in (SIZE // 2, SIZE * 2):
        folder = written(tmp_path / str(size), resized_normals(true, size))
        told = told_normals(frames, normal_source(folder), Progress()).normals
        assert told.shape == true.shape
        inner = told * (true[..., 2:3] > 0.5)
        assert degrees_off(inner, true) < 8


def test_what_is_no_unit_normal_or_transparent_tells_nothing(frames, true, tmp_path) -> None:  # type: ignore[no-untyped-def]
    folder = tmp_path / "maps"
    folder.mkdir()
    for index, picture in enumerate(coloured(true)):
        alpha = np.full((SIZE, SIZE, 1), 255, np.uint8)
        alpha[: SIZE // 2] = 0
        picture[:, : SIZE // 2] = 255  # white: of length 1.7
        Image.fromarray(np.concatenate([picture, alpha], -1)).save(folder / f"{index}.png")
    sure = NormalMaps(folder)(frames, Progress()).normals[..., 3]
    assert sure[:, : SIZE // 2].max() == 0
    assert sure[:, :, : SIZE // 2].max() == 0
    assert sure[:, SIZE // 2 + 2, SIZE // 2 + 2].min() > 0.9


def test_maps_of_two_sizes_are_refused(frames, true, tmp_path) -> None:  # type: ignore[no-untyped-def]
    folder = written(tmp_path / "maps", true)
    Image.new("RGB", (32, 32)).save(folder / "0.png")
    with pytest.raises(UserError, match="one size"):
        NormalMaps(folder)(frames, Progress())


def test_a_frame_without_a_map_is_told_by_its_own_name(frames, true, tmp_path) -> None:  # type: ignore[no-untyped-def]
    names = [f"render_{i:02d}.jpg" for i in range(COUNT)]
    known = replace(frames, origins=tuple(map(Origin, names)))
    folder = written(tmp_path / "maps", true)
    (folder / "4.png").unlink()
    told = told_normals(known, NormalMaps(folder), Progress())
    assert told.notes == ("No normals are told of render_04.jpg.",)
    assert told.normals[4].abs().max() == 0
    assert degrees_off(told.normals, true) < 1.0
    ignored = replace(known.orbit.views[4], weight=0.0)
    orbit = replace(known.orbit, views=(*known.orbit.views[:4], ignored, *known.orbit.views[5:]))
    assert told_normals(replace(known, orbit=orbit), NormalMaps(folder), Progress()).notes == ()


def encoded(normals: Tensor) -> Tensor:
    """As a program writes them that takes them for light."""
    return 2 * to_srgb((normals[..., :3] + 1) / 2) - 1


@pytest.mark.parametrize("flips", [(1, 1, 1), (1, -1, 1), (1, -1, -1)])
def test_maps_that_are_stored_as_srgb_are_made_linear(frames, true, tmp_path, flips) -> None:  # type: ignore[no-untyped-def]
    folder = written(tmp_path / "maps", encoded(true[..., :3] * torch.tensor(flips)))
    told = told_normals(frames, NormalMaps(folder), Progress())
    assert ENCODED in told.notes
    assert degrees_off(told.normals, true) < 2.0
    assert told.normals[..., 3][true[..., 3] > 0].mean() > 0.9


def test_a_grey_background_does_not_make_maps_srgb(frames, true, tmp_path) -> None:  # type: ignore[no-untyped-def]
    """Middle grey is a unit vector to who takes it for sRGB, and most of a small object's picture."""
    assert told_normals(frames, NormalMaps(written(tmp_path / "maps", true)), Progress()).notes == ()


def test_pictures_that_are_no_normal_maps_are_refused(frames, true, tmp_path) -> None:  # type: ignore[no-untyped-def]
    ramp = torch.linspace(-1, 1, SIZE)[:, None].expand(COUNT, SIZE, SIZE, 3)
    for name, pictures in {"depth": ramp, "clipped": 2 * true[..., :3].clamp(0, 1) - 1}.items():
        with pytest.raises(UserError, match=f"{name} are no normal maps") as caught:
            told_normals(frames, NormalMaps(written(tmp_path / name, pictures)), Progress())
        assert "(n + 1) / 2" in caught.value.remedy


def matrix(aim: tuple[float, float] = (0, 0), roll: float = 0.0, growth: float = 1.0) -> Matrix:
    """What was done to frames that were straightened so."""
    place = moved("", Straightening(aim, roll, growth).matrix, np.zeros(2)).place
    assert place is not None
    return place


def test_maps_move_with_frames_whose_object_stood_aside(frames, true, tmp_path) -> None:  # type: ignore[no-untyped-def]
    beside = true.clone()
    beside[2] = true[2].roll((3, -5), (0, 1))
    folder = written(tmp_path / "maps", beside)
    places = [matrix((-5 / SIZE, 3 / SIZE)) if i == 2 else UNMOVED for i in range(COUNT)]
    origins = tuple(Origin(f"{i}.png", place) for i, place in enumerate(places))
    told = told_normals(replace(frames, origins=origins), NormalMaps(folder), Progress())
    assert degrees_off(told.normals, true) < 1.0
    assert told.normals[2, ..., 3].sum() > 0.95 * true[2, ..., 3].sum()
    still = told_normals(frames, NormalMaps(folder), Progress())
    assert degrees_off(still.normals[2:3], true[2:3]) > 10


@pytest.mark.parametrize("flips", [(1, 1, 1), (1, -1, 1), (-1, 1, -1)])
@pytest.mark.parametrize("roll", [-12.0, 12.0])
def test_maps_are_turned_with_frames_that_leaned(frames, true, tmp_path, flips, roll) -> None:  # type: ignore[no-untyped-def]
    """However a camera that looks at a ball's middle leans, its picture is the same, so its normals' maps are, too."""
    maps = written(tmp_path / "maps", true[..., :3] * torch.tensor(flips))
    origins = tuple(Origin(f"{i}.png", matrix(roll=roll)) for i in range(COUNT))
    told = told_normals(replace(frames, origins=origins), NormalMaps(maps), Progress())
    assert degrees_off(told.normals * (true[..., 2:3] > 0.4), true) < 3.0


def test_a_picture_on_its_side_shows_which_way_it_is_turned() -> None:
    right = torch.tensor([1.0, 0.0, 0.0]).expand(1, 1, 1, 3)
    turned = rolled(right, torch.tensor([math.pi / 2]))[0, 0, 0]  # what was up shows on the right
    torch.testing.assert_close(turned, torch.tensor([0.0, 1.0, 0.0]), atol=1e-6, rtol=0)
    assert Origin("", matrix(roll=30.0)).roll == pytest.approx(math.radians(30))
    upper = in_frames(torch.eye(4).reshape(1, 4, 4, 1), (Origin("", matrix(roll=90.0)),), 4)
    torch.testing.assert_close(upper[0, ..., 0], torch.eye(4).flip(0), atol=1e-5, rtol=0)


def test_frames_that_grew_show_as_much_less_of_a_map() -> None:
    laid = in_frames(torch.ones(1, 8, 8, 1), (Origin("", matrix(growth=2.0)),), 16)[0, ..., 0]
    assert laid[4:12, 4:12].min() == 1
    assert laid[:3].max() == 0


def test_maps_of_photographs_that_were_taken_again_are_refused(frames, true, tmp_path) -> None:  # type: ignore[no-untyped-def]
    origins = tuple(Origin(f"{i}.png", None) for i in range(COUNT))
    with pytest.raises(UserError, match="photographs") as caught:
        told_normals(replace(frames, origins=origins), NormalMaps(written(tmp_path / "maps", true)), Progress())
    assert "network" in caught.value.remedy


def test_where_an_object_is_cut_off_is_no_outline() -> None:
    alpha = torch.zeros(1, SIZE, SIZE)
    alpha[:, :, 16:] = 1  # cut off above, below and on the right
    leftward = torch.tensor([-1.0, 0, 0, 1]).expand(1, SIZE, SIZE, 4)
    torch.testing.assert_close(at_outlines(leftward, alpha), torch.tensor([[1.0, 0.0]]))


def test_maps_are_taken_by_number(frames, true, tmp_path) -> None:  # type: ignore[no-untyped-def]
    """2 before 10."""
    orbit = wavy_orbit(12)
    many = replace(frames, alpha=frames.alpha[:1].expand(12, -1, -1), orbit=orbit)
    folder = written(tmp_path / "maps", true[:1].expand(12, -1, -1, -1).contiguous())
    Image.fromarray(coloured(true[0]) // 2).save(folder / "10.png")
    told = NormalMaps(folder)(many, Progress()).normals
    assert [i for i in range(12) if not torch.equal(told[i], told[0])] == [10]


def moge(path: Path, side: int | str, tokens: bool = True, mask: bool = True, normal: str = "normal") -> Path:
    """A network with MoGe's inputs and outputs that takes a picture's colours for normals, (n + 1) / 2 in MoGe's axes.

    Its mask is how little blue a pixel has, times the tokens over TOKENS where it has that input.
    """
    nodes = [
        node("Transpose", ["image"], "last", perm=[0, 2, 3, 1]),
        node("Mul", ["last", "two"], "doubled"),
        node("Sub", ["doubled", "one"], normal),
        node("ReduceMax", ["image"], "brightest", axes=[1], keepdims=0),
        node("Cast", ["num_tokens"], "count", to=FLOAT),
        node("Mul", ["brightest", "count"], "times"),
        node("Div", ["times", "usual"], "mask"),
    ]
    if not tokens:
        nodes = [*nodes[:3], node("ReduceMax", ["image"], "mask", axes=[1], keepdims=0)]
    elif not mask:
        nodes = nodes[:3]
    inputs = [("image", FLOAT, [1, 3, side, side])] + [("num_tokens", INT64, [])] * tokens
    outputs = [(normal, FLOAT, [1, side, side, 3])] + [("mask", FLOAT, [1, side, side])] * mask
    constants = {"two": ([], [2.0]), "one": ([], [1.0]), "usual": ([], [float(TOKENS)])}
    write_onnx(path, nodes, inputs, outputs, constants)
    return path


@pytest.fixture(scope="module")
def painted(frames: Frames, true: Tensor) -> Frames:
    """The ball painted with its normals, as MoGe has them."""
    return replace(frames, rgb=(true[..., :3] * TO_MOGE + 1) / 2)


@pytest.mark.parametrize(("side", "tokens"), [("height", True), (SIZE, True), (SIZE, False)])
def test_a_networks_normals_become_the_cameras(painted, true, tmp_path, side, tokens) -> None:  # type: ignore[no-untyped-def]
    source = normal_source(moge(tmp_path / "moge.onnx", side, tokens))
    told = told_normals(painted, source, Progress())
    assert told.notes == ()  # its axes are known
    assert degrees_off(told.normals * (true[..., 2:3] > 0.5), true) < 8.0  # pixels are averaged on the way


def test_a_network_is_given_its_tokens_and_tells_how_sure_it_is(painted, tmp_path) -> None:  # type: ignore[no-untyped-def]
    told = NormalNetwork(moge(tmp_path / "a.onnx", SIZE))(painted, Progress()).normals
    alpha = painted.alpha[..., None]
    on_white = (painted.rgb * alpha + 1 - alpha).amax(-1)
    torch.testing.assert_close(told[..., 3], on_white, atol=1e-5, rtol=0)
    surely = NormalNetwork(moge(tmp_path / "b.onnx", SIZE, mask=False))(painted, Progress()).normals
    assert (surely[..., 3] == 1).all()


def test_what_is_no_such_network_is_refused(tmp_path) -> None:  # type: ignore[no-untyped-def]
    damaged = tmp_path / "damaged.onnx"
    damaged.write_bytes(b"no network")
    with pytest.raises(UserError, match="cannot be read as a network"):
        normal_source(damaged)
    with pytest.raises(UserError, match="tells no normals") as caught:
        normal_source(moge(tmp_path / "depth.onnx", SIZE, normal="depth"))
    assert "MoGe-2" in caught.value.remedy


def network(path: Path, image: tuple[int, list[int | str]], normal: list[int], permutation: list[int]) -> NormalNetwork:
    """That hands on its picture's colours, transposed."""
    nodes = [node("Cast", ["image"], "cast", to=FLOAT), node("Transpose", ["cast"], "normal", perm=permutation)]
    write_onnx(path, nodes, [("image", *image)], [("normal", FLOAT, normal)], {})
    return NormalNetwork(path)


@pytest.mark.parametrize(
    ("image", "normal", "permutation"),
    [
        ((FLOAT, [3, SIZE, SIZE]), [SIZE, SIZE, 3], [1, 2, 0]),  # no batch
        ((FLOAT, [1, SIZE, SIZE, 3]), [1, SIZE, SIZE, 3], [0, 1, 2, 3]),  # colours last
        ((FLOAT, [4, 3, SIZE, SIZE]), [4, SIZE, SIZE, 3], [0, 2, 3, 1]),  # four pictures at once
        ((FLOAT, [1, 3, SIZE, SIZE]), [1, 3, SIZE, SIZE], [0, 1, 2, 3]),  # the normals' axes first
        ((INT64, [1, 3, SIZE, SIZE]), [1, SIZE, SIZE, 3], [0, 2, 3, 1]),  # whole numbers
    ],
)
def test_a_network_of_another_form_is_refused_in_plain_words(painted, tmp_path, image, normal, permutation) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(UserError, match=r"other.onnx is a network that tells no normals") as caught:
        network(tmp_path / "other.onnx", image, normal, permutation)(painted, Progress())
    assert caught.value.details


def test_a_network_in_half_precision_does_as_well(painted, tmp_path) -> None:  # type: ignore[no-untyped-def]
    sides = [1, SIZE, SIZE, 3]
    half = network(tmp_path / "half.onnx", (FLOAT16, [1, 3, SIZE, SIZE]), sides, [0, 2, 3, 1])
    whole = network(tmp_path / "whole.onnx", (FLOAT, [1, 3, SIZE, SIZE]), sides, [0, 2, 3, 1])
    told = [each(painted, Progress()).normals for each in (half, whole)]
    torch.testing.assert_close(*told, atol=1e-3, rtol=0)


def test_normals_come_back_from_a_jobs_folder_only_if_asked_for(frames, true, tmp_path) -> None:  # type: ignore[no-untyped-def]
    files = [view.file for view in frames.orbit.views]
    (tmp_path / "frames").mkdir()
    for file, alpha in zip(files, frames.alpha, strict=True):
        Image.fromarray((alpha[..., None].expand(-1, -1, 4) * 255).to(torch.uint8).numpy()).save(
            tmp_path / "frames" / file
        )
    views = tuple(replace(view, weight=0.0 if i == 4 else 1.0) for i, view in enumerate(frames.orbit.views))
    write_cameras(replace(frames.orbit, views=views), tmp_path / "cameras.json")
    save_normals(true, files, tmp_path / NORMALS)
    assert load_frames(tmp_path).normals is None
    read = load_frames(tmp_path, normals=True)
    assert read.normals is not None
    kept = true[[i for i in range(COUNT) if i != 4]]
    assert degrees_off(read.normals, kept) < 0.6
    torch.testing.assert_close(read.normals[..., 3], kept[..., 3])
    assert len(load_frames(tmp_path, rejected=True).rgb) == COUNT


def test_shrunk_frames_have_shrunk_normals(frames, true) -> None:  # type: ignore[no-untyped-def]
    small = replace(frames, normals=true).shrunk(SIZE // 2).normals
    assert small is not None and small.shape == (COUNT, SIZE // 2, SIZE // 2, 4)
    torch.testing.assert_close(small[..., :3].norm(dim=-1)[small[..., 3] > 0.1].mean(), torch.tensor(1.0))
    assert small[..., 3].max() <= 1 + 1e-6
    assert frames.shrunk(SIZE // 2).normals is None
