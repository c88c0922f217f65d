"""Which files of a folder are the orbit, and each as a picture of a fit size."""

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from ...orbit.orbit_files import MIN_FRAMES, check_count
from ...picture.read import READABLE, Picture, decoded, opened
from ...shared.errors import UserError
from ...shared.frame_choice import Choice, choose_frames, named_frames
from ...shared.frame_folder import frames_inside, is_film, listed
from ...shared.frame_names import ARCHIVES

# Pictures that are known and cannot be read, by their names.
_UNREADABLE = frozenset({
    ".ppm", ".pgm", ".pnm", ".exr", ".hdr", ".psd", ".psb", ".jxl", ".jp2", ".j2k", ".dds", ".ktx", ".svg", ".pdf",
    ".eps", ".ai", ".kra", ".xcf", ".clip", ".raw", ".dng", ".cr2", ".cr3", ".nef", ".arw", ".orf", ".raf", ".rw2",
    ".npy", ".npz",
})  # fmt: skip


def frames_in(folder: Path) -> Choice:
    """The orbit's frames in a folder, in order.  Raises UserError where there are too few or too many."""
    choice = choose_frames(*_listed(folder))
    if len(choice.files) < MIN_FRAMES:
        _explain_few(folder, choice)
    check_count(len(choice.files), f"The folder {folder} holds")
    return choice


def frames_named(files: list[str], folder: Path, by: str) -> Choice:
    """The frames in a folder that the cameras file ``by`` names, in its order.  Raises UserError for one missing."""
    choice = named_frames(files, *_listed(folder))
    missing = [file for file, found in zip(files, choice.files, strict=True) if not found]
    if missing:
        more = f" and {len(missing) - 1} more" if len(missing) > 1 else ""
        raise UserError(
            f"{by} lists {missing[0]}{more}, but {folder} holds no such picture.",
            "Choose the folder that the cameras file belongs to, or correct the names in it.",
            ", ".join(missing),
        )
    return choice


def _listed(folder: Path) -> tuple[list[str], dict[str, list[str]]]:
    try:
        return listed(folder)
    except (FileNotFoundError, NotADirectoryError):
        if is_film(folder):
            raise UserError(f"There is no film {folder}.", "Choose a film that is there, or a folder.") from None
        raise UserError(f"There is no folder {folder}.", "Choose the folder that holds the orbit's frames.") from None
    except OSError as error:
        raise UserError(f"The folder {folder} cannot be read.", "Check that you may open it.", str(error)) from error


def _explain_few(folder: Path, choice: Choice) -> None:
    """Say why a folder holds too few frames, where more can be told than their number.  Raises UserError."""
    files = [path for path in folder.iterdir() if path.is_file() and not path.name.startswith(".")]
    if films := [path.name for path in files if is_film(path)]:
        raise UserError(
            f"The folder {folder} holds no orbit of pictures, but the film {films[0]}.",
            "Choose the film itself; its frames are picked then.",
        )
    explain_unreadable(folder, files, len(choice.files))
    inner, count = frames_inside(folder)
    if count >= MIN_FRAMES:
        raise UserError(
            f"The folder {folder} holds no orbit itself, but the folder {inner} in it has {count} pictures.",
            f"Choose the folder {inner}.",
        )
    if files and not choice.files:
        kind, count = Counter(path.suffix.removeprefix(".").upper() for path in files).most_common(1)[0]
        there = files[0].name if count == 1 else f"{count} files of the kind {kind or 'that has no ending'}"
        raise UserError(
            f"The folder {folder} holds no pictures, but {there}.",
            f"Choose the folder of the frames. {READABLE} can be read.",
        )


def explain_unreadable(folder: Path, files: Sequence[Path], readable: int) -> None:
    """Raises UserError where more of the files in a folder than the ``readable`` are of one kind that is not."""
    if not readable and (packed := [path.name for path in files if path.suffix.lower() in ARCHIVES]):
        raise UserError(
            f"The folder {folder} holds no pictures, but the archive {packed[0]}.",
            "Unpack it, and choose the folder of its pictures.",
        )
    kinds = Counter(path.suffix.lower() for path in files if path.suffix.lower() in _UNREADABLE)
    if kinds and (most := kinds.most_common(1)[0])[1] > readable:
        share = "one of its files is" if most[1] == 1 else f"{most[1]} of its files are"
        raise UserError(
            f"The pictures in {folder} cannot be read: {share} {most[0].removeprefix('.').upper()}.",
            f"Save them as PNG. {READABLE} can be read.",
        )


MIN_SIDE = 64
MAX_SIDE = 8192


def read_frame(path: Path) -> Picture:
    """Read one picture of 64 to 8192 pixels a side at its own size.  Raises UserError."""
    what = f"The frame {path.name}"
    with opened(path, what) as image:
        _check_size(image.size, what)
        return decoded(image, what)


def read_mask(path: Path, shape: tuple[int, int]) -> NDArray[np.float32]:
    """A frame's mask in [0, 1] in the frame's ``shape``: its transparency if it has any, else its brightness."""
    what = f"The mask {path.name}"
    with opened(path, what) as image:
        _check_size(image.size, what)
        picture = decoded(image, what)
    mask = picture.rgb.mean(-1) if picture.alpha is None else picture.alpha
    if mask.shape == shape:
        return mask
    return np.asarray(Image.fromarray(mask).resize(shape[::-1], Image.Resampling.BILINEAR)).clip(0, 1)


def _check_size(size: tuple[int, int], what: str) -> None:
    width, height = size
    if max(size) > MAX_SIDE:
        raise UserError(
            f"{what} is too large: {width} × {height} pixels.",
            f"Scale the orbit down to at most {MAX_SIDE} × {MAX_SIDE} pixels.",
        )
    if min(size) < MIN_SIDE:
        raise UserError(
            f"{what} is too small: {width} × {height} pixels.",
            f"Use frames of at least {MIN_SIDE} × {MIN_SIDE}; SV3D's own are 576 × 576.",
        )


def shrink(
    rgb: NDArray[np.float32], alpha: NDArray[np.float32] | None, max_size: int
) -> tuple[NDArray[np.float32], NDArray[np.float32] | None]:
    """Scale an (H, W) picture to at most ``max_size`` a side by area averages of premultiplied colour.

    Where it is transparent its colours stay what they are: if the alpha is the wrong way round the object is there.
    """
    scale = max_size / max(rgb.shape)
    if scale >= 1:
        return rgb, alpha
    height, width = (max(1, round(side * scale)) for side in rgb.shape[:2])
    plain = np.stack([_average(rgb[..., c], width, height) for c in range(3)], -1)
    if alpha is None:
        return plain, None
    small_alpha = _average(alpha, width, height)
    premultiplied = np.stack([_average(rgb[..., c] * alpha, width, height) for c in range(3)], -1)
    colours = premultiplied / np.maximum(small_alpha, 1e-6)[..., None]
    return np.where(small_alpha[..., None] > 0, colours, plain).astype(np.float32), small_alpha


def _average(channel: NDArray[np.float32], width: int, height: int) -> NDArray[np.float32]:
    image = Image.fromarray(np.ascontiguousarray(channel, dtype=np.float32))
    return np.asarray(image.resize((width, height), Image.Resampling.BOX)).clip(0, 1)
