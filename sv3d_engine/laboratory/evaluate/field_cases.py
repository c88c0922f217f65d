"""Inputs as people have them, each with what happened to it once and what happens now: a table in Markdown."""

import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from ...ground.progress import Progress
from ...picture.prepare import prepare_picture
from ...reconstruction.frames.preparation import prepare_frames
from ...shared.errors import UserError

_ELEVATION = 10.0  # degrees, the default
_SIZE = 512  # pixels that frames are reduced to


@dataclass(frozen=True)
class FieldCase:
    """A folder of the field's, and what became of it before anything was done about its kind."""

    name: str
    before: str
    cameras: str = ""  # file in the folder


CASES = (
    FieldCase("reversed_kunkun", "done: the face is gone"),
    FieldCase("radians", "done: a loaf", "cameras.json"),
    FieldCase("same_picture_21", "accepted"),
    FieldCase("off_centre_10", "limbs torn, no note"),
    FieldCase("mask_beside", "masks used as frames"),
    FieldCase("png_and_jpg_twins", "42 frames"),
    FieldCase("mixed_one_jpg", "the jpg dropped, angles shifted"),
    FieldCase("signed_azimuth_names", "10 of 21 dropped, two noses"),
    FieldCase("gap_in_sequence", "spread evenly, smeared"),
    FieldCase("alpha_254", "a wrong error after 120 s"),
    FieldCase("white_soft_shadow", "a disc under the feet"),
    FieldCase("highlight_is_hole", "a tunnel"),
    FieldCase("cut_off_all", "no word"),
    FieldCase("nerf_transforms", "refused: fov_deg is missing", "transforms.json"),
    FieldCase("nfd_names", "refused: no such picture", "cameras.json"),
    FieldCase("picture_line_art", "a wire figure"),
    FieldCase("picture_drop_shadow", "the shadow stays as object"),
    FieldCase("picture_letterbox", "the whole rectangle is the object"),
    FieldCase("picture_dark_jungle", "scraps are the object"),
    FieldCase("picture_black_on_black", "parts cut away, note says 8 %"),
    FieldCase("picture_watermark", "specks widen the box"),
    FieldCase("picture_inverted_alpha", "the background is the object"),
)


def field_table(field: Path, names: Sequence[str] = ()) -> str:
    """A row for each case that lies in ``field``, or only those of these ``names``."""
    rows = ["| case | before | now | seconds |", "| --- | --- | --- | ---: |"]
    for case in CASES:
        if (field / case.name).is_dir() and (not names or case.name in names):
            started = time.perf_counter()
            now = outcome(field / case.name, case)
            rows.append(f"| {case.name} | {case.before} | {now} | {time.perf_counter() - started:.1f} |")
            print(rows[-1], flush=True)
    return "\n".join(rows)


def outcome(folder: Path, case: FieldCase) -> str:
    """What a case comes to before minutes are spent on it: how it is used, with all notes, or why it is refused."""
    try:
        said = _picture(folder) if case.name.startswith("picture_") else _orbit(folder, case.cameras)
    except UserError as error:
        return f"refused: {error}"
    return said.replace("|", "/")


def _picture(folder: Path) -> str:
    (file,) = folder.iterdir()
    done = prepare_picture(file, 256, background_model=True, download=False, progress=Progress())
    means = {"alpha": "its alpha", "model": done.model or "a model", "plain": "its plain background"}[done.how]
    return " ".join([f"cut out by {means}.", *done.notes])


def _orbit(folder: Path, cameras: str) -> str:
    with tempfile.TemporaryDirectory(prefix="sv3d-field-") as out:
        told = folder / cameras if cameras else None
        done = prepare_frames(folder, told, _ELEVATION, Path(out), Progress(), _SIZE)
    return " ".join([done.chosen, *(f"Doubtful: {doubt}" for doubt in done.doubts), *done.notes])
