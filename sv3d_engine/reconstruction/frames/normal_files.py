"""Normal maps in a folder, by their names alone: which they are, and whose frame's each is."""

from collections.abc import Sequence
from pathlib import Path

from ...shared.errors import UserError
from ...shared.frame_names import Series, is_picture, natural_key, series_among, stem_of
from .reading import explain_unreadable


def map_files(folder: Path) -> list[Path]:
    """The pictures in a folder, 2 before 10.  Raises UserError where there are none, with the cause."""
    try:
        files = [file for file in folder.iterdir() if file.is_file()]
    except OSError as error:
        raise UserError(f"The folder {folder} cannot be read.", "Choose the normal maps again.", str(error)) from error
    maps = sorted((file for file in files if is_picture(file.name)), key=lambda file: natural_key(file.name))
    explain_unreadable(folder, files, len(maps))
    if not maps:
        raise UserError(f"The folder {folder} holds no normal maps.", "Put one picture for each frame into it.")
    return maps


def paired(maps: Sequence[Path], names: Sequence[str]) -> list[Path | None]:
    """The map of each frame: the one that is called as it is; else, of as many as frames, the one in its place; else
    the one with its number.

    Some may have none, but fewer than half.  Raises UserError.
    """
    called = {_called(file.name): file for file in maps}
    by_name = [called.get(_called(name)) for name in names]
    if all(by_name):
        return by_name
    if len(maps) == len(names):
        order = sorted(range(len(names)), key=lambda i: natural_key(names[i]))
        placed = dict(zip(order, maps, strict=True))
        return [placed[i] for i in range(len(names))]
    for found in (by_name, _by_number(maps, names)):
        if 2 * sum(file is not None for file in found) >= len(names):
            return found
    raise UserError(
        f"There are {len(maps)} normal maps for {len(names)} frames, and they are not called as these are.",
        f"Put one for each frame into the folder, called as the frame is: {stem_of(names[0])}.png for {names[0]}.",
    )


def _called(name: str) -> str:
    return stem_of(name).casefold()


def _by_number(maps: Sequence[Path], names: Sequence[str]) -> list[Path | None]:
    """Of names that differ by their number alone; none where such names are not all."""
    files, frames = _series([file.name for file in maps]), _series([name for name in names if is_picture(name)])
    if files is None or frames is None or frames.count < len(names):
        return [None] * len(names)
    by_file = {file.name: file for file in maps}
    numbered = {file.number: by_file[file.name] for file in files.files}
    own = {frame.name: numbered.get(frame.number) for frame in frames.files}
    return [own.get(name) for name in names]


def _series(names: Sequence[str]) -> Series | None:
    """The largest."""
    return max(series_among(names), key=lambda series: series.count, default=None)
