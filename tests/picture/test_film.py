"""Films as they are looked at, whatever their pixels, their names and what else is in them."""

from collections.abc import Callable, Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from sv3d_engine.picture.film import film_frames, film_size
from sv3d_engine.shared.errors import UserError


def pictures(count: int = 8, size: tuple[int, int] = (96, 64)) -> list[Image.Image]:
    """A red bar on top of white, and a black one that wanders."""
    found = []
    for i in range(count):
        picture = Image.new("RGB", size, "white")
        picture.paste("red", (0, 0, size[0], size[1] // 4))
        picture.paste("black", (4 * i, size[1] // 2, 4 * i + 16, size[1]))
        found.append(picture)
    return found


def video(
    path: Path,
    frames: Sequence[Image.Image],
    codec: str = "libx264",
    set_up: Callable[[Any], None] = lambda stream: None,
    **options: str,
) -> Path:
    av = pytest.importorskip("av")
    with av.open(str(path), "w", format=options.pop("kind", None)) as container:
        stream = container.add_stream(codec, rate=24, options=options)
        stream.width, stream.height = frames[0].size
        stream.pix_fmt = "yuv420p"
        set_up(stream)
        for frame in frames:
            container.mux(stream.encode(av.VideoFrame.from_image(frame)))
        container.mux(stream.encode())
    return path


def test_a_phone_held_upright(tmp_path: Path) -> None:
    lying = [picture.transpose(Image.Transpose.ROTATE_90) for picture in pictures()]
    path = video(tmp_path / "a.mp4", lying, set_up=lambda stream: stream.set_display_rotation(90))
    assert film_size(path) == (96, 64)
    assert next(film_frames(path)).image.getpixel((32, 4))[0] > 200, "the red bar is on top"


def test_pixels_that_are_not_square(tmp_path: Path) -> None:
    def wide(stream: Any) -> None:
        stream.codec_context.sample_aspect_ratio = Fraction(3, 2)

    assert film_size(video(tmp_path / "a.mp4", pictures(size=(64, 64)), set_up=wide)) == (96, 64)


def test_of_two_moments_in_one_frame_the_first_is_taken(tmp_path: Path) -> None:
    combed = []
    for picture in pictures(size=(64, 64)):
        rows = np.array(picture)
        rows[33::2] = 0
        combed.append(Image.fromarray(rows))
    path = video(tmp_path / "a.mp4", combed, flags="+ildct+ilme", **{"x264-params": "tff=1", "crf": "1"})
    frame = np.asarray(next(film_frames(path)).image)[40:60, 32:]
    assert frame.min() > 200, "the second moment is black there"


def test_colours_of_hdr_are_told(tmp_path: Path) -> None:
    def hlg(stream: Any) -> None:
        stream.codec_context.color_trc = 18

    (note,) = next(film_frames(video(tmp_path / "a.mp4", pictures(), set_up=hlg))).notes
    assert "HDR (HLG)" in note and "SDR" in note
    assert next(film_frames(video(tmp_path / "b.mp4", pictures()))).notes == ()


@pytest.mark.parametrize(("kind", "name"), [("mp4", "a.gif"), ("webm", "a.mp4"), ("avi", "a.mov"), ("gif", "a.mp4")])
def test_a_film_is_known_by_what_it_holds(tmp_path: Path, kind: str, name: str) -> None:
    frames = pictures()
    if kind == "gif":
        frames[0].save(tmp_path / name, "GIF", save_all=True, append_images=frames[1:])
    else:
        video(tmp_path / name, frames, {"webm": "libvpx-vp9", "avi": "mpeg4"}.get(kind, "libx264"), kind=kind)
    assert len(list(film_frames(tmp_path / name))) == 8 and film_size(tmp_path / name) == (96, 64)


def test_times_are_those_at_which_frames_are_shown(tmp_path: Path) -> None:
    frames = pictures(4)
    frames[0].save(tmp_path / "a.gif", save_all=True, append_images=frames[1:], duration=[100, 300, 50, 100])
    assert [frame.seconds for frame in film_frames(tmp_path / "a.gif")] == pytest.approx([0, 0.1, 0.4, 0.45])
    video(tmp_path / "a.mp4", frames)
    assert [frame.seconds for frame in film_frames(tmp_path / "a.mp4")] == pytest.approx([0, 1 / 24, 2 / 24, 3 / 24])


@pytest.mark.parametrize("name", ["a.png", "a.apng"])
def test_a_picture_for_programs_that_show_no_animation_is_no_frame(tmp_path: Path, name: str) -> None:
    frames = pictures()
    cover = Image.new("RGB", frames[0].size, "blue")
    cover.save(tmp_path / name, "PNG", save_all=True, append_images=frames, default_image=True)
    first = next(film_frames(tmp_path / name)).image
    assert len(list(film_frames(tmp_path / name))) == 8 and first.getpixel((0, 0)) == (255, 0, 0)


def test_a_film_that_breaks_off_says_so(tmp_path: Path) -> None:
    frames = pictures(12)
    for name in ("a.gif", "a.webp"):
        frames[0].save(tmp_path / name, save_all=True, append_images=frames[1:], lossless=True)
        whole = (tmp_path / name).read_bytes()
        (tmp_path / name).write_bytes(whole[: len(whole) * 2 // 3])
        with pytest.raises(UserError, match=rf"The film {name} breaks off after .* frames") as error:
            list(film_frames(tmp_path / name))
        assert error.value.remedy == "Copy or export it again."
    path = video(tmp_path / "a.mkv", pictures(48), **{"g": "1", "crf": "1"})
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    *_, last = film_frames(path)
    assert "breaks off after" in last.notes[0] and "of 2.0 seconds" in last.notes[0]


def test_an_empty_file_is_called_so(tmp_path: Path) -> None:
    for name in ("a.mp4", "a.gif"):
        (tmp_path / name).touch()
        with pytest.raises(UserError, match=f"The film {name} is empty"):
            film_size(tmp_path / name)
