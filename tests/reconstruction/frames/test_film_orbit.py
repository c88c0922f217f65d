"""Films and animated pictures as orbits: one turn is found, and frames are picked evenly by angle."""

import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from films import TWO_SIDED, film
from PIL import Image

from sv3d_engine.ground.progress import Progress
from sv3d_engine.orbit.orbit_files import CameraFile, View, write_cameras
from sv3d_engine.picture.film import film_size
from sv3d_engine.reconstruction.frames.film_orbit import read_film
from sv3d_engine.reconstruction.frames.preparation import prepare_frames
from sv3d_engine.reconstruction.frames.shots import Shots
from sv3d_engine.shared.errors import UserError


def animation(frames: Sequence[Image.Image], path: Path) -> Path:
    frames[0].save(path, save_all=True, append_images=frames[1:], duration=40, lossless=True)
    return path


def video(frames: Sequence[Image.Image], path: Path) -> Path:
    av = pytest.importorskip("av")
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libvpx-vp9" if path.suffix == ".webm" else "libx264", rate=24)
        stream.width, stream.height = frames[0].size
        stream.pix_fmt = "yuv420p"
        for frame in frames:
            container.mux(stream.encode(av.VideoFrame.from_image(frame)))
        container.mux(stream.encode())
    return path


@pytest.mark.parametrize(
    ("name", "codec", "pixels"),
    [("a.webm", "libvpx-vp9", "yuva420p"), ("a.mov", "prores_ks", "yuva444p10le"), ("b.mov", "qtrle", "argb")],
)
def test_a_videos_transparency_is_the_outline(tmp_path: Path, name: str, codec: str, pixels: str) -> None:
    av = pytest.importorskip("av")
    frames = film([15.0 * i for i in range(24)])
    with av.open(str(tmp_path / name), "w") as container:
        stream = container.add_stream(codec, rate=24)
        stream.width, stream.height = frames[0].size
        stream.pix_fmt = pixels
        for frame in frames:
            inside = (np.asarray(frame) < 250).any(-1)
            data = np.dstack([np.where(inside[..., None], frame, 90), 255 * inside]).astype(np.uint8)
            picture = av.VideoFrame.from_ndarray(np.ascontiguousarray(data), format="rgba")
            container.mux(stream.encode(picture.reformat(format=pixels)))
        container.mux(stream.encode())
    shots = read(tmp_path / name)
    assert len(shots.alpha) == 24 and all(alpha is not None and alpha[0, 0] < 0.1 for alpha in shots.alpha)
    inside = (np.asarray(frames[5]) < 250).any(-1)
    seen = shots.alpha[5]
    assert seen is not None and ((seen > 0.5) != inside).mean() < 0.02


def read(path: Path, cameras: Path | None = None) -> Shots:
    return read_film(path, cameras, 10.0, Progress(), 576)


def worst_error(shots: Shots, azimuths: Sequence[float]) -> float:
    """Degrees between where frames are said to be and where they are, a common turn aside."""
    numbers = [int(name.split()[1]) for name in shots.names]
    off = [
        (view.azimuth - azimuths[n] + 180) % 360 - 180 for view, n in zip(shots.described.views, numbers, strict=True)
    ]
    return float(np.abs(np.array(off) - np.median(off)).max())


@pytest.mark.parametrize("kind", ["gif", "webp", "mp4", "mov", "webm"])
def test_every_kind_of_film_is_read_as_it_was_saved(tmp_path: Path, kind: str) -> None:
    frames = film([360 * (i + 1) / 21 for i in range(21)])
    path = tmp_path / f"turn.{kind}"
    shots = read((animation if kind in ("gif", "webp") else video)(frames, path))
    assert [view.azimuth for view in shots.described.views] == pytest.approx(
        [360 * (i + 1) / 21 % 360 for i in range(21)]
    )
    assert shots.summary == f"21 of the 21 frames of turn.{kind}." and shots.notes == ()
    assert np.abs(np.stack(shots.rgb) - np.stack([np.asarray(f) / 255 for f in frames])).mean() < 0.02


def test_of_a_long_film_frames_are_picked_evenly(tmp_path: Path) -> None:
    angles = [3 * i for i in range(120)]
    shots = read(video(film(angles), tmp_path / "a.mp4"))
    assert len(shots.rgb) == 36 and shots.notes == ()
    assert worst_error(shots, angles) < 2
    steps = np.diff([view.azimuth for view in shots.described.views])
    assert steps.min() > 8 and steps.max() < 13


def test_an_object_that_turns_more_than_once_is_taken_once(tmp_path: Path) -> None:
    angles = [6 * i for i in range(150)]
    shots = read(video(film(angles), tmp_path / "a.mp4"))
    assert shots.notes == ("The object has turned once by frame 60; the rest is left out.",)
    assert worst_error(shots, angles) < 2


def test_an_object_that_looks_alike_from_behind_is_turned_wholly(tmp_path: Path) -> None:
    angles = [10 * i for i in range(36)]
    shots = read(animation(film(angles, balls=TWO_SIDED), tmp_path / "a.gif"))
    assert len(shots.rgb) == 36 and worst_error(shots, angles) < 0.1 and not shots.doubts


def test_half_a_turn_is_told_as_doubtful(tmp_path: Path) -> None:
    angles = [6 * i for i in range(31)]
    shots = read(animation(film(angles), tmp_path / "a.gif"))
    assert worst_error(shots, angles) < 8, "it would be 90 if it were thought to be a whole turn"
    assert "only: what it looks like from the other sides will be made up" in shots.doubts[0]


def test_the_way_back_is_left_out(tmp_path: Path) -> None:
    angles = [12 * i for i in range(30)]
    shots = read(animation(film(angles + angles[-2::-1]), tmp_path / "a.gif"))
    assert shots.notes == ("The object turns one way and then back: frames 1 to 30 are used.",)
    assert worst_error(shots, angles) < 0.1


def test_a_title_is_left_out(tmp_path: Path) -> None:
    angles = [0] * 12 + [10 * i for i in range(36)]
    title = [Image.new("RGB", (96, 96), "#102040")] * 12
    shots = read(video(title + film(angles[12:]), tmp_path / "a.mp4"))
    assert "frames 13 to 48 are used" in shots.notes[0] and worst_error(shots, angles) < 0.1


def test_a_slideshow_of_eight_pictures_is_an_orbit(tmp_path: Path) -> None:
    angles = [45 * (i // 6) for i in range(48)]
    shots = read(video(film(angles), tmp_path / "a.mp4"))
    assert len(shots.rgb) == 8 and worst_error(shots, angles) < 0.1


def test_a_first_picture_that_comes_again_is_taken_once(tmp_path: Path) -> None:
    angles = [15 * i for i in range(25)]
    shots = read(animation(film(angles), tmp_path / "a.gif"))
    assert len(shots.rgb) == 24 and worst_error(shots, angles) < 0.1


def test_pauses_and_doubled_frames_are_left_out(tmp_path: Path) -> None:
    angles = [0] * 20 + [9 * (i // 2) for i in range(80)] + [351] * 15
    shots = read(video(film(angles), tmp_path / "a.mp4"))
    assert len(shots.rgb) == 40 and worst_error(shots, angles) < 0.1


def test_a_turn_that_begins_and_ends_gently_is_taken_by_angle(tmp_path: Path) -> None:
    time = np.arange(120) / 120
    angles = 360 * time**2 * (3 - 2 * time)
    shots = read(video(film(angles), tmp_path / "a.mp4"))
    assert "does not turn steadily" in shots.notes[-1]
    assert worst_error(shots, angles) < 6, "it would be 35 if it were thought to be steady"


def test_a_film_that_does_not_close_says_so(tmp_path: Path) -> None:
    """Where no outline tells how far it goes."""
    wall = Image.effect_noise((96, 96), 90).convert("RGB")
    frames = [
        Image.composite(wall, frame, frame.convert("L").point(lambda v: 255 * (v > 250)))
        for frame in film([2.5 * i for i in range(90)])
    ]
    shots = read(animation(frames, tmp_path / "a.webp"))
    assert "does not come back to its beginning" in shots.notes[0]


def test_of_a_wide_film_the_middle_square_is_used(tmp_path: Path) -> None:
    wide = []
    for frame in film([15 * i for i in range(24)]):
        wide.append(Image.new("RGB", (160, 96), "white"))
        wide[-1].paste(frame, (32, 0))
    shots = read(video(wide, tmp_path / "a.mp4"))
    assert film_size(tmp_path / "a.mp4") == (160, 96)
    assert shots.rgb[0].shape == (96, 96, 3) and "160 × 96 pixels: its middle square" in shots.notes[0]


def test_a_transparent_film_keeps_its_alpha(tmp_path: Path) -> None:
    frames = []
    for frame in film([15 * i for i in range(24)]):
        frames.append(frame.convert("RGBA"))
        frames[-1].putalpha(frame.convert("L").point(lambda value: 255 * (value < 250)))
    shots = read(animation(frames, tmp_path / "a.webp"))
    assert all(alpha is not None and 0 < (alpha > 0.5).mean() < 0.5 for alpha in shots.alpha)


def test_a_film_becomes_a_jobs_frames(tmp_path: Path) -> None:
    path = animation(film([15 * i for i in range(24)]), tmp_path / "a.gif")
    made = prepare_frames(path, None, 10.0, tmp_path / "job", Progress(), 576)
    assert made.chosen == "24 of the 24 frames of a.gif." and len(made.orbit.views) == 24


def test_cameras_of_a_film_have_to_be_as_many(tmp_path: Path) -> None:
    path = animation(film([15 * i for i in range(24)]), tmp_path / "a.gif")
    views = tuple(View(f"{i:03d}.png", 5.0, 15.0 * i) for i in range(24))
    write_cameras(CameraFile(30.0, None, views), tmp_path / "all.json")
    write_cameras(CameraFile(30.0, None, views[:-1]), tmp_path / "less.json")
    assert read(path, tmp_path / "all.json").described.views == views
    with pytest.raises(UserError, match=r"lists 23 frames, but the film a\.gif has 24"):
        read(path, tmp_path / "less.json")


def test_what_is_no_orbit_is_refused_by_name(tmp_path: Path) -> None:
    still = film([0] * 12)
    with pytest.raises(UserError, match="does not turn"):
        read(video(still, tmp_path / "still.mp4"))
    film([0])[0].save(tmp_path / "one.gif")
    with pytest.raises(UserError, match=r"one\.gif holds 1 picture: it is no orbit"):
        read(tmp_path / "one.gif")
    (tmp_path / "bad.mp4").write_bytes(b"no film" * 100)
    with pytest.raises(UserError, match=r"bad\.mp4 cannot be read"):
        read(tmp_path / "bad.mp4")


def test_a_video_without_its_decoder_says_how_to_get_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "a.mp4").write_bytes(b"a film")
    monkeypatch.setitem(sys.modules, "av", None)
    with pytest.raises(UserError, match="av, is not installed") as error:
        read(tmp_path / "a.mp4")
    assert "pip install av" in error.value.remedy


@pytest.mark.parametrize("name", ["notes.txt", "model.glb", "cameras.json"])
def test_a_file_that_is_no_film_is_called_so(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text("{}")
    with pytest.raises(UserError, match=rf"{name} is no film and no folder of frames.*MP4, MOV"):
        prepare_frames(tmp_path / name, None, 10.0, tmp_path / "out", Progress(), 128)


def test_a_film_that_is_not_there_is_no_folder(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"There is no film .*turn\.mp4"):
        prepare_frames(tmp_path / "turn.mp4", None, 10.0, tmp_path / "out", Progress(), 128)


def test_a_broken_film_is_called_so(tmp_path: Path) -> None:
    pytest.importorskip("av")
    (tmp_path / "turn.mp4").write_text("no film")
    with pytest.raises(UserError, match=r"film turn\.mp4 cannot be read: it is damaged"):
        prepare_frames(tmp_path / "turn.mp4", None, 10.0, tmp_path / "out", Progress(), 128)


def test_a_very_slow_film_is_not_taken_for_one_with_pauses(tmp_path: Path) -> None:
    angles = [0.75 * i for i in range(480)]
    shots = read(video(film(angles), tmp_path / "a.mp4"))
    assert len(shots.rgb) == 36 and worst_error(shots, angles) < 3
