"""Every frame's object without its background: by its own alpha, by plain paper, or by the background model."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ...ground.progress import Progress
from ...orbit.cameras import CameraOrbit
from ...picture.background import instead
from ...picture.background_model import BackgroundModel, cut_with_model, find_model
from ...picture.doubtful_outline import HOPELESS, faint_outline
from ...picture.drop_shadow import without_drop_shadow
from ...picture.given_alpha import checked_alpha, looks_inverted
from ...picture.matte import Cut, NotPlain, cut_out, matted, plain_paper
from ...picture.prepare import to_bytes
from ...shared.errors import UserError
from .bars import NOTE as BARS
from .bars import without_bars
from .doubts import doubts_about
from .shadows import without_shadows
from .square import squared
from .watermarks import NOTE as WATERMARKS
from .watermarks import without_watermarks

Image = NDArray[np.float32]
Pair = tuple[Image, Image]  # straight colour (H, W, 3) and alpha (H, W)
Found = tuple[BackgroundModel, Path]

TURNED = "The frames' alphas were the wrong way round, the object transparent; they were inverted."
_FEW = 0.2  # of the frames may be cut out by another means than the rest
_SAMPLED = 4  # every so many frames are asked whether they are in doubt throughout


@dataclass(frozen=True)
class Matted:
    """What matte_orbit hands on."""

    frames: NDArray[np.uint8]  # (N, S, S, 4) straight alpha, white where it is 0; square, whatever they were
    notes: tuple[str, ...]  # how they were cut out, where that is out of the common
    doubts: tuple[str, ...]  # what is wrong with them, though they can be used
    cuts: tuple[Cut | None, ...]  # the first separation of those cut from paper, in the frames' own shape (H, W)


def matte_orbit(
    rgb: Sequence[Image],
    alpha: Sequence[Image | None],
    names: Sequence[str],
    progress: Progress,
    orbit: CameraOrbit | None = None,
) -> Matted:
    """Give every frame (H, W, 3) an alpha (H, W): its own, or a matte; then make them square.  Raises UserError.

    A shadow on the ground is taken off where it can be told from the object, and only if the outlines, seen from
    ``orbit``, agree as well without it.
    """
    notes: list[str] = []
    if all(own is None for own in alpha) and (clear := without_bars(rgb)):
        rgb = clear
        notes.append(BARS)
    given = _checked(rgb, alpha, names, notes)
    looking = progress.part(0.0, 0.4)
    cuts: list[Cut | None] = []
    for i, (picture, own) in enumerate(zip(rgb, given, strict=True)):
        looking(i / len(rgb), f"Cutting out {names[i]}")
        cuts.append(_from_paper(picture) if own is None else None)
    model = _model_for(rgb, given, cuts, names, notes)
    whole: list[Pair] = []
    for i, (picture, own, cut) in enumerate(zip(rgb, given, cuts, strict=True)):
        progress(0.4 + 0.5 * i / len(cuts), f"Cutting out {names[i]}")
        if own is not None:
            whole.append(own)
        elif cut is not None:
            whole.append(matted(picture, cut))
        else:
            assert model is not None
            whole.append(cut_with_model(picture, *model))
        if not (whole[-1][1] > 0.5).any():
            raise UserError(f"The frame {names[i]} is empty.", "Render it again, with the object in the middle.")
    told = all(own is not None for own in given)  # the artist's own alphas say what belongs to the object
    if not told and (unmarked := _unmarked(whole)):
        whole = unmarked
        notes.append(WATERMARKS)
    mattes = [matte for _, matte in whole]
    doubts = doubts_about(rgb, mattes, [cut is not None for cut in cuts])
    if clean := without_shadows(rgb, mattes, cuts, orbit):
        cuts = clean
        notes.append("The shadow on the ground was taken off the frames.")
        whole = [
            pair if cut is None else matted(picture, cut) for picture, pair, cut in zip(rgb, whole, cuts, strict=True)
        ]
        whole = _unmarked(whole) or whole
        doubts = doubts_about(rgb, [matte for _, matte in whole], [False] * len(whole))
    return Matted(np.stack([squared(to_bytes(*pair)) for pair in whole]), tuple(notes), doubts, tuple(cuts))


def _unmarked(whole: Sequence[Pair]) -> list[Pair] | None:
    """The frames without what is written across them, None where nothing is."""
    bare = without_watermarks([matte for _, matte in whole])
    return None if bare is None else [(colour, matte) for (colour, _), matte in zip(whole, bare, strict=True)]


def _model_for(
    rgb: Sequence[Image],
    given: Sequence[Pair | None],
    cuts: list[Cut | None],
    names: Sequence[str],
    notes: list[str],
) -> Found | None:
    """The background model where frames need it; their ``cuts`` are None then.  Raises UserError where it is not here.

    Where many need it all are left to it: the plain ones among them are so by chance.
    """
    busy = [i for i, (own, cut) in enumerate(zip(given, cuts, strict=True)) if own is None and cut is None]
    model = None
    if busy:
        model = _model(names[busy[0]])
        notes.append(f"The background is not plain: {model[0].name} cut the object out of the frames.")
        if len(busy) <= _FEW * len(rgb):
            return model
    else:
        pairs = [(picture, cut) for picture, cut in zip(rgb, cuts, strict=True) if cut is not None]
        shares = [faint_outline(picture, matted(picture, cut)[1], cut.paper) for picture, cut in pairs[::_SAMPLED]]
        model = find_model() if shares and np.median(shares) > HOPELESS else None
        if model is None:
            return None
        notes.append(f"The object is much like its background: {model[0].name} cut it out of the frames.")
    cuts[:] = [None] * len(cuts)
    return model


def _checked(
    rgb: Sequence[Image], alpha: Sequence[Image | None], names: Sequence[str], notes: list[str]
) -> list[Pair | None]:
    """The frames' own alphas, turned round or without drop shadows where most of them have to be.  Raises UserError."""
    pairs = [None if matte is None else (picture, matte) for picture, matte in zip(rgb, alpha, strict=True)]
    own = [matte for matte in alpha if matte is not None]
    if not own:
        return pairs
    if sum(map(looks_inverted, own)) > len(own) / 2:
        given = [None if pair is None else checked_alpha(*pair, name) for pair, name in zip(pairs, names, strict=True)]
        if sum(new is not None and new.turned for new in given) <= len(own) / 2:
            raise open_in_the_middle()
        notes.append(TURNED)
        return [None if new is None else (new.rgb, new.alpha) for new in given]
    clean = [None if pair is None else without_drop_shadow(*pair) for pair in pairs]
    if sum(pair is not None for pair in clean) > len(own) / 2:
        notes.append("A shadow beside the object was part of the frames' transparency; it was taken off.")
        return [new or pair for new, pair in zip(clean, pairs, strict=True)]
    return pairs


def open_in_the_middle() -> UserError:
    """The error for frames whose alphas are the wrong way round, though what is transparent shows no object."""
    return UserError(
        "The frames are opaque up to their edges and transparent in the middle.",
        "If the object is what is transparent, invert the alphas where the frames were made; else render them "
        "again, with nothing behind the object.",
    )


def _from_paper(rgb: Image) -> Cut | None:
    try:
        return cut_out(rgb, plain_paper(rgb))
    except NotPlain:
        return None


def _model(name: str) -> Found:
    """The background model that is here.  Raises UserError where there is none."""
    if found := find_model():
        return found
    raise UserError(
        f"The background of {name} is not plain, or the object is cut off on several sides, so the object cannot be "
        "told from it.",
        f"Use frames that show the whole object before plain white, or {instead(True, False, 'transparent frames')}.",
    )
