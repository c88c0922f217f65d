"""Every frame's object without its background: by its own alpha, by plain paper, or by the background model."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ...ground.progress import Progress
from ...picture.background import instead
from ...picture.background_model import BackgroundModel, cut_with_model, find_model
from ...picture.matte import Cut, NotPlain, cut_out, matted, plain_paper
from ...picture.prepare import to_bytes
from ...shared.errors import UserError
from .doubts import doubts_about

Image = NDArray[np.float32]


@dataclass(frozen=True)
class Matted:
    """What matte_orbit hands on."""

    frames: NDArray[np.uint8]  # (N, S, S, 4) straight alpha, white where it is 0
    notes: tuple[str, ...]  # how they were cut out, where that is out of the common
    doubts: tuple[str, ...]  # what is wrong with them, though they can be used
    cuts: tuple[Cut | None, ...]  # the first separation of those cut from paper


def matte_orbit(
    rgb: Sequence[Image], alpha: Sequence[Image | None], names: Sequence[str], progress: Progress
) -> Matted:
    """Give every frame (S, S, 3) an alpha (S, S): its own, or a matte.  Raises UserError."""
    model = None
    colours: list[Image] = []
    mattes: list[Image] = []
    cuts: list[Cut | None] = []
    for i, (picture, own, name) in enumerate(zip(rgb, alpha, names, strict=True)):
        progress(i / len(rgb), f"Cutting out {name}")
        cut = _from_paper(picture) if own is None and model is None else None
        if own is not None:
            colour, matte = picture, own
        elif cut is not None:
            colour, matte = matted(picture, cut)
        else:
            model = model or _model(name)
            colour, matte = cut_with_model(picture, *model)
        if not (matte > 0.5).any():
            raise UserError(f"The frame {name} is empty.", "Render it again, with the object in the middle.")
        colours.append(colour)
        mattes.append(matte)
        cuts.append(cut)
    notes = (
        () if model is None else (f"The background is not plain: {model[0].name} cut the object out of the frames.",)
    )
    frames = np.stack([to_bytes(*cut) for cut in zip(colours, mattes, strict=True)])
    return Matted(frames, notes, doubts_about(rgb, mattes, [cut is not None for cut in cuts]), tuple(cuts))


def _from_paper(rgb: Image) -> Cut | None:
    try:
        return cut_out(rgb, plain_paper(rgb))
    except NotPlain:
        return None


def _model(name: str) -> tuple[BackgroundModel, Path]:
    """The background model that is here.  Raises UserError where there is none."""
    if found := find_model():
        return found
    raise UserError(
        f"The background of {name} is not plain, or the object is cut off on several sides, so the object cannot be "
        "told from it.",
        f"Use frames that show the whole object before plain white, or {instead(True, False, 'transparent frames')}.",
    )
