"""The frames of a film or an animated picture, one after the other, as squares."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from PIL import Image

from ..shared.errors import UserError
from ..shared.frame_names import ARCHIVES, FILM_KINDS, is_picture
from .read import opened

MOST_FRAMES = 20_000
_LARGEST = 8192  # pixels a side
# Each kind by its own reader: others follow what a file names, also to other files and addresses.
_READERS = {".mp4": "mov", ".m4v": "mov", ".mov": "mov", ".webm": "matroska", ".mkv": "matroska", ".avi": "avi"}

_WITH_ALPHA = {"vp8": "libvpx", "vp9": "libvpx-vp9"}  # decoders by the codec's name


def film_frames(path: Path) -> Iterator[Image.Image]:
    """Each frame's middle square, RGB or RGBA, upright.  Raises UserError for a file that is no film."""
    what = f"The film {path.name}"
    frames = _of_video(path, what) if path.suffix.lower() in _READERS else _of_animation(path, what)
    for count, frame in enumerate(frames, start=1):
        if count > MOST_FRAMES:
            raise UserError(f"{what} has more than {MOST_FRAMES} frames.", "Cut it to one turn of the object.")
        if max(frame.size) > _LARGEST:
            raise UserError(
                f"{what} is too large: {frame.width} × {frame.height} pixels.",
                f"Scale it down to at most {_LARGEST} pixels a side.",
            )
        yield _middle(frame)


def film_size(path: Path) -> tuple[int, int]:
    """Width and height of a film's frames in pixels.  Raises UserError."""
    what = f"The film {path.name}"
    frames = _of_video(path, what) if path.suffix.lower() in _READERS else _of_animation(path, what)
    for frame in frames:
        return frame.size
    raise _no_film(what)


def _middle(frame: Image.Image) -> Image.Image:
    side = min(frame.size)
    left, top = (frame.width - side) // 2, (frame.height - side) // 2
    return frame.crop((left, top, left + side, top + side))


def _of_animation(path: Path, what: str) -> Iterator[Image.Image]:
    if path.suffix.lower() in ARCHIVES:
        raise UserError(
            f"{path.name} is an archive, no film and no folder of frames.",
            "Unpack it, and choose the folder of its pictures.",
        )
    if not is_picture(path.name):
        raise UserError(
            f"{path.name} is no film and no folder of frames.",
            f"Choose the folder that holds the frames, or a film: {FILM_KINDS} can be read.",
        )
    with opened(path, what) as image:
        for number in range(getattr(image, "n_frames", 1)):
            image.seek(number)
            yield image.convert("RGBA" if image.has_transparency_data else "RGB")


def _of_video(path: Path, what: str) -> Iterator[Image.Image]:
    with _video(path, what) as container:
        if not container.streams.video:
            raise _no_film(what)
        stream = container.streams.video[0]
        stream.thread_type = "AUTO"
        for frame in _decoded(container, stream):
            transparent = any(part.is_alpha for part in frame.format.components)
            image = Image.fromarray(frame.to_ndarray(format="rgba" if transparent else "rgb24"))
            yield image.rotate(frame.rotation, expand=True) if frame.rotation else image


def _decoded(container: Any, stream: Any) -> Iterator[Any]:
    """The stream's frames; the transparency of WebM, which FFmpeg's own decoders leave out, by those that know it."""
    name = _WITH_ALPHA.get(stream.codec_context.name) if stream.metadata.get("alpha_mode") == "1" else None
    if name is None:
        yield from container.decode(stream)
        return
    from av import CodecContext

    decoder: Any = CodecContext.create(name, "r")
    decoder.extradata = stream.codec_context.extradata
    for packet in container.demux(stream):
        yield from decoder.decode(packet)


@contextmanager
def _video(path: Path, what: str) -> Iterator[Any]:
    try:
        import av
    except ImportError as error:
        raise UserError(
            f"{what} is a video, and the package that reads videos, av, is not installed.",
            "Press Update or Repair in the SV3D preferences (on the command line: pip install av), or save the film "
            "as single pictures or an animated GIF.",
            str(error),
        ) from error
    reader = _READERS[path.suffix.lower()]
    try:
        with av.open(str(path), format=reader, options={"protocol_whitelist": "file"}) as container:
            yield container
    except av.FFmpegError as error:
        raise UserError(
            f"{what} cannot be read: it is damaged, or of a kind that is not known.",
            "Save it again as MP4 (H.264), or as single pictures.",
            str(error),
        ) from error


def _no_film(what: str) -> UserError:
    return UserError(f"{what} holds no pictures.", f"Choose another; {FILM_KINDS} can be read.")
