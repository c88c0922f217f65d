"""The installable zip: the same bytes every time, and a check that sees what Blender's own does not."""

import hashlib
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest

from building import extension

MANIFEST = "blender_manifest.toml"


@pytest.fixture
def staged(tmp_path: Path) -> Path:
    return extension.stage(tmp_path / "staged")


def change(staged: Path, old: str, new: str) -> list[str]:
    text = (staged / MANIFEST).read_text(encoding="utf-8")
    assert old in text
    (staged / MANIFEST).write_text(text.replace(old, new), encoding="utf-8")
    return extension.check(staged)


def test_the_extension_as_it_is_has_no_faults(staged: Path) -> None:
    assert extension.check(staged) == []


def test_two_builds_are_the_same_file(staged: Path, tmp_path: Path) -> None:
    first = extension.pack(staged, tmp_path / "1.zip")
    second = extension.pack(extension.stage(tmp_path / "again"), tmp_path / "2.zip")
    assert hashlib.sha256(first.read_bytes()).digest() == hashlib.sha256(second.read_bytes()).digest()


def test_what_is_in_the_zip(staged: Path, tmp_path: Path) -> None:
    names = zipfile.ZipFile(extension.pack(staged, tmp_path / "a.zip")).namelist()
    assert {MANIFEST, "__init__.py", "LICENSE", "sv3d_blender/__init__.py", "sv3d_engine/__main__.py"} <= set(names)
    locks = {n for n in names if n.startswith("requirements/")}
    assert locks == {"requirements/runtime.txt", "requirements/cuda.txt"}, "what Set Up Engine installs"
    assert not [n for n in names if n.startswith(("tests", "building")) or "/laboratory/" in n]
    assert not [n for n in names if "__pycache__" in n or "\\" in n]
    manifest = tomllib.loads((staged / MANIFEST).read_text(encoding="utf-8"))
    assert manifest["id"] == "sv3d"


def test_the_engine_works_without_the_laboratory(staged: Path) -> None:
    """The commands of the artist's engine, and none of the others."""
    told = subprocess.run(
        [sys.executable, "-m", "sv3d_engine", "--help"], cwd=staged, capture_output=True, text=True, check=True
    ).stdout
    assert "mesh" in told and "doctor" in told
    assert "train" not in told and "bench" not in told


def test_the_demonstration_model_goes_along_where_there_is_one(staged: Path) -> None:
    models, staged_models = (
        {p.name for p in (root / "sv3d_engine").rglob("*.safetensors")} for root in (extension.ROOT, staged)
    )
    assert staged_models == models


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ('blender_version_min = "4.2.0"', 'blender_version_min = "4.1.0"', "older than 4.2.0"),
        ("SPDX:GPL-3.0-or-later", "GPL", "license"),
        ('name = "SV3D"', 'name = "SV3D for Blender"', "must not hold the word"),
        ('tagline = "', f'tagline = "{"x" * 60}', "tagline"),
        ('version = "0.1.0"', 'version = "0.2.0"', "not that of sv3d_engine"),
        ('id = "sv3d"', "", "id is missing"),
        ('id = "sv3d"', 'id = "sv3d"\nplatforms = ["amiga"]', "no platform amiga"),
        ('id = "sv3d"', 'id = "sv3d"\nwheels = ["./wheels/a.whl"]', "a.whl is not there"),
        ('id = "sv3d"', 'id = "sv3d"\nwebsite = ""', "website is empty"),
        ("[permissions]", '[permissions]\nteleport = "Go"', "no permission teleport"),
        ("[permissions]", "[permissions", "blender_manifest.toml"),
    ],
)
def test_faults_in_the_manifest_are_seen(staged: Path, old: str, new: str, problem: str) -> None:
    assert problem in " ".join(change(staged, old, new))


def test_faults_in_the_sources_are_seen(staged: Path) -> None:
    (staged / "sv3d_blender" / "bad.py").write_text("from sv3d_engine import protocol\n", encoding="utf-8")
    (staged / "sv3d_engine" / "worse.py").write_text("type X = int\n", encoding="utf-8")  # Python 3.12's
    problems = extension.check(staged)
    assert problems[0] == "sv3d_blender/bad.py: imports sv3d absolutely"
    assert problems[1].startswith("sv3d_engine/worse.py: ")
