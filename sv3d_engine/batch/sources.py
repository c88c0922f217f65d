"""What a batch is asked to do: a folder's pictures and orbits, or the lines of a list, each with its options."""

import argparse
import copy
import csv
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

from ..job.arguments import add_job_options
from ..orbit.orbit_files import MIN_FRAMES
from ..picture.read import opened
from ..shared import protocol
from ..shared.errors import UserError
from ..shared.frame_names import ANIMATION_SUFFIXES, FILM_SUFFIXES, PICTURE_SUFFIXES, natural_key

CAMERAS = "cameras.json"
_FRAMES = "frames"  # where `orbit` puts them
_NAMES = ("path", "picture", "frames", "file")  # of a CSV's column of paths
_NOT_BY_LINE = {"help", "jobs", "ray", "again", "details"}


@dataclass(frozen=True)
class Wish:
    """A picture or an orbit, and what is to become of it."""

    source: Path  # absolute
    options: argparse.Namespace  # as ``batch`` itself has them, but for what the line says
    name: str = ""  # what the line calls it

    @property
    def is_orbit(self) -> bool:
        """A folder of frames, or a film: a video, or a picture that moves."""
        return self.source.is_dir() or is_orbit_film(self.source)


def read_wishes(asked: Path, options: argparse.Namespace, out: Path) -> tuple[list[Wish], list[str]]:
    """What the folder, text file or CSV ``asked`` holds, in order, and what is left out of it, as sentences.

    ``options`` are the batch's own; ``out`` is where the results go.  All paths are absolute.  Raises UserError.
    """
    if asked.is_dir():
        wishes, left_out = _in_folder(asked, options, out)
    elif asked.is_file():
        wishes, left_out = list(_in_list(asked, options)), []
    else:
        raise UserError(
            f"There is no folder or list {asked}.",
            "Give a folder of pictures and films, a text file of paths, or a CSV.",
        )
    if not wishes:
        raise UserError(
            f"{asked} holds no picture and no orbit.",
            f"Put pictures there, or folders of at least {MIN_FRAMES} frames each.",
            "\n".join(left_out),
        )
    return wishes, left_out


def _in_folder(folder: Path, options: argparse.Namespace, out: Path) -> tuple[list[Wish], list[str]]:
    if folder == out:
        raise UserError(
            "The results would lie among the pictures.", "Choose another folder with --out, such as one inside it."
        )
    if (folder / CAMERAS).is_file():
        return [Wish(folder, options)], []
    wishes, left_out = [], []
    for path in sorted(folder.iterdir(), key=lambda path: natural_key(path.name)):
        if path.name.startswith(".") or path == out:
            continue
        if path.is_file() and path.suffix.lower() in (*PICTURE_SUFFIXES, *FILM_SUFFIXES):
            wishes.append(Wish(path, options))
        elif path.is_dir():
            count = len(_pictures(frames_of(path)))
            if count >= MIN_FRAMES:
                wishes.append(Wish(path, options))
            else:
                left_out.append(
                    f"{path.name} is left out: it has {count} frames of the {MIN_FRAMES} that an orbit needs"
                )
    return wishes, left_out


def frames_of(folder: Path) -> Path:
    """Where an orbit's frames lie: in its folder, in ``frames`` where `orbit` put them, or in the film itself."""
    if folder.is_file():
        return folder
    inner = folder / _FRAMES
    return inner if inner.is_dir() and not _pictures(folder) else folder


def is_orbit_film(file: Path) -> bool:
    """Whether a file is a video, or an animated picture of as many frames as an orbit needs."""
    suffix = file.suffix.lower()
    if suffix in FILM_SUFFIXES:
        return True
    if suffix not in ANIMATION_SUFFIXES or not file.is_file():
        return False
    try:
        with opened(file, f"The picture {file.name}") as image:
            return getattr(image, "n_frames", 1) >= MIN_FRAMES
    except UserError:
        return False  # said by whoever reads it


def cameras_of(folder: Path) -> Path | None:
    """The cameras.json of an orbit, where it has one; of a film, the JSON of its name beside it."""
    if folder.is_file():
        beside = folder.with_suffix(".json")
        return beside if beside.is_file() else None
    return next((file for file in (folder / CAMERAS, frames_of(folder) / CAMERAS) if file.is_file()), None)


def _pictures(folder: Path) -> list[Path]:
    return [p for p in folder.iterdir() if p.suffix.lower() in PICTURE_SUFFIXES and p.is_file()]


def _in_list(file: Path, options: argparse.Namespace) -> Iterator[Wish]:
    try:
        text = file.read_text(encoding="utf-8-sig")
    except (OSError, ValueError) as error:
        raise UserError(f"The list {file} cannot be read.", "Save it as UTF-8 text.", str(error)) from error
    if file.suffix.lower() == ".csv":
        yield from _in_table(file, text.splitlines(), options)
        return
    for line in map(str.strip, text.splitlines()):
        if line and not line.startswith("#"):
            yield Wish(_absolute(line, file), options)


def _absolute(path: str, file: Path) -> Path:
    """Relative paths count from the list's own folder."""
    return (file.parent / Path(path).expanduser()).absolute()


def _in_table(file: Path, lines: list[str], options: argparse.Namespace) -> Iterator[Wish]:
    """A CSV's first line names its columns: ``path``, options without their dashes, and ``name`` for the folder."""
    rows = csv.DictReader(lines, delimiter=";" if lines and lines[0].count(";") > lines[0].count(",") else ",")
    columns = [(column or "").strip().lower() for column in rows.fieldnames or ()]
    paths = [column for column in columns if column in _NAMES]
    parser, known = _line_parser()
    wrong = [column for column in columns if column not in (*known, *_NAMES, "name")]
    if len(paths) != 1 or wrong:
        raise UserError(
            f"{file.name} has a column {wrong[0]!r}, which is unknown." if wrong else f"{file.name} names no pictures.",
            f"Its first line names the columns: path, and if need be name, {', '.join(known)}.",
        )
    rows.fieldnames = columns
    for row in rows:
        values = {column: (value or "").strip() for column, value in row.items() if column and isinstance(value, str)}
        if not values.get(paths[0]):
            continue
        where = f"Line {rows.line_num} of {file.name}"
        said = parser.parse_args(list(_as_options(values, known, file, where)), copy.copy(options))
        yield Wish(_absolute(values[paths[0]], file), said, values.get("name", ""))


class _LineParser(argparse.ArgumentParser):
    """Options of one line; what is wrong with them is told, not exited with."""

    def error(self, message: str) -> NoReturn:
        raise UserError(f"A line of the list cannot be used: {message}.", "Put it right in the list.")


def _line_parser() -> tuple[_LineParser, dict[str, Any]]:
    """The parser, and its options' actions by the names of columns."""
    parser = _LineParser(add_help=False, allow_abbrev=False)
    add_job_options(parser)
    parser.add_argument("--cameras", default=None)  # of an orbit; for the whole batch each folder has its own
    known = {option[2:].replace("-", "_"): action for action in parser._actions for option in action.option_strings}
    return parser, {name: action for name, action in known.items() if name not in _NOT_BY_LINE}


_YES, _NO = ("yes", "true", "1", "x"), ("no", "false", "0")


def is_path(option: str, value: str) -> bool:
    """Whether an option's value is a file's."""
    return option in ("weights", "cameras") or (option == "orbit" and value not in protocol.ORBITS)


def _as_options(values: dict[str, str], known: dict[str, Any], file: Path, where: str) -> Iterable[str]:
    """A line's cells as a command line; an empty one says nothing."""
    for column, value in values.items():
        action = known.get(column)
        if action is None or not value:
            continue
        option = action.option_strings[0]
        if action.nargs != 0:
            yield f"{option}={_absolute(value, file) if is_path(column, value) else value}"
        elif value.lower() in _YES:
            yield option
        elif value.lower() not in _NO:
            raise UserError(f"{where} says {value!r} under {column}.", "Write yes or no there, or nothing.")
