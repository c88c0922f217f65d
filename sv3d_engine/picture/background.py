"""An object cut out of its picture, by the best means there is, and what is doubtful about the cut."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from ..ground.progress import Progress
from ..shared.errors import UserError
from .background_model import DownloadFailed, cut_with_model, download_model, find_model
from .matte import NotPlain, backdrop, border, matte
from .read import Picture

Array = NDArray[np.float32]

_SOLID = 0.5  # alpha
_SEEN = 0.1  # alpha: less is hardly visible on white
_CUT_OUT = 0.002  # of a picture has to be transparent before its alpha says where the object is
_FOUND = (0.001, 0.98)  # least and most of a picture that the background model may call the object
_SOFT = 0.3  # of the model's object may be neither solid nor empty, for hair and glass
_FAINT_REACH = 0.005  # of the picture's side: how far inside its outline the object has to differ …
_FAINT_STEP, _FAINT_SHARE = 0.12, 0.035  # … from its paper by so much, or else the matte is doubtful, …
_WHITE_STEP, _WHITE_SHARE = 0.03, 0.1  # … and from white, to be seen on it; but for so much of the outline
_CUT_OFF = 0.02  # of the picture's border may be the object


@dataclass(frozen=True)
class CutOut:
    """An object without its background."""

    rgb: Array  # (H, W, 3) sRGB in [0, 1], straight
    alpha: Array  # (H, W)
    how: str  # "alpha", "model" or "plain"
    notes: tuple[str, ...]  # what the artist should know: sentences


def cut_out(picture: Picture, name: str, *, use_model: bool, download: bool, progress: Progress) -> CutOut:
    """Cut the object out of ``picture``: by its alpha, else by the background model, else from a plain background.

    The model is used if ``use_model`` says so and its file is there, or ``download`` allows to fetch it.  ``name`` is
    what messages call the picture.  Raises UserError where there is no object, or no way to tell it from the rest.
    """
    rgb, alpha = picture.rgb, picture.alpha
    if alpha is not None and (alpha < _SOLID).mean() >= _CUT_OUT:
        return _checked(CutOut(rgb, alpha, "alpha", _white_note(rgb, alpha)), name)
    if alpha is not None:  # soft corners, a little dust: it hides nothing
        rgb = rgb * alpha[..., None] + 1 - alpha[..., None]
    notes: list[str] = []
    if use_model and (cut := _by_model(rgb, download, notes, progress)):
        return _checked(cut, name)
    progress(0.5, "Cutting out the object")
    paper = backdrop(rgb)
    try:
        colours, alpha = matte(rgb, paper)
    except NotPlain:
        raise UserError(
            f"The background of {name} is not plain, so the object cannot be told from it.",
            "Use a PNG with a transparent background, or let the background model be used and downloaded.",
            " ".join(notes),
        ) from None
    doubts = _faint_note(rgb, alpha, paper) or _white_note(colours, alpha)
    return _checked(CutOut(colours, alpha, "plain", (*notes, *doubts)), name)


def _by_model(rgb: Array, download: bool, notes: list[str], progress: Progress) -> CutOut | None:
    """The background model's cut; None, and a note if it is news to the artist, where there is none to trust."""
    model = find_model()
    if model is None and download:
        try:
            model = download_model(progress.part(0.0, 0.5))
        except DownloadFailed as error:
            notes.append(f"The background model could not be downloaded ({error}), so the picture was cut out without.")
    if model is None:
        return None
    progress(0.5, "Cutting out the object; the first time this takes a minute")
    try:
        colours, alpha = cut_with_model(rgb, model)
    except Exception as error:  # ONNX Runtime's own errors have no other class in common
        notes.append(
            f"The background model {model} could not be used, so the picture was cut out without. "
            f"({type(error).__name__}: {error})"
        )
        return None
    least, most = _FOUND
    if not least <= (alpha > _SOLID).mean() <= most:
        notes.append("The background model found no object in the picture, so it was cut out without.")
        return None
    if (alpha[alpha > _SEEN] < 1 - _SEEN).mean() > _SOFT:
        notes.append("The background model was not sure of the object's outline. Look at the prepared picture.")
    return CutOut(colours, alpha, "model", (*notes, *_white_note(colours, alpha)))


def _faint_note(rgb: Array, alpha: Array, paper: Array) -> tuple[str, ...]:
    """What to say of a matte whose outline hardly differs from the ``paper`` (H, W, 3): white on white, shadows."""
    share = _faint_outline(rgb, alpha, paper, _FAINT_STEP)
    if share <= _FAINT_SHARE:
        return ()
    return (
        f"Along {share:.0%} of its outline the object can hardly be told from its background: both are alike there, "
        "or it casts a shadow. If the prepared picture looks wrong, use a PNG with a transparent background.",
    )


def _white_note(rgb: Array, alpha: Array) -> tuple[str, ...]:
    """What to say of an object that is cut out well and yet will not be seen on SV3D's white."""
    share = _faint_outline(rgb, alpha, np.ones_like(rgb), _WHITE_STEP)
    if share <= _WHITE_SHARE:
        return ()
    return (
        f"The object is white along {share:.0%} of its outline. SV3D sees it on white, so parts may be lost; "
        "a picture with more shading on them helps.",
    )


def _faint_outline(rgb: Array, alpha: Array, paper: Array, step: float) -> float:
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
    if (cut.alpha[border(cut.alpha)] > _SOLID).mean() <= _CUT_OFF:
        return cut
    note = "The object reaches the picture's edge. What is cut off there will be made up, or missing."
    return CutOut(cut.rgb, cut.alpha, cut.how, (*cut.notes, note))
