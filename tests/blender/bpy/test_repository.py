"""The extension from a repository of our own, by Blender's ``--command extension``: installed, updated, removed."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import bpy
import pytest

from building.extension import make_repository, pack, stage

CLIENT = Path(bpy.utils.resource_path("LOCAL"), "scripts", "addons_core", "bl_pkg", "cli", "blender_ext.py")

# In a process of its own, whose settings are its own.  Arguments: folder of settings, the index's address, commands.
BLENDER = """
import json, os, sys
os.environ["BLENDER_USER_RESOURCES"] = sys.argv[1]
import bpy
bpy.ops.wm.read_homefile(use_empty=True, use_factory_startup=True)
bpy.context.preferences.system.use_online_access = True
repositories = bpy.context.preferences.extensions.repos
for repository in list(repositories):  # Blender's own would be asked, too
    repositories.remove(repository)
from bl_pkg.bl_extension_cli import cli_extension_handler
from pathlib import Path

told = []
def do(*words):
    status = cli_extension_handler(list(words))
    manifest = Path(sys.argv[1], "local", "sv3d", "blender_manifest.toml")
    lines = manifest.read_text().splitlines() if manifest.exists() else []
    version = next((line.split('"')[1] for line in lines if line.startswith("version =")), None)
    told.append([status, version, hasattr(bpy.context.scene, "sv3d")])

do("repo-add", "ours", "--name", "SV3D", "--url", sys.argv[2], "--directory", sys.argv[1] + "/local")
do("sync")
do("install", "--enable", "sv3d")
os.rename(sys.argv[3], sys.argv[3] + ".old")
os.rename(sys.argv[4], sys.argv[3])
do("sync")
do("update")
do("remove", "sv3d")
Path(sys.argv[1], "told.json").write_text(json.dumps(told))
os._exit(0)
"""


@pytest.fixture
def repositories(tmp_path: Path) -> dict[str, Path]:
    """Of an older version, and of this one; by version."""
    staged = stage(tmp_path / "staged")
    for model in staged.rglob("*.safetensors"):
        model.unlink()  # large
    manifest = staged / "blender_manifest.toml"
    text = manifest.read_text(encoding="utf-8")
    made = {}
    for version in ("0.0.1", "0.1.0"):
        manifest.write_text(text.replace('version = "0.1.0"', f'version = "{version}"'), encoding="utf-8")
        archive = pack(staged, tmp_path / f"sv3d-{version}.zip")
        made[version] = make_repository(archive, tmp_path / f"repository-{version}", Path(sys.executable), CLIENT)
    return made


def test_a_repository_is_an_index_and_the_zip(repositories):
    folder = repositories["0.1.0"]
    assert sorted(path.name for path in folder.iterdir()) == ["index.json", "sv3d-0.1.0.zip"]
    (entry,) = json.loads((folder / "index.json").read_text(encoding="utf-8"))["data"]
    assert (entry["id"], entry["version"], entry["archive_url"]) == ("sv3d", "0.1.0", "./sv3d-0.1.0.zip")
    assert entry["archive_size"] == (folder / "sv3d-0.1.0.zip").stat().st_size


def test_install_update_and_remove(repositories, tmp_path):
    served, settings = tmp_path / "served", tmp_path / "settings"
    shutil.move(repositories["0.0.1"], served)
    settings.mkdir()
    url = (served / "index.json").as_uri()
    script = [sys.executable, "-c", BLENDER, settings, url, served, repositories["0.1.0"]]
    done = subprocess.run(script, capture_output=True, text=True, errors="replace", check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert json.loads((settings / "told.json").read_text()) == [
        [0, None, False],
        [0, None, False],
        [0, "0.0.1", True],
        [0, "0.0.1", True],
        [0, "0.1.0", True],
        [0, None, False],
    ], done.stdout + done.stderr
