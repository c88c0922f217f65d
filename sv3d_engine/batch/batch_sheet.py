"""A contact sheet of a batch: each job's picture beside a view of its mesh."""

from collections.abc import Sequence
from math import ceil, sqrt
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from ..ground.files import whole_file
from ..picture.film import film_frames
from ..picture.read import read_picture
from ..reconstruction.frames.reading import frames_in
from ..shared.errors import UserError
from ..shared.frame_names import FILM_SUFFIXES
from .making import WELL, Outcome
from .sources import frames_of
from .tasks import SHEET

_SIDE, _MARGIN, _CAPTION = 192, 12, 26  # pixels
_LARGEST = 16000  # pixels along a side of the sheet; more jobs than fit at full size are shown smaller
_PAPER, _INK, _WRONG, _EMPTY = (225, 225, 225), (40, 40, 40), (170, 30, 30), (205, 205, 205)
_TURNED = 8  # the turntable's view is this part of a turn from the front, where depth shows


def write_sheet(outcomes: Sequence[Outcome], out: Path) -> None:
    """Write sheet.png beside the job folders, whole or as it was.  Raises OSError."""
    with whole_file(out / SHEET) as partial:
        sheet(outcomes).save(partial, format="PNG")


def sheet(outcomes: Sequence[Outcome]) -> Image.Image:
    """Two pictures for each outcome, what was given and what was made, and its name; failures' in red."""
    columns = max(1, round(sqrt(len(outcomes) / 2)))  # a cell is twice as wide as it is high
    rows = max(1, ceil(len(outcomes) / columns))
    side = min(_SIDE, (_LARGEST - _MARGIN) // max(rows, 2 * columns) - _MARGIN - _CAPTION)
    across, down = 2 * side + _MARGIN, side + _CAPTION + _MARGIN
    paper = Image.new("RGB", (_MARGIN + columns * across, _MARGIN + rows * down), _PAPER)
    draw, font = ImageDraw.Draw(paper), ImageFont.load_default(14)
    for i, outcome in enumerate(outcomes):
        x, y = _MARGIN + i % columns * across, _MARGIN + i // columns * down
        for number, file in enumerate((given(Path(outcome.source)), made(Path(outcome.folder)))):
            paper.paste(_thumbnail(file, side), (x + number * side, y))
        well = outcome.state in WELL
        text = outcome.name if well else f"{outcome.name}: {outcome.state}"
        while len(text) > 1 and font.getlength(text) > 2 * side:
            text = text[:-2] + "…"
        draw.text((x + 2, y + side + _CAPTION - 8), text, _INK if well else _WRONG, font, anchor="ls")
    return paper


def given(source: Path) -> Path | None:
    """The picture, or an orbit's first frame."""
    if not source.is_dir():
        return source
    try:
        folder = frames_of(source)
        return folder / frames_in(folder).files[0]
    except UserError:
        return None


def made(folder: Path) -> Path | None:
    """A view of the mesh from its turntable, from the front's right."""
    views = sorted(folder.joinpath("turntable").glob("*.png"))
    return views[len(views) // _TURNED] if views else None


def _thumbnail(file: Path | None, side: int) -> Image.Image:
    """On white in the middle of a square; grey where there is no picture, or none that can be read."""
    if file is None:
        return Image.new("RGB", (side, side), _EMPTY)
    try:
        if file.suffix.lower() in FILM_SUFFIXES:
            return next(film_frames(file)).image.convert("RGB").resize((side, side))
        picture = read_picture(file, side)
    except UserError:
        return Image.new("RGB", (side, side), _EMPTY)
    alpha = 1.0 if picture.alpha is None else picture.alpha[..., None]
    over_white = np.rint(255 * (picture.rgb * alpha + 1 - alpha)).astype(np.uint8)
    square = Image.new("RGB", (side, side), "white")
    height, width = over_white.shape[:2]
    square.paste(Image.fromarray(over_white), ((side - width) // 2, (side - height) // 2))
    return square
