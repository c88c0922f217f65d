"""The frames of a film or an animated picture, one after the other, as squares."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from PIL import Image

from ..shared.errors import UserError
from ..shared.frame_names import ANIMATION_SUFFIXES, ARCHIVES, FILM_KINDS, FILM_SUFFIXES, is_picture
from .film_video import Frame, video_frames
from .read import opened

MOST_FRAMES = 20_000
_LARGEST = 8192  # pixels a side
_MILLISECOND = 1e-3
_USUAL_SECONDS = 0.1  # of an animation's frame that does not say how long it is shown


@dataclass(frozen=True)
class FilmFrame:
    """One frame of a film."""

    image: Image.Image  # RGB or RGBA, upright, square
    full: tuple[int, int]  # width and height of the whole frame
    seconds: float  # at which it is shown
    notes: tuple[str, ...] = ()  # what is out of the common with the film's kind: sentences


def film_frames(path: Path) -> Iterator[FilmFrame]:
    """Each frame's middle square.  Raises UserError for a file that is no film."""
    what = f"The film {path.name}"
    for count, frame in enumerate(_frames(path, what), start=1):
        image = frame.image
        if count > MOST_FRAMES:
            raise UserError(f"{what} has more than {MOST_FRAMES} frames.", "Cut it to one turn of the object.")
        if max(image.size) > _LARGEST:
            raise UserError(
                f"{what} is too large: {image.width} × {image.height} pixels.",
                f"Scale it down to at most {_LARGEST} pixels a side.",
            )
        yield FilmFrame(_middle(image), image.size, frame.seconds, frame.notes)


def film_size(path: Path) -> tuple[int, int]:
    """Width and height of a film's frames in pixels.  Raises UserError."""
    for frame in _frames(path, f"The film {path.name}"):
        return frame.image.size
    raise UserError(f"The film {path.name} holds no pictures.", f"Choose another; {FILM_KINDS} can be read.")


def _middle(frame: Image.Image) -> Image.Image:
    side = min(frame.size)
    left, top = (frame.width - side) // 2, (frame.height - side) // 2
    return frame.crop((left, top, left + side, top + side))


def _frames(path: Path, what: str) -> Iterator[Frame]:
    """By what the file holds, whatever its name ends in."""
    if path.suffix.lower() in ARCHIVES:
        raise UserError(
            f"{path.name} is an archive, no film and no folder of frames.",
            "Unpack it, and choose the folder of its pictures.",
        )
    if path.suffix.lower() not in (*FILM_SUFFIXES, *ANIMATION_SUFFIXES) and not is_picture(path.name):
        raise UserError(
            f"{path.name} is no film and no folder of frames.",
            f"Choose the folder that holds the frames, or a film: {FILM_KINDS} can be read.",
        )
    with path.open("rb") as stream:
        head = stream.read(32)
    if not head:
        raise UserError(f"{what} is empty: it has no bytes.", "Copy or export it again.")
    reader = _reader(head)
    if reader is None and path.suffix.lower() in FILM_SUFFIXES and not _is_animation(head):
        reader = _BY_SUFFIX[path.suffix.lower()]  # to be told what is wrong with it
    return _of_animation(path, what) if reader is None else video_frames(path, what, reader)


# Each kind by its own reader: others follow what a file names, also to other files and addresses.
_BY_SUFFIX = {".mp4": "mov", ".m4v": "mov", ".mov": "mov", ".webm": "matroska", ".mkv": "matroska", ".avi": "avi"}
_PICTURE_BRANDS = frozenset({b"avif", b"avis", b"heic", b"heix", b"hevc", b"hevx", b"heim", b"heis", b"mif1", b"msf1"})


def _reader(head: bytes) -> str | None:
    """What reads a video that begins so; None where it is none."""
    if head[4:8] == b"ftyp":
        return None if head[8:12] in _PICTURE_BRANDS else "mov"
    if head[4:8] in (b"moov", b"mdat", b"wide", b"free", b"skip"):
        return "mov"  # as old cameras write it
    if head.startswith(b"\x1aE\xdf\xa3"):
        return "matroska"
    return "avi" if head.startswith(b"RIFF") and head[8:12] == b"AVI " else None


def _is_animation(head: bytes) -> bool:
    return head.startswith((b"GIF8", b"\x89PNG")) or (head.startswith(b"RIFF") and head[8:12] == b"WEBP")


def _of_animation(path: Path, what: str) -> Iterator[Frame]:
    seconds, number = 0.0, 0
    try:
        with opened(path, what) as image:
            for number in range(getattr(image, "n_frames", 1)):
                image.seek(number)
                picture = image.convert("RGBA" if image.has_transparency_data else "RGB")
                if number or not image.info.get("default_image"):  # else shown only where the rest cannot be
                    yield Frame(picture, seconds)
                seconds += image.info.get("duration", 0) * _MILLISECOND or _USUAL_SECONDS
    except UserError as error:
        if not number and error.cause != f"{what} cannot be read.":
            raise  # it is something else than a film
        cause = f"{what} breaks off after {number or 'no'} frames: it is damaged, or not complete."
        raise UserError(cause, "Copy or export it again.", error.details or error.cause) from error
