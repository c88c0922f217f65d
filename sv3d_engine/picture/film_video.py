"""The frames of a video as it is looked at: upright, with square pixels, without combs, its transparency kept."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from ..shared.errors import UserError
from ..shared.frame_names import FILM_KINDS

_WITH_ALPHA = {"vp8": "libvpx", "vp9": "libvpx-vp9"}  # decoders by the codec's name
_COVER = 1024  # FFmpeg's AV_DISPOSITION_ATTACHED_PIC: a picture on the film's cover
_HDR = {16: "PQ", 18: "HLG"}  # transfer characteristics of ITU-T H.273
_HDR_NOTE = (
    "The film is HDR ({}), and its colours are read as if it were not: they come out pale. Record or export it as SDR "
    "for the right ones."
)
_BREAKS_OFF = "The film breaks off after {:.1f} of {:.1f} seconds: it is damaged, or was not copied to its end."
_WHOLE = 0.9  # of what a film says it lasts: less is broken off


@dataclass(frozen=True)
class Frame:
    """One frame of a film."""

    image: Image.Image  # RGB or RGBA
    seconds: float  # at which it is shown
    notes: tuple[str, ...] = ()  # what is out of the common with its kind: sentences


def video_frames(path: Path, what: str, reader: str) -> Iterator[Frame]:
    """Each frame, read by FFmpeg's ``reader``.  Raises UserError about ``what``."""
    with _video(path, what, reader) as container:
        streams = [stream for stream in container.streams.video if not stream.disposition.value & _COVER]
        if not streams:
            raise UserError(f"{what} holds no pictures.", f"Choose another; {FILM_KINDS} can be read.")
        stream = max(streams, key=lambda one: one.width * one.height)
        stream.thread_type = "AUTO"
        lasts = _lasts(stream)
        before: Frame | None = None  # the last one alone tells whether the film breaks off
        seconds = 0.0
        for frame in _decoded(container, stream):
            if before is not None:
                yield before
            seconds = float(frame.time) if frame.time is not None else seconds + 1.0
            hdr = _HDR.get(int(frame.color_trc or 0))
            before = Frame(_upright(frame, stream), seconds, (_HDR_NOTE.format(hdr),) if hdr else ())
        if before is not None:
            cut = lasts is not None and seconds < _WHOLE * lasts
            yield Frame(before.image, seconds, (*before.notes, *([_BREAKS_OFF.format(seconds, lasts)] if cut else [])))


def _lasts(stream: Any) -> float | None:
    """How many seconds a stream says that it lasts."""
    if stream.duration is not None and stream.time_base:
        return float(stream.duration * stream.time_base)
    told = stream.metadata.get("DURATION", "").split(":")  # as Matroska has it: 00:00:04.000000000
    try:
        hours, minutes, seconds = map(float, told)
    except ValueError:
        return None
    return 3600 * hours + 60 * minutes + seconds


def _upright(frame: Any, stream: Any) -> Image.Image:
    transparent = any(part.is_alpha for part in frame.format.components)
    image = Image.fromarray(frame.to_ndarray(format="rgba" if transparent else "rgb24"))
    width, height = image.size
    if frame.interlaced_frame:  # two moments, row by row: the first one's rows alone
        image = Image.fromarray(np.asarray(image)[::2])
    shape = stream.sample_aspect_ratio
    if shape and shape != 1:  # pixels that are not square
        width = max(1, round(width * float(shape)))
    if image.size != (width, height):
        image = image.resize((width, height), Image.Resampling.BILINEAR)
    return image.rotate(frame.rotation, expand=True) if frame.rotation else image


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
def _video(path: Path, what: str, reader: str) -> Iterator[Any]:
    try:
        import av
    except ImportError as error:
        raise UserError(
            f"{what} is a video, and the package that reads videos, av, is not installed.",
            "Press Update or Repair in the SV3D preferences (on the command line: pip install av), or save the film "
            "as single pictures or an animated GIF.",
            str(error),
        ) from error
    try:
        with av.open(str(path), format=reader, options={"protocol_whitelist": "file"}) as container:
            yield container
    except av.FFmpegError as error:
        raise UserError(
            f"{what} cannot be read: it is damaged, not complete, or of a kind that is not known.",
            "Copy it again, or save it again as MP4 (H.264) or as single pictures.",
            str(error),
        ) from error
