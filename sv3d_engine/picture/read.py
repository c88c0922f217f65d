"""One picture file to sRGB with alpha, whatever the artist's program wrote."""

import io
import struct
import warnings
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import ExifTags, Image, ImageCms, ImageOps, UnidentifiedImageError

from ..shared.errors import UserError, explain, out_of_memory
from ..shared.system_errors import is_plain, system_number

MAX_SIDE = 16384
# Told by content whatever the name ends in; no others, as Pillow would hand an EPS to Ghostscript.
FORMATS = ("PNG", "JPEG", "WEBP", "TIFF", "BMP", "GIF", "TGA", "AVIF")
READABLE = "PNG, JPEG, WebP, TIFF, BMP, TGA, GIF, AVIF and HEIC"
_HEIC_BRANDS = frozenset({b"heic", b"heix", b"hevc", b"hevx", b"heim", b"heis", b"mif1", b"msf1"})
# What files that cannot be read begin with, whatever their names end in.
_OTHER_KINDS = (
    (b"P1 P2 P3 P4 P5 P6 P7".split(), "a PPM"),
    ([b"v/1\x01"], "an EXR"),
    ([b"8BPS"], "a PSD"),
    ([b"#?"], "an HDR"),
    ([b"\xff\x0a", b"\0\0\0\x0cJXL "], "a JPEG XL"),
    ([b"\0\0\0\x0cjP  ", b"\xff\x4f\xff\x51"], "a JPEG 2000"),
    ([b"%PDF"], "a PDF"),
    ([b"PK\x03\x04", b"Rar!", b"7z\xbc\xaf"], "an archive, to be unpacked first"),
    ([b"<"], "a web page or a drawing of lines (SVG)"),
)
_LYING = frozenset({5, 6, 7, 8})  # orientations in EXIF that swap the sides
# All that Pillow's readers have been seen to raise for damaged files.
_DAMAGED = (OSError, SyntaxError, ValueError, EOFError, IndexError, RuntimeError, struct.error, zlib.error)
_SCALABLE = frozenset({"L", "LA", "RGB", "RGBA", "CMYK"})  # Pillow's modes whose values may be averaged


@dataclass(frozen=True)
class Picture:
    """sRGB in [0, 1] and straight alpha, or None where the file has no transparency."""

    rgb: NDArray[np.float32]  # (H, W, 3)
    alpha: NDArray[np.float32] | None  # (H, W)
    full: tuple[int, int] | None = None  # upright width and height in pixels, if it has been reduced from these


def read_picture(path: Path, longest: int) -> Picture:
    """Read a picture of any aspect and up to 16384² pixels, reduced to ``longest`` a side at most.  Raises UserError.

    Grey, palette, CMYK, 16-bit and rotated (EXIF) files are converted; an alpha channel that is opaque throughout
    counts as none.  Of an animation the first frame is read.
    """
    what = f"The picture {path.name}"
    with opened(path, what) as image:
        if max(image.size) > MAX_SIDE:
            raise UserError(
                f"{what} is too large: {image.width} × {image.height} pixels.",
                f"Scale it down to at most {MAX_SIDE} pixels a side.",
            )
        return decoded(image, what, longest)


@contextmanager
def opened(path: Path, what: str) -> Iterator[Image.Image]:
    """The picture with its header read and its pixels not yet, so that its size can be judged first.

    Whatever goes wrong with the file inside the ``with`` comes out as a UserError about ``what``.
    """
    try:
        formats = (*FORMATS, *(["HEIF"] if _is_heic(path) and _decodes_heic(what) else []))
        with _any_size(), Image.open(path, formats=formats) as image:
            yield image
    except FileNotFoundError:
        raise UserError(f"{what} is missing from {path.parent}.", "Put it back, then resume the job.") from None
    except _DAMAGED as error:
        if (number := system_number(error)) is not None and is_plain(number):
            raise explain(error) from error  # the disk's fault, not the file's
        if out_of_memory(error):
            raise
        if isinstance(error, UnidentifiedImageError):
            raise UserError(
                f"{what} cannot be read: it is {_kind_of(path) or 'no picture, or damaged'}.",
                f"Save it again as a PNG. {READABLE} can be read.",
                str(error),
            ) from error
        raise UserError(f"{what} cannot be read.", "Save it again as an 8-bit PNG.", str(error)) from error


def _kind_of(path: Path) -> str:
    """What an unreadable file is, as far as its beginning tells; "" if it does not."""
    with path.open("rb") as stream:
        head = stream.read(16).lstrip()
    if not head:
        return "empty"
    return next((kind for starts, kind in _OTHER_KINDS if head.startswith(tuple(starts))), "")


def _is_heic(path: Path) -> bool:
    with path.open("rb") as stream:
        head = stream.read(12)
    return head[4:8] == b"ftyp" and head[8:12] in _HEIC_BRANDS


def _decodes_heic(what: str) -> bool:
    """Bring in the decoder.  Raises UserError where it is not installed."""
    try:
        import pillow_heif
    except ImportError as error:
        raise UserError(
            f"{what} is a HEIC, and the package that reads such pictures, pillow-heif, is not installed.",
            "Press Update or Repair in the SV3D preferences (on the command line: pip install pillow-heif), or save "
            "the picture as a PNG.",
            str(error),
        ) from error
    pillow_heif.register_heif_opener()
    return True


def decoded(image: Image.Image, what: str, longest: int | None = None) -> Picture:
    """All pixels of an opened picture, upright, reduced to ``longest`` a side where it is larger.

    Raises UserError about ``what`` for values that are no colours of a screen, and Pillow's own errors.
    """
    full = _upright_size(image)
    if longest:
        image.draft(None, (longest, longest))  # a JPEG can be decoded at a half, a quarter, an eighth
    image = _eight_bit(ImageOps.exif_transpose(image), what)
    if image.mode not in _SCALABLE or "transparency" in image.info:
        image = image.convert("RGBA")
    if longest and max(image.size) > longest:
        image = _reduced(image, longest)
    return replace(_split(_to_srgb(image).convert("RGBA")), full=full if full != image.size else None)


@contextmanager
def _any_size() -> Iterator[None]:
    """Pillow's own limit put aside: whoever opens a picture here checks its size before decoding it."""
    limit, Image.MAX_IMAGE_PIXELS = Image.MAX_IMAGE_PIXELS, None
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)  # on metadata that does not matter here
            yield
    finally:
        Image.MAX_IMAGE_PIXELS = limit


def _upright_size(image: Image.Image) -> tuple[int, int]:
    """Width and height as the picture is looked at, whatever way the camera was held."""
    lies = image.getexif().get(ExifTags.Base.Orientation) in _LYING
    return (image.height, image.width) if lies else image.size


def _eight_bit(image: Image.Image, what: str) -> Image.Image:
    """Deep grey scaled to 8 bits, where Pillow would clip it at 255; all else as it is."""
    if image.mode == "F":
        raise _unsupported(what, "floating-point")
    if not image.mode.startswith("I"):
        return image
    values = np.asarray(image)
    if values.min() < 0 or values.max() > 65535:
        raise _unsupported(what, "32-bit")
    return Image.fromarray(((values.astype(np.uint32) + 128) // 257).astype(np.uint8))


def _unsupported(what: str, kind: str) -> UserError:
    return UserError(f"{what} is a {kind} picture.", "Save it as an 8-bit or 16-bit PNG.")


def _reduced(image: Image.Image, longest: int) -> Image.Image:
    """Scaled so that the longer side is ``longest``; Pillow premultiplies where there is alpha."""
    scale = longest / max(image.size)
    width, height = (max(1, round(side * scale)) for side in image.size)
    return image.resize((width, height), Image.Resampling.BICUBIC, reducing_gap=2.0)


def _to_srgb(image: Image.Image) -> Image.Image:
    """Apply an embedded colour profile, where it says anything but sRGB."""
    profile = image.info.get("icc_profile")
    if not profile or image.mode not in {"RGB", "RGBA", "CMYK"}:
        return image
    output = "RGBA" if image.mode == "RGBA" else "RGB"
    try:
        source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        if "srgb" in ImageCms.getProfileDescription(source).lower():
            return image
        converted = ImageCms.profileToProfile(image, source, ImageCms.createProfile("sRGB"), outputMode=output)
    except (ImageCms.PyCMSError, OSError):
        return image  # a damaged profile is no reason to refuse the picture: programs show it without, too
    return converted if converted is not None else image


def _split(image: Image.Image) -> Picture:
    rgba = np.asarray(image, dtype=np.float32) / np.float32(255)
    alpha = rgba[..., 3]
    return Picture(rgba[..., :3].copy(), None if alpha.min() == 1 else alpha.copy())
