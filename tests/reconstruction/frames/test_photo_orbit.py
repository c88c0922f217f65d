"""Photographs that stand, lean and look anyhow become frames of an orbit, and the way back is kept."""

import json
import math
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import photo_scene as scene
import pytest
from field import case
from PIL import Image, ImageOps

from sv3d_engine.ground.progress import Progress
from sv3d_engine.orbit.lens import Lens
from sv3d_engine.orbit.photographs import Photograph
from sv3d_engine.reconstruction.frames.camera_fit import misfit
from sv3d_engine.reconstruction.frames.coherence import Outlines, TurnCameras
from sv3d_engine.reconstruction.frames.frames import load_frames
from sv3d_engine.reconstruction.frames.matting import TURNED
from sv3d_engine.reconstruction.frames.origins import Origin
from sv3d_engine.reconstruction.frames.preparation import Prepared, prepare_frames
from sv3d_engine.reconstruction.frames.shots import INVERTED
from sv3d_engine.shared.errors import UserError

LENS = Lens((1.1, 1.1), (0.52, 0.36), (-0.12, 0.03, 0.0), (0.002, -0.001), (400, 300))
SIZE = 192


def walk(lens: Lens = LENS, count: int = 12) -> list[Photograph]:
    return [Photograph(f"{i:03d}.png", lens, *camera) for i, camera in enumerate(scene.walk(count))]


def prepare(source: Path, cameras: Path, out: Path) -> Prepared:
    return prepare_frames(source, cameras, 10.0, out, Progress(), SIZE)


@pytest.fixture(scope="module")
def photographs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("walk")
    scene.save(folder, walk(), 400, 300)
    scene.write_transforms(folder / "transforms.json", walk())
    return folder


@pytest.fixture
def source(photographs: Path, tmp_path: Path) -> Path:
    return shutil.copytree(photographs, tmp_path / "source")


def disagreement(job: Path) -> float:
    """By how much the outlines of a job's frames miss one another, in frame widths."""
    frames = load_frames(job)
    angles = [[getattr(view, name) for view in frames.orbit.views] for name in ("elevation", "azimuth", "away")]
    elevations, azimuths, away = map(np.array, angles)
    import torch

    values = (torch.tensor(a, dtype=torch.float32) for a in (elevations, azimuths, away))
    e, a, d = values
    return misfit(Outlines(frames.alpha.numpy()), TurnCameras(e, a, frames.orbit.fov_deg, away=d))


def places(prepared: Prepared) -> np.ndarray:  # (N, 3)
    """The orbit's cameras in the tool's world."""
    here = prepared.orbit.positions().double().numpy()
    matrix = np.array(prepared.to_world)
    return here @ matrix[:3, :3].T + matrix[:3, 3]


def test_a_hand_held_walk_becomes_an_orbit(source: Path, tmp_path: Path) -> None:
    """No one aim, distance, height or roll, a bent lens, an oblong picture."""
    prepared = prepare(source, source / "transforms.json", tmp_path / "job")
    np.testing.assert_allclose(places(prepared), [one.position for one in walk()], atol=1e-5)
    assert disagreement(tmp_path / "job") < 0.0004
    spread = [view.away for view in prepared.orbit.views]
    assert max(spread) / min(spread) > 1.2
    kept = json.loads((tmp_path / "job/cameras.json").read_text())
    assert kept["to_world"] == prepared.to_world and "distance" in kept["frames"][0]
    again = prepare_frames(
        tmp_path / "job/frames", tmp_path / "job/cameras.json", 10.0, tmp_path / "again", Progress(), SIZE, "told"
    )
    np.testing.assert_allclose(places(again), places(prepared), atol=1e-5)  # the job's own frames lead back, too
    assert [view.azimuth for view in again.orbit.views] == [view.azimuth for view in prepared.orbit.views]
    assert json.loads((tmp_path / "again/cameras.json").read_text())["to_world"] == prepared.to_world
    frames = load_frames(tmp_path / "job")
    assert frames.alpha.shape == (12, SIZE, SIZE)
    assert frames.origins == tuple(Origin(one.file, None) for one in walk())  # what lies beside them fits no more
    assert frames.alpha[:, 0].max() == 0 and frames.alpha[:, :, -1].max() == 0, "nothing is cut off"
    assert prepared.doubts == ()


@pytest.mark.parametrize("binary", [False, True])
def test_a_colmap_model_in_a_world_of_its_own(photographs: Path, tmp_path: Path, binary: bool) -> None:
    """Any way up and at any scale: it comes upright, its object 1 long, with the way back."""
    turn = scene.looking(np.array([0.3, -0.8, 0.2]), np.zeros(3), 70)
    moved = [replace(one, position=7 * (turn @ one.position) + [1, 2, 3], axes=one.axes @ turn.T) for one in walk()]
    scene.write_colmap(tmp_path / "sparse/0", moved, "OPENCV", binary)
    prepared = prepare(photographs, tmp_path / "sparse/0", tmp_path / "job")
    np.testing.assert_allclose(places(prepared), [one.position for one in moved], atol=1e-4)
    assert disagreement(tmp_path / "job") < 0.002  # hands lean by 8°, so upright is told a little off
    up = np.array(prepared.to_world)[:3, 2]
    assert up @ turn[:, 2] / np.linalg.norm(up) > math.cos(math.radians(6))
    assert prepared.orbit.distance == pytest.approx(2.3 / 0.75, rel=0.25)  # the balls are some 0.75 long
    assert prepared.orbit.views[0].azimuth == pytest.approx(0, abs=1e-4)


def test_an_exact_orbit_stays_as_it_is(tmp_path: Path) -> None:
    """Square pictures of upright cameras that look at one place: not a pixel is touched."""
    source = tmp_path / "source"
    target, lens = np.array([0.05, 0.02, 0.1]), Lens((1.5, 1.5), size=(128, 128))
    exact = []
    for i in range(12):
        a, e = 2 * math.pi * i / 12, math.radians(20 * math.sin(2 * math.pi * i / 12))
        position = target + 2.4 * np.array([math.cos(e) * math.cos(a), math.cos(e) * math.sin(a), math.sin(e)])
        exact.append(Photograph(f"{i:03d}.png", lens, position, scene.looking(position, target)))
    scene.save(source, exact, 128, 128)
    scene.write_transforms(source / "transforms.json", exact)
    prepared = prepare(source, source / "transforms.json", tmp_path / "job")
    orbit = prepared.orbit
    assert orbit.distance == pytest.approx(2.4) and orbit.fov_deg == pytest.approx(math.degrees(2 * math.atan(1 / 3)))
    assert [view.away for view in orbit.views] == [1.0] * 12
    assert [view.azimuth for view in orbit.views] == pytest.approx([30 * i for i in range(12)], abs=1e-5)
    for view in orbit.views:
        kept = np.asarray(Image.open(tmp_path / "job/frames" / view.file))
        given = np.asarray(Image.open(source / view.file))
        np.testing.assert_array_equal(kept[given[..., 3] > 0], given[given[..., 3] > 0])
    np.testing.assert_allclose(places(prepared), [one.position for one in exact], atol=1e-5)


def test_the_orbit_of_the_field_is_read_as_it_is(tmp_path: Path) -> None:
    source = case("nerf_transforms")
    prepared = prepare_frames(source, source / "transforms.json", 10.0, tmp_path / "job", Progress(), 576)
    assert prepared.orbit.fov_deg == pytest.approx(33.8, abs=1e-4)
    assert prepared.orbit.distance == pytest.approx(2.3, abs=1e-6)
    for i, view in enumerate(prepared.orbit.views):
        assert view.elevation == pytest.approx(10, abs=1e-5) and view.away == 1
        assert (view.azimuth - 360 * (i + 1) / 21 + 180) % 360 == pytest.approx(180, abs=1e-4)
    np.testing.assert_allclose(np.array(prepared.to_world), np.eye(4), atol=1e-5)
    assert prepared.notes == prepared.doubts == ()


@pytest.mark.parametrize("by", ["mask", "alpha"])
def test_masks_and_alphas_the_wrong_way_round_are_turned(source: Path, tmp_path: Path, by: str) -> None:
    data = json.loads((source / "transforms.json").read_text())
    for number, frame in enumerate(data["frames"]):
        with Image.open(source / frame["file_path"]) as image:
            alpha = image.getchannel("A")
            turned = alpha if number % 4 == 0 else ImageOps.invert(alpha)  # some are right
            colours = image.convert("RGB")
        if by == "mask":
            turned.save(source / f"{Path(frame['file_path']).stem}_mask.png")
        else:
            colours.putalpha(turned)
        colours.save(source / frame["file_path"])
    prepared = prepare(source, source / "transforms.json", tmp_path / "job")
    assert (INVERTED if by == "mask" else TURNED) in prepared.notes
    assert disagreement(tmp_path / "job") < 0.001


@pytest.mark.parametrize("relative", [False, True])
def test_masks_that_the_tool_names_are_used(
    source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, relative: bool
) -> None:
    (source / "cut").mkdir()
    data = json.loads((source / "transforms.json").read_text())
    for frame in data["frames"]:
        with Image.open(source / frame["file_path"]) as image:
            image.getchannel("A").save(source / "cut" / f"of_{frame['file_path']}")
            wall = Image.effect_noise(image.size, 60).convert("RGB")
            wall.paste(image, mask=image.getchannel("A"))
        wall.save(source / frame["file_path"])
        frame["mask_path"] = f"cut/of_{frame['file_path']}"
    (source / "transforms.json").write_text(json.dumps(data))
    monkeypatch.chdir(source.parent)
    given = Path(source.name) if relative else source
    prepare(given, given / "transforms.json", tmp_path / "job")
    assert disagreement(tmp_path / "job") < 0.0006


@pytest.mark.parametrize(("orientation", "roll"), [(6, -90), (3, 180)])
def test_a_phone_held_upright_and_a_tool_that_did_not_turn_its_pictures(
    tmp_path: Path, orientation: int, roll: float
) -> None:
    """The model has the pictures lying or upside down, EXIF tells readers to turn them."""
    cameras = [(position, scene.looking(position, np.zeros(3), roll)) for position, _ in scene.walk(12)]
    lying = [Photograph(f"{i:03d}.png", LENS, *camera) for i, camera in enumerate(cameras)]
    for one in lying:
        exif = Image.Exif()
        exif[0x0112] = orientation
        pixels = scene.photographed(LENS, one.axes, one.position, 400, 300)
        Image.fromarray(pixels).save(tmp_path / one.file, exif=exif)
    scene.write_colmap(tmp_path / "sparse", lying, "OPENCV", binary=True)
    prepared = prepare(tmp_path, tmp_path / "sparse", tmp_path / "job")
    assert disagreement(tmp_path / "job") < 0.0006
    np.testing.assert_allclose(
        np.array(prepared.to_world)[:3, 2] / np.linalg.norm(np.array(prepared.to_world)[:3, 2]), [0, 0, 1], atol=1e-6
    )


def test_a_tool_that_turned_its_pictures_by_half(tmp_path: Path) -> None:
    """Their size does not tell; in a world with a way up their cameras do."""
    upright = [Photograph(f"{i:03d}.png", LENS, *camera) for i, camera in enumerate(scene.walk(12))]
    exif = Image.Exif()
    exif[0x0112] = 3
    for one in upright:
        pixels = np.rot90(scene.photographed(LENS, one.axes, one.position, 400, 300), 2)
        Image.fromarray(pixels).save(tmp_path / one.file, exif=exif)
    scene.write_transforms(tmp_path / "transforms.json", upright)
    prepare(tmp_path, tmp_path / "transforms.json", tmp_path / "job")
    assert disagreement(tmp_path / "job") < 0.0006


@pytest.mark.parametrize("unit", [1e-2, 1e4])
def test_small_and_large_units_lose_nothing(source: Path, tmp_path: Path, unit: float) -> None:
    scene.write_transforms(source / "transforms.json", [replace(one, position=unit * one.position) for one in walk()])
    prepared = prepare(source, source / "transforms.json", tmp_path / "job")
    np.testing.assert_allclose(places(prepared) / unit, [one.position for one in walk()], atol=1e-5)
    kept = json.loads((tmp_path / "job/cameras.json").read_text())
    for frame, view in zip(kept["frames"], prepared.orbit.views, strict=True):
        away = frame.get("distance", kept["distance"]) / kept["distance"]
        assert away == pytest.approx(view.away, rel=1e-7)


@pytest.mark.parametrize("unit", [1e-5, 1e7])
def test_units_that_cannot_be_kept_are_refused_at_the_start(source: Path, tmp_path: Path, unit: float) -> None:
    scene.write_transforms(source / "transforms.json", [replace(one, position=unit * one.position) for one in walk()])
    with pytest.raises(UserError, match="in no usual measure") as error:
        prepare(source, source / "transforms.json", tmp_path / "job")
    assert "Scale the scene" in error.value.remedy and not (tmp_path / "job").exists()


def test_missing_pictures_and_pictures_without_cameras_are_told(source: Path, tmp_path: Path) -> None:
    (source / "003.png").unlink()
    shutil.copyfile(source / "004.png", source / "099.png")
    prepared = prepare(source, source / "transforms.json", tmp_path / "job")
    assert len(prepared.orbit.views) == 11
    assert any("1 of the 12 pictures" in note for note in prepared.notes)
    assert any("1 of the pictures have no camera" in note and "099.png" in note for note in prepared.notes)


def spoil(source: Path, how: str) -> None:
    data = json.loads((source / "transforms.json").read_text())
    frames = data["frames"]
    match how:
        case "elsewhere":
            for frame in frames:
                frame["file_path"] = "x" + frame["file_path"]
        case "few":
            for i in range(6):
                (source / f"{i:03d}.png").unlink()
        case "cropped":
            with Image.open(source / "002.png") as image:
                image.crop((0, 0, 300, 300)).save(source / "002.png")
        case "shuffled":
            matrices = [frame["transform_matrix"] for frame in frames]
            for i, frame in enumerate(frames):
                frame["transform_matrix"] = matrices[i * 5 % 12]
        case "away":
            frames[4]["transform_matrix"] = (np.array(frames[4]["transform_matrix"]) @ np.diag([1, -1, -1, 1])).tolist()
        case "inside":
            frames[5]["transform_matrix"][0][3] *= 0.1
            frames[5]["transform_matrix"][1][3] *= 0.1
            frames[5]["transform_matrix"][2][3] *= 0.1
    (source / "transforms.json").write_text(json.dumps(data))


@pytest.mark.parametrize(
    ("how", "cause"),
    [
        ("elsewhere", "None of the pictures"),
        ("few", "holds 6 frames"),
        ("cropped", "picture 002.png has 300 × 300"),
        ("shuffled", "do not fit together"),
        ("away", "look away"),
        ("inside", "do not fit together"),
    ],
)
def test_cameras_that_do_not_belong_to_the_pictures_are_refused(
    source: Path, tmp_path: Path, how: str, cause: str
) -> None:
    spoil(source, how)
    with pytest.raises(UserError) as error:
        prepare(source, source / "transforms.json", tmp_path / "job")
    assert cause in error.value.cause and error.value.remedy
    assert not (tmp_path / "job").exists()
