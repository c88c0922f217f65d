"""The extension as a user gets it: the folder inside the zip, made from this repository."""

import shutil
import zipfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
_PARTS = ("blender_manifest.toml", "LICENSE", "sv3d_blender", "sv3d_engine")
_INIT = 'from .sv3d_blender import register, unregister\n\n__all__ = ["register", "unregister"]\n'


def stage_extension(folder: Path) -> Path:
    """Lay out the extension in ``folder``, which must not exist yet."""
    folder.mkdir(parents=True)
    (folder / "__init__.py").write_text(_INIT, encoding="utf-8")
    for part in _PARTS:
        source = ROOT / part
        if source.is_dir():
            shutil.copytree(source, folder / part, ignore=shutil.ignore_patterns("__pycache__"))
        elif source.exists():
            shutil.copy(source, folder / part)
    return folder


def zip_extension(folder: Path, path: Path) -> Path:
    """Pack a staged extension."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for file in sorted(p for p in folder.rglob("*") if p.is_file()):
            archive.write(file, file.relative_to(folder))
    return path
