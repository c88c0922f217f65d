"""The frames stage: from a folder of pictures to a job's frames, and every way it can refuse."""

import errno
import json
import os
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from orbits import save_orbit
from PIL import Image

from sv3d_engine.ground.progress import Cancelled, Progress
from sv3d_engine.orbit.cameras import CameraOrbit
from sv3d_engine.reconstruction.frames.frames import load_frames
from sv3d_engine.reconstruction.frames.origins import UNMOVED
from sv3d_engine.reconstruction.frames.preparation import _doubts_named, prepare_frames
from sv3d_engine.shared.errors import UserError


@pytest.fixture
def source(tmp_path: Path) -> Path:
    save_orbit(tmp_path / "source")
    return tmp_path / "source"


def prepare(source: Path, out: Path, cameras: bool = True, max_size: int = 576) -> CameraOrbit:
    cameras_file = source / "cameras.json" if cameras else None
    return prepare_frames(source, cameras_file, 10.0, out, Progress(), max_size).orbit


def everything(folder: Path) -> list[str]:
    return sorted(str(p.relative_to(folder)) for p in folder.rglob("*"))


def test_frames_and_cameras_are_written_and_read_back(source: Path, tmp_path: Path) -> None:
    orbit = prepare(source, tmp_path / "job")
    assert orbit.distance == pytest.approx(2.2 / 0.9, rel=0.03)
    frames = load_frames(tmp_path / "job")
    assert frames.orbit == orbit
    assert frames.rgb.shape == (12, 96, 96, 3) and frames.alpha.shape == (12, 96, 96)
    assert frames.rgb.dtype == frames.alpha.dtype == torch.float32
    assert (frames.rgb[frames.alpha == 0] == 1).all()
    assert frames.alpha[:, 48, 48].min() == 1
    torch.testing.assert_close(frames.rgb[:, 48, 48], torch.tensor([0.75, 0.1, 0.12]).expand(12, 3), atol=0.003, rtol=0)
    assert everything(tmp_path / "job")[:2] == ["cameras.json", "frames"]


def described(source: Path, **weights: float) -> None:
    """Give frames weights in the cameras file of a folder; the names are theirs, after an underscore."""
    file = source / "cameras.json"
    data = json.loads(file.read_text())
    for frame in data["frames"]:
        if (weight := weights.get(f"_{Path(frame['file']).stem}")) is not None:
            frame["weight"] = weight
    file.write_text(json.dumps(data))


def test_each_frame_is_known_by_the_picture_it_was_made_from(source: Path, tmp_path: Path) -> None:
    """Whatever order the cameras have, and whether it was moved."""
    file = source / "cameras.json"
    data = json.loads(file.read_text())
    data["frames"] = data["frames"][::-1]
    data["frames"][2]["weight"] = 0
    file.write_text(json.dumps(data))
    for path in sorted(source.glob("*.png")):  # the object turns about a place 6 pixels right of the middle
        picture = Image.open(path).copy()
        moved = Image.new("RGBA", picture.size, (255, 255, 255, 0))
        moved.paste(picture, (6, 0))
        moved.save(path)
    prepare(source, tmp_path / "job")
    every = load_frames(tmp_path / "job", rejected=True).origins
    assert every is not None
    assert [origin.name for origin in every] == [frame["file"] for frame in data["frames"]]
    assert every[2].place == UNMOVED  # it was left as it is
    for origin in (*every[:2], *every[3:]):
        assert origin.place is not None
        middle = [row[0] / 2 + row[1] / 2 + row[2] for row in origin.place]
        assert middle == pytest.approx([0.5 + 6 / 96, 0.5], abs=0.5 / 96)
    kept = load_frames(tmp_path / "job").origins
    assert kept == (*every[:2], *every[3:])
    shutil.rmtree(tmp_path / "job" / "work")
    assert load_frames(tmp_path / "job").origins is None


@pytest.mark.parametrize(
    "wrong", ["red", "empty", "unplain", "small", "large", "not square", "odd", "no picture", "missing"]
)
def test_a_rejected_frame_has_no_say_whatever_it_shows(source: Path, tmp_path: Path, wrong: str) -> None:
    """Same frames, cameras and distance as of a folder without it; what can be shown to the artist is kept."""
    described(source, _003=0.0, _005=0.5)
    other = shutil.copytree(source, tmp_path / "other")
    data = json.loads((other / "cameras.json").read_text())
    del data["frames"][3]
    (other / "cameras.json").write_text(json.dumps(data))
    (other / "003.png").unlink()
    bad = source / "003.png"
    noise = np.random.default_rng(0).integers(0, 255, (96, 96, 3), np.uint8)
    match wrong:
        case "red":
            Image.new("RGBA", (96, 96), (255, 0, 0, 255)).save(bad)
        case "empty":
            Image.new("RGBA", (96, 96), (0, 0, 0, 0)).save(bad)
        case "unplain":
            Image.fromarray(noise).save(bad)
        case "small":
            Image.new("RGBA", (72, 72), (0, 255, 0, 255)).save(bad)
        case "large":
            Image.new("RGBA", (192, 192), (0, 0, 255, 255)).save(bad)
        case "not square":
            Image.new("RGBA", (96, 80), (0, 0, 255, 255)).save(bad)
        case "odd":  # made square for itself it would be a pixel larger
            Image.new("RGBA", (96, 81), (0, 0, 255, 255)).save(bad)
        case "no picture":
            bad.write_text("nothing")
        case "missing":
            bad.unlink()

    orbit, without = prepare(source, tmp_path / "rejected"), prepare(other, tmp_path / "without")
    shown = wrong in ("red", "empty", "unplain", "large", "not square", "odd")
    assert [v.weight for v in orbit.views] == [1, 1, 1, 0, 1, 0.5, *[1] * 6] if shown else [1, 1, 1, 1, 0.5, *[1] * 6]
    assert [v.file for v in orbit.views] == [f"{i:03d}.png" for i in range(len(orbit.views))]
    assert sorted(p.name for p in (tmp_path / "rejected/frames").iterdir()) == [v.file for v in orbit.views]
    assert orbit.distance == without.distance
    mine, theirs = load_frames(tmp_path / "rejected"), load_frames(tmp_path / "without")
    assert len(mine.rgb) == 11
    assert torch.equal(mine.rgb, theirs.rgb) and torch.equal(mine.alpha, theirs.alpha)
    angles = [[(v.elevation, v.azimuth, v.weight) for v in f.orbit.views] for f in (mine, theirs)]
    assert angles[0] == angles[1]


def test_a_frame_that_was_rejected_can_be_taken_back_from_the_job_itself(source: Path, tmp_path: Path) -> None:
    prepare(source, tmp_path / "whole")
    described(source, _003=0.0)
    orbit = prepare(source, tmp_path / "first")
    assert orbit.views[3].weight == 0
    kept, whole = (tmp_path / job / "frames/003.png" for job in ("first", "whole"))
    assert kept.read_bytes() == whole.read_bytes()


def test_white_frames_are_matted_to_the_same_shape(source: Path, tmp_path: Path) -> None:
    prepare(source, tmp_path / "cut")
    save_orbit(tmp_path / "white", white=True)
    prepare(tmp_path / "white", tmp_path / "matted")
    cut, matted = load_frames(tmp_path / "cut"), load_frames(tmp_path / "matted")
    assert (cut.alpha - matted.alpha).abs().mean() < 0.002


def test_a_given_distance_is_kept(source: Path, tmp_path: Path) -> None:
    data = json.loads((source / "cameras.json").read_text()) | {"distance": 5.5}
    (source / "cameras.json").write_text(json.dumps(data))
    assert prepare(source, tmp_path / "job").distance == 5.5


def test_without_cameras_the_orbit_is_static_in_natural_order(tmp_path: Path) -> None:
    save_orbit(tmp_path / "made")
    source = tmp_path / "named"
    source.mkdir()
    for i in range(12):
        shutil.copy(tmp_path / "made" / f"{i:03d}.png", source / f"view {i + 1}.png")
        Image.new("RGBA", (8, 8)).save(source / "contact sheet.png")  # not of the sequence
    image = Image.open(source / "view 10.png")
    image.putpixel((40, 48), (0, 0, 255, 255))
    image.save(source / "view 10.png")
    orbit = prepare(source, tmp_path / "job", cameras=False)
    assert [v.file for v in orbit.views] == [f"{i:03d}.png" for i in range(12)]
    assert {v.elevation for v in orbit.views} == {10.0}
    assert orbit.views[-1].azimuth == 0
    assert load_frames(tmp_path / "job").rgb[9, 48, 40].tolist() == [0, 0, 1]


def test_large_frames_are_scaled_without_fringes(source: Path, tmp_path: Path) -> None:
    prepare(source, tmp_path / "job", max_size=64)
    frames = load_frames(tmp_path / "job")
    assert frames.alpha.shape == (12, 64, 64)
    edge = (frames.alpha > 0.1) & (frames.alpha < 0.9)
    torch.testing.assert_close(frames.rgb[edge].mean(0), torch.tensor([0.75, 0.1, 0.12]), atol=0.01, rtol=0)


@pytest.mark.parametrize("max_size", [576, 64])
def test_alphas_the_wrong_way_round_are_turned_in_large_frames_as_well(
    source: Path, tmp_path: Path, max_size: int
) -> None:
    for path in source.glob("*.png"):
        rgba = np.array(Image.open(path))
        rgba[..., 1] = np.arange(96)[:, None] * 2  # colours that tell an object from nothing
        rgba[rgba[..., 3] == 0, :3] = 255
        rgba[..., 3] = 255 - rgba[..., 3]
        Image.fromarray(rgba).save(path)
    prepared = prepare_frames(source, source / "cameras.json", 10.0, tmp_path / "job", Progress(), max_size)
    assert "were inverted" in "".join(prepared.notes)
    frames = load_frames(tmp_path / "job")
    middle = frames.alpha.shape[1] // 2
    assert frames.alpha[:, middle, middle].min() == 1 and frames.alpha[:, 0].max() == 0
    torch.testing.assert_close(
        frames.rgb[:, middle, middle], torch.tensor([0.75, 0.376, 0.12]).expand(12, 3), atol=0.02, rtol=0
    )


def test_a_second_run_replaces_the_first(source: Path, tmp_path: Path) -> None:
    prepare(source, tmp_path / "job")
    data = json.loads((source / "cameras.json").read_text())
    (source / "cameras.json").write_text(json.dumps(data | {"frames": data["frames"][:9]}))
    prepare(source, tmp_path / "job")
    assert len(list((tmp_path / "job" / "frames").iterdir())) == 9


def break_missing(source: Path) -> None:
    (source / "004.png").unlink()


def break_unreadable(source: Path) -> None:
    (source / "004.png").write_bytes(b"gone")


def break_sizes(source: Path) -> None:
    Image.open(source / "004.png").resize((100, 100)).save(source / "004.png")


def break_shape(source: Path) -> None:
    Image.open(source / "004.png").resize((96, 90)).save(source / "004.png")


def break_transparent(source: Path) -> None:
    Image.new("RGBA", (96, 96)).save(source / "004.png")


def break_blank(source: Path) -> None:
    Image.new("RGB", (96, 96), "white").save(source / "004.png")


def break_background(source: Path) -> None:
    noise = np.random.default_rng(0).integers(0, 255, (96, 96, 3)).astype(np.uint8)
    Image.fromarray(noise).save(source / "004.png")


def break_cameras(source: Path) -> None:
    data = json.loads((source / "cameras.json").read_text())
    data["frames"][4]["azimuth"] = float("nan")
    (source / "cameras.json").write_text(json.dumps(data))


def break_agreement(source: Path) -> None:
    shapes = [
        (12, 80),
        (80, 12),
        (20, 60),
        (60, 20),
        (30, 45),
        (45, 30),
        (40, 40),
        (16, 40),
        (40, 16),
        (70, 30),
        (30, 70),
    ]
    for i, (width, height) in enumerate([*shapes, (90, 40)]):
        corner = Image.new("RGBA", (96, 96))
        corner.paste("red", (0, 0, width, height) if i % 2 else (96 - width, 96 - height, 96, 96))
        corner.save(source / f"{i:03d}.png")


@pytest.mark.parametrize(
    ("damage", "cause"),
    [
        (break_missing, "004.png"),
        (break_unreadable, "004.png cannot be read"),
        (break_sizes, "differ in size"),
        (break_shape, "differ in size"),
        (break_transparent, "004.png is empty"),
        (break_blank, "004.png is empty"),
        (break_background, "not plain"),
        (break_cameras, "not a usable number"),
        (break_agreement, "do not fit together"),
    ],
)
def test_bad_input_is_refused_and_leaves_nothing_behind(source: Path, tmp_path: Path, damage: Any, cause: str) -> None:
    damage(source)
    with pytest.raises(UserError) as error:
        prepare(source, tmp_path / "deep" / "job")
    assert cause in error.value.cause and error.value.remedy
    assert not (tmp_path / "deep").exists()


def test_too_few_frames_in_the_folder(tmp_path: Path) -> None:
    save_orbit(tmp_path, count=12)
    for i in range(7, 12):
        (tmp_path / f"{i:03d}.png").unlink()
    with pytest.raises(UserError, match="holds 7 frames"):
        prepare(tmp_path, tmp_path / "job", cameras=False)
    with pytest.raises(UserError, match="no folder"):
        prepare(tmp_path / "nowhere", tmp_path / "job", cameras=False)


@pytest.mark.parametrize("elevation", [float("nan"), 90.0, -100.0])
def test_an_impossible_elevation(source: Path, tmp_path: Path, elevation: float) -> None:
    with pytest.raises(UserError, match="elevation"):
        prepare_frames(source, None, elevation, tmp_path / "job", Progress(), 576)


def test_a_full_disk(source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    usage = shutil.disk_usage(tmp_path)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage._replace(free=1000))
    with pytest.raises(UserError, match="is full"):
        prepare(source, tmp_path / "job")
    assert not (tmp_path / "job").exists()


def test_a_disk_that_fills_up_while_writing_keeps_the_old_frames(
    source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    prepare(source, tmp_path / "job")
    before = everything(tmp_path / "job")
    save, calls = Image.Image.save, []

    def fails_at_the_fifth(image: Image.Image, *args: Any, **options: Any) -> None:
        calls.append(image)
        if len(calls) == 5:
            raise OSError(errno.ENOSPC, "No space left on device")
        save(image, *args, **options)

    monkeypatch.setattr(Image.Image, "save", fails_at_the_fifth)
    with pytest.raises(UserError, match="is full"):
        prepare(source, tmp_path / "job")
    assert everything(tmp_path / "job") == before


def test_a_folder_that_cannot_be_written(source: Path, tmp_path: Path) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("in the way")
    with pytest.raises(UserError, match=r"no longer there|may not write"):
        prepare(source, blocked / "job")
    if os.name == "posix" and os.geteuid() != 0:  # root may write everywhere
        locked = tmp_path / "locked"
        locked.mkdir(mode=0o500)
        with pytest.raises(UserError, match=r"no longer there|may not write"):
            prepare(source, locked / "job")


def test_cancel_leaves_nothing_behind(source: Path, tmp_path: Path) -> None:
    class StopsWhileWriting(Progress):
        def __call__(self, fraction: float, note: str = "") -> None:
            if fraction > 0.9:
                raise Cancelled

    with pytest.raises(Cancelled):
        prepare_frames(source, source / "cameras.json", 10, tmp_path / "job", StopsWhileWriting(), 576)
    assert not (tmp_path / "job").exists()


def test_incomplete_prepared_frames_are_told(source: Path, tmp_path: Path) -> None:
    prepare(source, tmp_path / "job")
    (tmp_path / "job" / "frames" / "003.png").unlink()
    with pytest.raises(UserError, match=r"003\.png of this job is missing or damaged"):
        load_frames(tmp_path / "job")


def test_a_film_is_not_an_orbit(tmp_path: Path) -> None:
    for i in range(300):
        (tmp_path / f"{i:04d}.png").touch()
    with pytest.raises(UserError, match="holds 300 frames") as error:
        prepare(tmp_path, tmp_path / "job", cameras=False)
    assert "at most 256" in error.value.remedy


def test_a_prepared_frame_with_a_broken_chunk_is_told(source: Path, tmp_path: Path) -> None:
    prepare(source, tmp_path / "job")
    frame = tmp_path / "job" / "frames" / "003.png"
    content = frame.read_bytes()
    frame.write_bytes(content.replace(b"IHDR", b"IH\x00R", 1))
    with pytest.raises(UserError, match=r"003\.png of this job is missing or damaged"):
        load_frames(tmp_path / "job")


def test_what_is_wrong_with_the_frames_anyway_is_named_with_an_error() -> None:
    with pytest.raises(UserError) as plain, _doubts_named(()):
        raise UserError("They do not fit.", "Check them.", "0.5")
    with pytest.raises(UserError) as named, _doubts_named(("The object is cut off.",)):
        raise UserError("They do not fit.", "Check them.", "0.5")
    assert plain.value.cause == "They do not fit." and named.value.cause == "They do not fit. The object is cut off."
    assert named.value.remedy == "Check them." and named.value.details == "0.5"
