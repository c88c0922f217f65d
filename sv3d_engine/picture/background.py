"""An object cut out of its picture, by the best means there is, and what is doubtful about the cut."""

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ..ground.progress import Progress
from ..shared.errors import UserError
from .background_model import BEST_FIRST, BackgroundModel, better_ones, cut_with_model, download_model, find_model
from .borders import Window, content_window, is_rectangle, is_whole
from .cut_notes import doubt_note, drawing_note, white_note
from .doubtful_outline import HOPELESS, doubtful_outline
from .given_alpha import FAINT, at_full_strength, checked_alpha, without_opaque
from .ground_shadow import find_ground_shadow, without_ground_shadow
from .islands import count_apart, strays
from .line_art import enclosed_paper, share_of_drawn_holes
from .matte import NotPlain, backdrop, border, has_horizon, is_cut_off, matted
from .matte import cut_out as separated
from .read import Picture

Array = NDArray[np.float32]

_SOLID = 0.5  # alpha
_SEEN = 0.1  # alpha: less is hardly visible on white
_FOUND = (0.001, 0.98)  # least and most of a picture that the background model may call the object
_SOFT = 0.3  # of the model's object may be neither solid nor empty, for hair and glass
_HOLES = 0.15  # of what the outline encloses: more is said
_PART = 0.05  # of an opaque rectangle has to be an object, or it may be one itself
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
    is a coarse one, a background that is plain beyond doubt goes before it.  Bars, page borders, drop shadows and
    things far from the object are left out.  ``name`` is what messages call the picture.  Raises UserError where there
    is no object, or no way to tell it from the rest.
    """
    rgb, alpha = picture.rgb, picture.alpha
    how = _Means(use_model, download, progress)
    faint = False
    if alpha is not None:
        alpha, faint = at_full_strength(alpha)
    rgb, alpha = without_opaque(rgb, alpha)
    if alpha is None:
        return _within(rgb, content_window(rgb), name, how)
    if (box := is_rectangle(alpha >= _SOLID)) and (cut := _in_rectangle(rgb, box, name, how)):
        return cut
    given = checked_alpha(rgb, alpha, name)
    notes = (*([FAINT] if faint else []), *given.notes, *drawing_note(given.rgb, given.alpha))
    cut = CutOut(given.rgb, given.alpha, "alpha", (*notes, *white_note(given.rgb, given.alpha)))
    return _checked(_without_strays(cut), name)


@dataclass(frozen=True)
class _Means:
    """What may be used to cut an object out."""

    use_model: bool
    download: bool
    progress: Progress


def _within(rgb: Array, window: Window, name: str, means: _Means) -> CutOut:
    """The object cut out of a window of the picture.  Raises UserError."""
    cut = _checked(_without_strays(_without_alpha(rgb[window], name, means)), name)
    if is_whole(window, rgb.shape):
        return cut
    colours, alpha = np.ones_like(rgb), np.zeros(rgb.shape[:2], np.float32)
    colours[window], alpha[window] = cut.rgb, cut.alpha
    height, width = cut.alpha.shape
    note = f"Bars or a border round the picture were cut off: {width} × {height} pixels of it are used."
    return replace(cut, rgb=colours, alpha=alpha, notes=(note, *cut.notes))


def _in_rectangle(rgb: Array, box: Window, name: str, means: _Means) -> CutOut | None:
    """The object cut out of a picture on a transparent page; None where the rectangle may be the object itself."""
    try:
        cut = _within(rgb, box, name, means)
    except UserError:
        return None
    return cut if (cut.alpha[box] > _SOLID).mean() >= _PART else None


def _without_alpha(rgb: Array, name: str, means: _Means) -> CutOut:
    notes: list[str] = []
    progress = means.progress
    found = _model(means.download, notes, progress.part(0.0, 0.5)) if means.use_model else None
    progress(0.5, "Cutting out the object")
    better = instead(means.use_model, found is not None)
    plain, doubt = _from_plain(rgb)
    sure = plain is not None and not doubt
    if found and not (sure and not found[0].fine) and (cut := _by_model(rgb, *found, notes, progress)):
        return cut
    if plain and doubt <= HOPELESS:
        said = (doubt_note(doubt, better), *plain.notes) if doubt else plain.notes
        return replace(plain, notes=(*notes, *said))
    if plain:
        why = (
            f"The object in {name} is like its background along {doubt:.0%} of what would be its outline, or casts a "
            "shadow there"
        )
    elif is_cut_off(rgb):
        cut_off = f"the object in {name} is cut off on several sides"
        why = f"There is a wall and a floor, or {cut_off}" if has_horizon(rgb) else f"T{cut_off[1:]}"
        better = f"a picture that shows the whole object, or {better}"
    else:
        why = f"The background of {name} is not plain"
    raise UserError(f"{why}, so the object cannot be told from its background.", f"Use {better}.", " ".join(notes))


def _without_strays(cut: CutOut) -> CutOut:
    """The cut without what is far from the object and no part of it."""
    away, worth_a_word = strays(cut.alpha)
    alpha = np.where(away, 0, cut.alpha).astype(np.float32) if away.any() else cut.alpha
    notes = list(cut.notes)
    if worth_a_word:
        notes.append("Specks, writing or small things away from the object were left out.")
    if count := count_apart(alpha):
        things = "another thing" if count == 1 else f"{count} other things"
        notes.append(f"The picture shows {things} apart from the object, taken for a part of it. Erase what is none.")
    return replace(cut, alpha=alpha, notes=tuple(notes))


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
    return CutOut(colours, alpha, "model", (*notes, *white_note(colours, alpha)), model.name)


def _from_plain(rgb: Array) -> tuple[CutOut | None, float]:
    """The cut from a plain background, None if it is not plain, and the share of its outline that is in doubt."""
    paper = backdrop(rgb)
    try:
        cut = separated(rgb, paper)
    except NotPlain:
        return None, 0.0
    colours, alpha = matted(rgb, cut)
    notes: tuple[str, ...] = ()
    inside = enclosed_paper(rgb, paper, alpha > _SOLID)
    if inside is not None:
        colours = np.where(inside[..., None], rgb, colours)
        alpha = np.where(inside, 1, alpha).astype(np.float32)
        notes = (
            "The picture is a drawing: what its lines enclose was filled. Where a hole should be, use a PNG with "
            "a transparent background.",
        )
    elif (shadow := find_ground_shadow(rgb, np.where(strays(alpha)[0], 0, alpha), paper)) and shadow.is_sure:
        colours, alpha = matted(rgb, without_ground_shadow(rgb, cut, shadow.where))
        notes = ("The object's shadow on the ground was taken off.",)
    if inside is None and (holes := share_of_drawn_holes(rgb, paper, alpha > _SOLID)) > _HOLES:
        notes += (
            f"{holes:.0%} of what its outline encloses looks like the background, and was taken for holes. If it is no "
            "hole, as in a drawing, colour it in the picture, or use a PNG with a transparent background.",
        )
    found = CutOut(colours, alpha, "plain", (*notes, *white_note(colours, alpha)))
    return found, doubtful_outline(rgb, alpha, paper)


def _checked(cut: CutOut, name: str) -> CutOut:
    """The cut with a note if it touches the picture's border, or is but a rectangle.

    Raises UserError if there is nothing to see.
    """
    if not (cut.alpha > _SEEN).any():
        raise UserError(
            f"There is no object in {name}: it is empty.",
            "Use a picture of an object that is not wholly transparent and differs from its background.",
            " ".join(cut.notes),
        )
    if is_rectangle(cut.alpha > _SOLID):
        note = "What was cut out is an exact rectangle. If it is a picture with a background of its own, crop it."
        cut = replace(cut, notes=(*cut.notes, note))
    if (cut.alpha[border(cut.alpha)] > _SOLID).mean() <= CUT_OFF:
        return cut
    note = "The object reaches the picture's edge. What is cut off there will be made up, or missing."
    return replace(cut, notes=(*cut.notes, note))
