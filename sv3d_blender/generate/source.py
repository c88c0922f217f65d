"""The orbit a job starts from: which files are its frames, which file tells its cameras."""

import json
import re
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from ...sv3d_engine.shared import protocol
from ...sv3d_engine.shared.cameras_beside import cameras_beside
from ...sv3d_engine.shared.errors import UserError
from ...sv3d_engine.shared.frame_choice import FEWEST_FRAMES, Choice, choose_frames
from ...sv3d_engine.shared.frame_folder import is_film, listed
from ...sv3d_engine.shared.trajectory import SV3D_FOV_DEG, Pose
from ..results_folder import is_job_name, job_title

SUFFIXES = frozenset({".png", ".jpg", ".jpeg", ".webp", ".tif", ".tiff", ".bmp", ".gif", ".tga"})  # Blender's, too

_CAMERAS = frozenset({".json", ".bin", ".txt"})  # of frames; the last two are COLMAP's

_AGAIN = "Choose the source again in the tab, and press Generate."

_LAST_NUMBER = re.compile(r"(\d+)(?=\D*$)")


@dataclass(frozen=True)
class Orbit:
    """Frames on disk, in orbit order, and the cameras file that belongs to them."""

    folder: Path
    files: tuple[str, ...]
    cameras: Path | None
    azimuths: tuple[float, ...] = ()  # degrees, without a cameras file
    said: tuple[str, ...] = ()  # which files were chosen, and what is left out: sentences
    is_film: bool = False  # ``folder`` is a film then, whose frames the engine picks

    @property
    def title(self) -> str:
        """What the artist calls it: the folder's name or, in an earlier job's folder, what that job was called."""
        if self.is_film:
            return self.folder.stem
        folder = self.folder.parent if self.folder.name == "frames" else self.folder
        if folder.name == "orbit" and is_job_name(folder.parent.name):  # which a job to a mesh has made
            folder = folder.parent
        return job_title(folder.name) or "Orbit"


def orbit_in_folder(folder: Path) -> Orbit:
    """A folder's frames as the engine chooses them, or a film's.  Raises UserError for a folder that cannot be read."""
    if is_film(folder) and folder.is_file():
        said = (f"The film {folder.name}: frames of one turn are picked.",)
        return Orbit(folder, (), None, said=said, is_film=True)
    try:
        choice = choose_frames(*listed(folder))
    except OSError as error:
        raise _cannot_be_opened(error) from error
    return _chosen(folder, choice)


def orbit_of_sequence(first: Path) -> Orbit:
    """The numbered files that belong with ``first``, as an image sequence is understood.  Raises UserError."""
    match = _LAST_NUMBER.search(first.stem)
    if match is None:
        raise UserError(
            "The image sequence has no frame numbers in its file name.",
            "Open the frames as an image sequence again, or choose their folder.",
            str(first),
        )
    head, tail = first.name[: match.start()], first.name[match.end() :]
    pattern = re.compile(re.escape(head) + r"(\d+)" + re.escape(tail), re.IGNORECASE)
    return _chosen(first.parent, choose_frames(name for name in _pictures(first.parent) if pattern.fullmatch(name)))


def _chosen(folder: Path, choice: Choice) -> Orbit:
    said = (choice.summary, *choice.notes)
    if len(choice.files) < FEWEST_FRAMES:
        said = (f"{choice.summary.removesuffix('.')}; {FEWEST_FRAMES} are needed.",)
    return Orbit(folder, choice.files, cameras_beside(folder, choice.files), choice.azimuths, said)


def stamps(folder: Path, cameras: Path | None) -> frozenset[tuple[str, int, int]]:
    """Name, time and size of all files that an orbit may be read from: they differ once one of them has changed."""
    found = set()
    for place in filter(None, (folder, cameras)):
        files = [place]
        with suppress(OSError):
            names, masks = listed(place)
            files = [place / name for name in names] + [
                place / inner / name for inner in masks for name in masks[inner]
            ]
        for file in files:
            with suppress(OSError):  # just gone, which tells it, too
                stat = file.stat()
                found.add((str(file), stat.st_mtime_ns, stat.st_size))
    return frozenset(found)


def static_cameras(orbit: Orbit, elevation: float) -> str:
    """A cameras file that names exactly these frames: at one ``elevation``, in degrees, until a better one is found."""
    return cameras_text(orbit.files, [Pose(elevation, azimuth) for azimuth in orbit.azimuths], assumed=True)


def cameras_text(files: Sequence[str], poses: Sequence[Pose], *, assumed: bool = False) -> str:
    """A cameras file that names these frames and their poses; ``assumed`` ones only give the frames an order."""
    frames = [{"file": name, **pose._asdict()} for name, pose in zip(files, poses, strict=True)]
    said = {"assumed": True} if assumed else {}
    return json.dumps({"fov_deg": SV3D_FOV_DEG, **said, "frames": frames}, indent=1)


def pictures_in_folder(folder: Path) -> tuple[Path, ...]:
    """The pictures of a batch, by name.  Raises UserError for a folder that cannot be read or holds none."""
    if names := _pictures(folder):
        return tuple(folder / name for name in names)
    raise UserError("The folder holds no pictures.", "Choose a folder with a picture for each mesh.", str(folder))


def _pictures(folder: Path) -> list[str]:
    try:
        return sorted(p.name for p in folder.iterdir() if p.suffix.lower() in SUFFIXES and not p.name.startswith("."))
    except OSError as error:
        raise _cannot_be_opened(error) from error


def _cannot_be_opened(error: OSError) -> UserError:
    return UserError("The folder of frames cannot be opened.", "Choose another folder.", str(error))


def check_cameras(request: protocol.Job) -> None:
    """The same for a job's cameras: those of frames may be another tool's, in a file or a folder."""
    if not request.cameras:
        return
    cameras = Path(request.cameras)
    if isinstance(request, protocol.MeshJob) and cameras.suffix.lower() not in _CAMERAS:
        check_source(cameras, is_folder=True)
    else:
        check_source(cameras, _CAMERAS if isinstance(request, protocol.MeshJob) else frozenset({".json"}))


def is_elsewhere(path: Path) -> bool:
    """Whether it is no place of this machine: to open one of another would tell that machine who is asking."""
    return not path.is_absolute() or str(path).startswith(("\\\\", "//")) or "\0" in str(path)


def check_source(path: Path, suffixes: frozenset[str] = frozenset(), *, is_folder: bool = False) -> None:
    """Raise UserError unless the path is a file or folder (or film) of this machine that can be such a source."""
    if is_elsewhere(path) or (suffixes and path.suffix.lower() not in suffixes):
        raise UserError("What this job started from is no picture or orbit of this machine.", _AGAIN, str(path))
    there = path.is_dir() or (path.is_file() and is_film(path)) if is_folder else path.is_file()
    if not there:
        raise UserError("What this job started from is no longer where it was.", _AGAIN, str(path))
