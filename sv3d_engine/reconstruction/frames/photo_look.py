"""One photograph with another tool's camera: read, cut out, and how it was taken."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import ExifTags

from ...orbit.photographs import Photograph, Photographs
from ...picture.background_model import cut_with_model, find_model
from ...picture.given_alpha import checked_alpha, looks_inverted, without_opaque
from ...picture.matte import NotPlain, border, matte
from ...picture.read import Picture, decoded, opened
from ...shared.errors import UserError
from .matting import open_in_the_middle
from .reading import MAX_SIDE, MIN_SIDE, read_mask
from .rephotograph import CLOCKWISE, COUNTER, HALFWAY, Taken
from .shots import Image, is_inverted

Array = NDArray[np.float64]

_SMALL = 384  # pixels along the longer side of a picture in which the object is looked for


@dataclass(frozen=True)
class Look:
    """What a first look at a photograph tells."""

    view: Photograph
    file: str
    mask: str | None
    taken: Taken
    outline: Array | None  # (K, 2) pixels on the object's outline, as it is shown; None where it is not told
    inverted: bool  # whether its mask, or its own alpha, clearly hides the object instead of what is round it
    framed: bool  # whether it shows most of the photograph's border, and so is turned if the others are inverted
    turned: bool  # whether that is taken the other way round


def look_at(
    view: Photograph, folder: Path, file: str, mask: str | None, told: Photographs, *, turned: bool = False
) -> Look:
    """A first look, at the picture made smaller; ``turned`` where masks or alphas are the wrong way round.

    Raises UserError for a picture that cannot be read, or that is another than the camera's.
    """
    picture, orientation = _read(folder / file, _SMALL)
    height, width = picture.rgb.shape[:2]
    full = picture.full or (width, height)
    taken = _taken(view, full, orientation, told)
    rgb, alpha, inverted, framed = _covered(picture, folder, file, mask, turned=turned)
    if alpha is None:
        alpha = _cut(rgb)
    outline = None if alpha is None else _outline(alpha > 0.5) * (np.array(full) / (width, height))
    shown = outline if outline is not None and len(outline) else None
    return Look(view, file, mask, taken, shown, inverted, framed, turned)


def _covered(
    picture: Picture, folder: Path, file: str, mask: str | None, *, turned: bool
) -> tuple[Image, Image | None, bool, bool]:
    """Colour, alpha by the picture's own and its mask, and whether what tells the object is inverted, or framed.

    If it is known to be so, it is ``turned``.  Raises UserError where no object is then.
    """
    rgb, alpha = without_opaque(picture.rgb, picture.alpha)
    if mask is not None:
        shown = read_mask(folder / mask, (rgb.shape[0], rgb.shape[1]))
        inverted, framed = is_inverted(shown), bool(shown[border(shown)].mean() > 0.5)
        shown = 1 - shown if turned else shown
        return rgb, shown if alpha is None else alpha * shown, inverted, framed
    inverted = alpha is not None and looks_inverted(alpha)
    if alpha is None or not turned:
        return rgb, alpha, inverted, inverted
    if picture.full:  # reduced, which leaves no colour where nothing shows: it is good for an outline
        return rgb, 1 - alpha, True, True
    given = checked_alpha(rgb, alpha, file)
    if not given.turned:
        raise open_in_the_middle()
    return given.rgb, given.alpha, True, True


def _read(path: Path, longest: int | None = None) -> tuple[Picture, int | None]:
    """A picture as it is shown, and its EXIF orientation.  Raises UserError."""
    what = f"The picture {path.name}"
    with opened(path, what) as image:
        if max(image.size) > MAX_SIDE or min(image.size) < MIN_SIDE:
            raise UserError(
                f"{what} is too {'large' if max(image.size) > MAX_SIDE else 'small'}: {image.width} × {image.height}.",
                f"Use pictures of {MIN_SIDE} to {MAX_SIDE} pixels a side.",
            )
        orientation = image.getexif().get(ExifTags.Base.Orientation)
        return decoded(image, what, longest), orientation


def _taken(view: Photograph, shown: tuple[int, int], orientation: int | None, told: Photographs) -> Taken:
    """How a picture was taken of which ``shown`` pixels are shown, turned by its ``orientation``.  Raises UserError.

    Where its size does not tell whether the tool turned it as well, the world's way up does; where that has none, as
    COLMAP's, the tool did not.
    """
    size, plain = view.lens.size, Taken(view.lens, view.axes, *shown)
    if size is None:
        return plain
    lying = shown if orientation == HALFWAY else shown[::-1]
    if orientation in (CLOCKWISE, COUNTER, HALFWAY) and _alike(size, lying):
        turned = Taken(view.lens, view.axes, *lying, orientation)
        if not (_alike(size, shown) and told.upright and plain.held[1, 2] > turned.held[1, 2]):
            return turned
    if _alike(size, shown):
        return plain
    raise UserError(
        f"The picture {view.file} has {shown[0]} × {shown[1]} pixels, but in {told.name} it has {size[0]} × {size[1]}.",
        "Use the very pictures that the cameras were found with: not cropped, not turned.",
    )


def _alike(one: tuple[int, int], other: tuple[int, int]) -> bool:
    """Whether one size is the other but for its scale, and rounding."""
    scale = max(one) / max(other)
    return all(abs(a - scale * b) <= max(1.0, scale) for a, b in zip(one, other, strict=True))


def _cut(rgb: Image) -> Image | None:
    """A first matte, by plain paper or by the background model if there is one."""
    try:
        return matte(rgb)[1]
    except NotPlain:
        found = find_model()
        return cut_with_model(rgb, *found)[1] if found else None


def _outline(solid: NDArray[np.bool_]) -> Array:  # (K, 2)
    """The first and the last pixel of each row and column, as centres: x right, y down."""
    ends = []
    for mask, flip in ((solid, False), (solid.T, True)):
        rows = np.flatnonzero(mask.any(1))
        first, last = mask[rows].argmax(1), mask.shape[1] - mask[rows, ::-1].argmax(1)
        points = np.concatenate([np.stack([first, rows + 0.5], 1), np.stack([last, rows + 0.5], 1)])
        ends.append(points[:, ::-1] if flip else points)
    return np.concatenate(ends).astype(np.float64)


def whole(look: Look, folder: Path) -> tuple[Image, Image | None]:  # (H, W, 3), (H, W)
    """All pixels of the photograph, and its alpha if anything tells one.  Raises UserError."""
    picture, _ = _read(folder / look.file)
    rgb, alpha, *_ = _covered(picture, folder, look.file, look.mask, turned=look.turned)
    return rgb, alpha


def half_width(look: Look, axes: Array) -> float:
    """How far from its middle a frame has to see, as a tangent; half the photograph where its object is not known."""
    if look.outline is None:
        return 0.5 / look.taken.lens.focal[0]
    return float(np.abs(look.taken.seen_from(axes, look.outline)).max())
