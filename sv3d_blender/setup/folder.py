"""SV3D's folder for what is big: whether it may be where the user wants it, moving it, and taking the engine out."""

import errno
import shutil
from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path

from ...sv3d_engine.shared.engine_python import python_in
from ...sv3d_engine.shared.errors import UserError
from ...sv3d_engine.shared.model_catalogue import CATALOGUE
from .commands import Commands, Stopped
from .plan import free_bytes
from .progress import Progress
from .state import Places, refuse_foreign, unused

MODELS = "models"


def folder_problem(home: Path, deleted_by_blender: Iterable[Path]) -> str:
    """Why SV3D's folder may not be here; empty if it may."""
    if not home.is_absolute():
        return "The SV3D folder needs a full path"
    for folder in deleted_by_blender:
        if home.is_relative_to(folder) or home.resolve().is_relative_to(folder.resolve()):
            return "Blender deletes this folder with the extension: choose another for SV3D"
    return ""


def remove_engine(places: Places, commands: Commands, report: Callable[[Progress], None]) -> None:
    """Remove the engine's environment and what was downloaded for it; models stay.  Raises UserError, Stopped."""
    commands.check()
    refuse_foreign(places)
    with unused(places, commands.check):
        _remove(places, report)


def _remove(places: Places, report: Callable[[Progress], None]) -> None:
    report(Progress("Removing the engine's environment"))
    try:
        if places.environment.is_dir():  # out of the way at once: half of one would pass for a damaged one
            shutil.rmtree(places.unfinished, ignore_errors=True)
            places.environment.replace(places.unfinished)
        for i, folder in enumerate(places.all):
            if folder.is_dir():
                shutil.rmtree(folder)
            report(Progress("Removing the engine's environment", fraction=(i + 1) / len(places.all)))
    except OSError as error:
        raise UserError(
            "The engine's environment could not be removed whole.",
            "End other Blenders that use it, then press Remove again.",
            str(error),
        ) from error


def move(old: Path, new: Path, commands: Commands, report: Callable[[Progress], None]) -> None:
    """Bring the engine and the models from one folder to another, which must not have them yet.

    All of them or none: what was moved goes back if the rest cannot follow.  Raises UserError, Stopped.
    """
    before = Places(old)
    refuse_foreign(before)
    with unused(before, commands.check):
        _move(before, Places(new), commands, report)


def _move(before: Places, after: Places, commands: Commands, report: Callable[[Progress], None]) -> None:
    old, new = before.home, after.home
    pairs = [*_models(old, new), *zip(before.all, after.all, strict=True)]
    pairs = [(source, target) for source, target in pairs if source.exists()]
    if taken := [target for _, target in pairs if target.exists()]:
        raise UserError(
            "The new SV3D folder has an engine or models already.",
            "Choose an empty folder, or take those away first.",
            "\n".join(map(str, taken)),
        )
    if not any(folder.is_dir() for folder in (new, *new.parents)):  # Windows: no drive of that letter
        raise UserError("The new folder's disk is not there.", "Connect it, or choose another folder.", str(new))
    moved: list[tuple[Path, Path]] = []
    copied: list[tuple[Path, Path]] = []
    try:
        for i, (source, target) in enumerate(pairs):
            commands.check()
            report(Progress(f"Moving {source.name}", fraction=i / len(pairs)))
            target.parent.mkdir(parents=True, exist_ok=True)
            if _rename(source, target):
                moved.append((source, target))
                continue
            if not copied:
                _check_room(new, [source for source, _ in pairs[i:]])
            copied.append((source, target))
            _copy(source, target, commands)
        _lead_to(after.environment, old, new)
        commands.check()
    except (OSError, UserError, Stopped) as error:
        _take_back(before, new, moved, copied)
        if isinstance(error, OSError):
            raise UserError(
                "The SV3D folder could not be moved; all is still where it was.",
                "End other Blenders that use it and check that the new folder can be written.",
                str(error),
            ) from error
        raise
    for source, _ in copied:  # what cannot be deleted is in nobody's way
        _delete(source)
    with suppress(OSError):  # what is not ours stays in it
        (old / MODELS).rmdir()
    report(Progress("Moved", fraction=1.0))


def _take_back(
    before: Places, new: Path, moved: Iterable[tuple[Path, Path]], copied: Iterable[tuple[Path, Path]]
) -> None:
    """Undo a move that was broken off.  Raises UserError where that fails, too."""
    for _, target in copied:
        _delete(target)
    left = []
    for source, target in moved:
        try:
            target.replace(source)
        except OSError as error:
            left.append(str(error))
    with suppress(OSError):
        _lead_to(before.environment, new, before.home)
    with suppress(OSError):
        (new / MODELS).rmdir()
    if left:
        raise UserError(
            "The SV3D folder was moved in part, and that could not be undone.",
            f"Bring what lies in {new} back to {before.home} by hand.",
            "\n".join(left),
        )


def _models(old: Path, new: Path) -> list[tuple[Path, Path]]:
    """The models' files with what is noted beside them, and nothing else that may lie there."""
    folder, names = old / MODELS, tuple(model.file for model in CATALOGUE)
    files = sorted(f for f in folder.glob("*") if f.is_file() and f.name.startswith(names))
    return [(file, new / MODELS / file.name) for file in files]


def _rename(source: Path, target: Path) -> bool:
    """Move within a disk; False where they are on two."""
    try:
        source.replace(target)
    except OSError as error:
        if error.errno != errno.EXDEV:
            raise
        return False
    return True


def _check_room(new: Path, sources: Iterable[Path]) -> None:
    size = sum(f.lstat().st_size for source in sources for f in (source, *source.rglob("*")) if f.is_file())
    if free_bytes(new) < size:
        raise UserError(
            f"The new folder's disk has {free_bytes(new) / 1e9:.1f} GB free; {size / 1e9:.1f} GB are needed.",
            "Free some space, or choose a folder on another disk.",
        )


def _copy(source: Path, target: Path, commands: Commands) -> None:
    """Copy to another disk.  Raises OSError, Stopped, and leaves then what has come."""

    def copy(file: str, to: str) -> str:
        commands.check()
        return str(shutil.copy2(file, to, follow_symlinks=False))

    if source.is_dir():
        shutil.copytree(source, target, symlinks=True, copy_function=copy)
    else:
        copy(str(source), str(target))


def _delete(path: Path) -> None:
    """Delete a file or folder as far as can be."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path, ignore_errors=True)
    else:
        with suppress(OSError):
            path.unlink()


def _lead_to(environment: Path, old: Path, new: Path) -> None:
    """Let an environment whose Python lies in the folder, too, find it there."""
    settings = environment / "pyvenv.cfg"
    if settings.is_file():
        text = settings.read_text(encoding="utf-8")
        settings.write_text(text.replace(str(old), str(new)), encoding="utf-8")
    for link in python_in(environment).parent.glob("python*"):
        if link.is_symlink() and (leads := link.readlink()).is_relative_to(old):
            link.unlink()
            link.symlink_to(new / leads.relative_to(old))
