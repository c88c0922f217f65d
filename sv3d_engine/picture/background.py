"""An object cut out of its picture, by the best means there is, and what is doubtful about the cut."""

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from ..ground.progress import Progress
from ..shared.errors import UserError
from .background_model import BEST_FIRST, BackgroundModel, better_ones, cut_with_model, download_model, find_model
from .matte import NotPlain, backdrop, border, matte
from .read import Picture

Array = NDArray[np.float32]

_SOLID = 0.5  # alpha
_SEEN = 0.1  # alpha: less is hardly visible on white
_CUT_OUT = 0.002  # of a picture has to be transparent before its alpha says where the object is
_FOUND = (0.001, 0.98)  # least and most of a picture that the background model may call the object
_SOFT = 0.3  # of the model's object may be neither solid nor empty, for hair and glass
_FAINT_REACH = 0.005  # of the picture's side: how far inside its outline the object has to differ …
FAINT_STEP, FAINT_SHARE = 0.12, 0.035  # … from its paper by so much, or else the matte is doubtful, …
_WHITE_STEP, _WHITE_SHARE = 0.03, 0.1  # … and from white, to be seen on it; but for so much of the outline
CUT_OFF = 0.02  # of the picture's border may be the object


@dataclass(frozen=True)
class CutOut:
    """An object without its background."""

    rgb: Array  # (H, W, 3) sRGB in [0, 1], straight
    alpha: Array  # (H, W)
    how: str  # "alpha", "model" or "plain"
    notes: tuple[str, ...]  # what the artist should know: sentences
    model: str | None = None  # the background model that did it


def cut_out(picture: Picture, name: str, *, use_model: bool, download: bool, progress: Progress) -> CutOut:
    """Cut the object out of ``picture``: by its alpha, else by the background model, else from a plain background.

    The best model that is here is used if ``use_model`` says so, or one that ``download`` allows to fetch.  Where that
    is a coarse one, a background that is plain beyond doubt goes before it.  ``name`` is what messages call the
    picture.  Raises UserError where there is no object, or no way to tell it from the rest.
    """
    rgb, alpha = picture.rgb, picture.alpha
    if alpha is not None and (alpha < _SOLID).mean() >= _CUT_OUT:
        return _checked(CutOut(rgb, alpha, "alpha", _white_note(rgb, alpha)), name)
    if alpha is not None:  # soft corners, a little dust: it hides nothing
        rgb = rgb * alpha[..., None] + 1 - alpha[..., None]
    notes: list[str] = []
    found = _model(download, notes, progress.part(0.0, 0.5)) if use_model else None
    progress(0.5, "Cutting out the object")
    better = instead(use_model, found is not None)
    plain, doubts = _from_plain(rgb, better)
    sure = plain is not None and not doubts
    if found and not (sure and not found[0].fine) and (cut := _by_model(rgb, *found, notes, progress)):
        return _checked(cut, name)
    if plain:
        return _checked(replace(plain, notes=(*notes, *(doubts or plain.notes))), name)
    raise UserError(
        f"The background of {name} is not plain, so the object cannot be told from it.",
        f"Use {better}.",
        " ".join(notes),
    )


def instead(use_model: bool, found: bool, picture: str = "a PNG with a transparent background") -> str:
    """What to use where the object cannot be told from its background: ``picture``, or a background model."""
    if not use_model:
        return f"{picture}, or let the background model be used"
    if found:
        return picture
    smallest = BEST_FIRST[-1]
    return (
        f"{picture}, or get a background model, the smallest being {smallest.offer}: under Models in the SV3D "
        f"preferences, or with “models get {smallest.name}” on the command line"
    )


def _model(download: bool, notes: list[str], progress: Progress) -> tuple[BackgroundModel, Path] | None:
    """The background model and its file; None where there is none, and a note where it could not be fetched."""
    if found := find_model():
        return found
    if not download:
        return None
    try:
        return download_model(progress)
    except UserError as error:
        notes.append(
            f"The background model could not be downloaded, so the picture was cut out without. ({error.cause} "
            f"{error.remedy})"
        )
        return None


def _by_model(rgb: Array, model: BackgroundModel, path: Path, notes: list[str], progress: Progress) -> CutOut | None:
    """The background model's cut; None, and a note, where there is none to trust."""
    progress(0.5, "Cutting out the object; the first time this takes a minute")
    try:
        colours, alpha = cut_with_model(rgb, model, path)
    except Exception as error:  # ONNX Runtime's own errors have no other class in common
        notes.append(
            f"The background model {path} could not be used, so the picture was cut out without. "
            f"({type(error).__name__}: {error})"
        )
        return None
    least, most = _FOUND
    if not least <= (alpha > _SOLID).mean() <= most:
        notes.append("The background model found no object in the picture, so it was cut out without.")
        return None
    if (alpha[alpha > _SEEN] < 1 - _SEEN).mean() > _SOFT:
        notes.append(
            f"The background model {model.name} was not sure of the object's outline. Look at the prepared picture."
            + (f" A better one may help: {' or '.join(better)}." if (better := better_ones(model)) else "")
        )
    return CutOut(colours, alpha, "model", (*notes, *_white_note(colours, alpha)), model.name)


def _from_plain(rgb: Array, better: str) -> tuple[CutOut | None, tuple[str, ...]]:
    """The cut from a plain background, None if it is not plain, and what is doubtful about it."""
    paper = backdrop(rgb)
    try:
        colours, alpha = matte(rgb, paper)
    except NotPlain:
        return None, ()
    return CutOut(colours, alpha, "plain", _white_note(colours, alpha)), _faint_note(rgb, alpha, paper, better)


def _faint_note(rgb: Array, alpha: Array, paper: Array, better: str) -> tuple[str, ...]:
    """What to say of a matte whose outline hardly differs from the ``paper`` (H, W, 3): white on white, shadows."""
    share = faint_outline(rgb, alpha, paper, FAINT_STEP)
    if share <= FAINT_SHARE:
        return ()
    return (
        f"Along {share:.0%} of its outline the object can hardly be told from its background: both are alike there, "
        f"or it casts a shadow. If the prepared picture looks wrong, use {better}.",
    )


def _white_note(rgb: Array, alpha: Array) -> tuple[str, ...]:
    """What to say of an object that is cut out well and yet will not be seen on SV3D's white."""
    share = faint_outline(rgb, alpha, np.ones_like(rgb), _WHITE_STEP)
    if share <= _WHITE_SHARE:
        return ()
    return (
        f"The object is white along {share:.0%} of its outline. SV3D sees it on white, so parts may be lost; "
        "a picture with more shading on them helps.",
    )


def faint_outline(rgb: Array, alpha: Array, paper: Array, step: float = FAINT_STEP) -> float:
    """Share of the object's outline, in [0, 1], where it differs by less than ``step`` from ``paper`` (H, W, 3)."""
    solid = alpha > _SOLID
    distance = np.where(solid, np.abs(rgb - paper).max(-1), 0)
    reach = max(4, round(_FAINT_REACH * max(alpha.shape)))  # a JPEG blurs some 4 pixels
    outline = solid & ~ndimage.binary_erosion(solid, border_value=1)
    strongest = ndimage.maximum_filter(distance, 2 * reach + 1)
    return float((strongest[outline] < step).mean()) if outline.any() else 0.0


def _checked(cut: CutOut, name: str) -> CutOut:
    """The cut with a note if it touches the picture's border.  Raises UserError if there is nothing to see."""
    if not (cut.alpha > _SEEN).any():
        raise UserError(
            f"There is no object in {name}: it is empty.",
            "Use a picture of an object that is not wholly transparent and differs from its background.",
            " ".join(cut.notes),
        )
    if (cut.alpha[border(cut.alpha)] > _SOLID).mean() <= CUT_OFF:
        return cut
    note = "The object reaches the picture's edge. What is cut off there will be made up, or missing."
    return replace(cut, notes=(*cut.notes, note))
