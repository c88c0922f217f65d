"""The installable zip: staged, checked, packed so that the same sources give the same bytes."""

import ast
import re
import shutil
import tomllib
import zipfile
from pathlib import Path
from typing import Any

from . import blender
from .console import ROOT, BuildError, heading, in_ci, run, say

PARTS = (
    "blender_manifest.toml", "LICENSE", "sv3d_blender", "sv3d_engine",
    "requirements/runtime.txt", "requirements/cuda.txt",
)  # fmt: skip
INIT = '"""SV3D."""\n\nfrom .sv3d_blender import register, unregister\n\n__all__ = ["register", "unregister"]\n'
PLATFORMS = {"windows-x64", "windows-arm64", "macos-x64", "macos-arm64", "linux-x64"}
PERMISSIONS = {"files", "network", "clipboard", "camera", "microphone"}
REQUIRED = {
    "schema_version", "id", "version", "name", "tagline", "maintainer", "type", "blender_version_min", "license",
}  # fmt: skip
OLDEST_BLENDER = (4, 2, 0)  # the first with extensions
SHORT = 64  # characters of a tagline or of a permission's reason


def build() -> Path:
    """Make, check and return ``dist/sv3d-<version>.zip``, and the repository that offers it in ``dist/repository``."""
    heading("Extension")
    folder = stage(ROOT / "build" / "extension")
    problems = check(folder)
    if problems:
        raise BuildError("The extension is not fit to be installed:\n" + "\n".join(f"  {p}" for p in problems))
    manifest = tomllib.loads((folder / "blender_manifest.toml").read_text(encoding="utf-8"))
    target = pack(folder, ROOT / "dist" / f"{manifest['id']}-{manifest['version']}.zip")
    _validate(target)
    say(f"{target.relative_to(ROOT)}: {target.stat().st_size / 1e6:.2f} MB.  Drag it into Blender to install it.")
    if found := blender.validator():
        repository = make_repository(target, ROOT / "dist" / "repository", *found)
        say(f"{repository.relative_to(ROOT)}: a repository of extensions, for any web server or shared folder")
    return target


def make_repository(archive: Path, folder: Path, python: Path, script: Path) -> Path:
    """A static repository of the zip alone, indexed by Blender's own ``script``; returns its folder, made anew."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    shutil.copy(archive, folder)
    run([python, script, "server-generate", "--repo-dir", folder], quiet=True)
    return folder


def stage(folder: Path) -> Path:
    """Lay out the extension as Blender will unpack it."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    (folder / "__init__.py").write_text(INIT, encoding="utf-8")
    for part in PARTS:
        source = ROOT / part
        if source.is_dir():
            left_out = shutil.ignore_patterns("__pycache__", "*.pyc", ".*", "laboratory")
            shutil.copytree(source, folder / part, ignore=left_out)
        else:
            (folder / part).parent.mkdir(exist_ok=True)
            shutil.copy(source, folder / part)
    return folder


def pack(folder: Path, target: Path) -> Path:
    """Zip a staged extension; names in order and no times, so equal content is an equal file."""
    target.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for file in sorted(p for p in folder.rglob("*") if p.is_file()):
            entry = zipfile.ZipInfo(file.relative_to(folder).as_posix(), (1980, 1, 1, 0, 0, 0))
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.create_system = 3  # Unix, on whatever machine this runs
            entry.external_attr = 0o100644 << 16
            archive.writestr(entry, file.read_bytes())
    return target


def check(folder: Path) -> list[str]:
    """What is wrong with a staged extension, above all what Blender's own validation lets pass."""
    try:
        manifest = tomllib.loads((folder / "blender_manifest.toml").read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        return [f"blender_manifest.toml: {error}"]
    return [*_check_manifest(manifest, folder), *_check_sources(folder)]


def _check_manifest(manifest: dict[str, Any], folder: Path) -> list[str]:
    problems = [f"manifest: {key} is missing" for key in sorted(REQUIRED - manifest.keys())]
    problems += [f"manifest: {key} is empty" for key, value in manifest.items() if value in ("", [], {})]
    if problems:
        return problems
    if _numbers(manifest["blender_version_min"]) < OLDEST_BLENDER:
        problems.append("manifest: blender_version_min is older than 4.2.0, the first Blender with extensions")
    if manifest["license"] != ["SPDX:GPL-3.0-or-later"]:
        problems.append("manifest: license has to be SPDX:GPL-3.0-or-later")
    if "blender" in manifest["name"].lower():
        problems.append("manifest: the name must not hold the word Blender")
    sentences = {"tagline": manifest["tagline"], **manifest.get("permissions", {})}
    for key, text in sentences.items():
        if len(text) > SHORT or text[-1] in ".!?,;:":
            problems.append(f"manifest: {key} is longer than {SHORT} characters or ends with punctuation")
    problems += [f"manifest: no platform {p}" for p in manifest.get("platforms", []) if p not in PLATFORMS]
    problems += [f"manifest: no permission {p}" for p in manifest.get("permissions", {}) if p not in PERMISSIONS]
    problems += [f"manifest: {w} is not there" for w in manifest.get("wheels", []) if not (folder / w).is_file()]
    engine = (folder / "sv3d_engine" / "__init__.py").read_text(encoding="utf-8")
    if f'__version__ = "{manifest["version"]}"' not in engine:
        problems.append(f"manifest: version {manifest['version']} is not that of sv3d_engine")
    return problems


def _check_sources(folder: Path) -> list[str]:
    """Every file parses in Blender's oldest Python, and the add-on reaches the engine by relative imports only."""
    problems = []
    for file in sorted(folder.rglob("*.py")):
        name = file.relative_to(folder).as_posix()
        try:
            tree = ast.parse(file.read_text(encoding="utf-8"), name, feature_version=(3, 11))
        except SyntaxError as error:
            problems.append(f"{name}: {error}")
            continue
        if name.startswith("sv3d_blender/"):
            problems += [f"{name}: imports sv3d absolutely" for node in ast.walk(tree) if _absolute_import(node)]
    return problems


def _absolute_import(node: ast.AST) -> bool:
    if isinstance(node, ast.Import):
        return any(re.match(r"sv3d", alias.name) for alias in node.names)
    return isinstance(node, ast.ImportFrom) and node.level == 0 and bool(re.match(r"sv3d", node.module or ""))


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split("."))


def _validate(target: Path) -> None:
    """Blender's own opinion."""
    found = blender.validator()
    if found:
        python, script = found
        run([python, script, "validate", target], quiet=True)
        say("Valid by Blender's own check")
    elif in_ci():
        raise BuildError("No Blender to check the extension with")
    else:
        say("Not checked by Blender itself, for there is none here")
