"""The rules for extensions that Blender's own validator does not check."""

import tomllib
from pathlib import Path

from sv3d.sv3d_engine import __version__

MANIFEST = tomllib.loads((Path(__file__).resolve().parents[3] / "blender_manifest.toml").read_text(encoding="utf-8"))
LONGEST = 64


def test_words_shown_to_users():
    assert "blender" not in MANIFEST["name"].lower()
    for text in (MANIFEST["tagline"], *MANIFEST["permissions"].values()):
        assert len(text) <= LONGEST
        assert text[-1].isalnum()


def test_versions():
    assert MANIFEST["version"] == __version__
    assert MANIFEST["blender_version_min"] == "4.2.0"
    assert MANIFEST["license"] == ["SPDX:GPL-3.0-or-later"]


def test_permissions_are_what_the_code_uses():
    source = "".join(p.read_text(encoding="utf-8") for p in Path(__file__).parents[3].glob("sv3d_blender/**/*.py"))
    assert ("clipboard" in source) == ("clipboard" in MANIFEST["permissions"])
    assert ("online_access" in source) == ("network" in MANIFEST["permissions"])  # the engine fetches, if she says so
    assert not any(f"import {name}" in source for name in ("urllib", "requests", "http", "socket"))
