"""Where results go, that they survive the add-on, and that files keep showing those that have moved."""

import os
import subprocess
import sys
from pathlib import Path

import bpy
import pytest
import wedge
from conftest import MODULE, RESOURCES, part, turn_until

JOB = "wedge-20261128-120000"


@pytest.fixture
def results(blender):
    return part("preferences.property_group").preferences(blender.context).results


@pytest.fixture
def catalogue(blender):
    catalogue = part("history.catalogue").catalogue
    yield catalogue
    catalogue.shutdown()


def read(catalogue) -> None:
    """What the timer does until all is read, as no timer runs without a window."""
    turn_until(lambda: catalogue.tick() or not catalogue.at_work)


def test_a_folder_that_blender_deletes_is_refused_with_a_word(blender, results, tmp_path):
    storage = part("storage")
    before = results.folder
    for doomed in (storage.user_folder(), storage.EXTENSION_ROOT / "mine", Path(bpy.app.tempdir) / "mine"):
        results.folder = str(doomed)
        assert results.folder == before
        assert "Blender deletes" in results.problem
    results.folder = str(tmp_path)
    assert (results.folder, results.problem) == (str(tmp_path), "")
    assert storage.new_job_folder("cow").parent == tmp_path


def test_without_a_choice_results_go_to_the_documents(blender, results):
    results.folder = ""
    assert Path(results.folder) == part("results_folder").default_folder()
    assert Path(results.folder).name == "SV3D"


def test_results_lie_beside_the_file_where_that_is_asked_for(blender, results, tmp_path):
    storage, scene = part("storage"), blender.context.scene
    other = blender.data.scenes.new("other")
    scene.sv3d_results.beside_file = True
    assert other.sv3d_results.beside_file, "it is one choice for the whole file"
    assert storage.new_job_folder("cow").parent == Path(results.folder), "it has no place yet"
    blender.ops.wm.save_as_mainfile(filepath=str(tmp_path / "scene.blend"))
    assert storage.new_job_folder("cow").parent == tmp_path / "sv3d_results"
    assert tmp_path / "sv3d_results" in part("results_folder").read_index().folders
    blender.ops.wm.save_as_mainfile(filepath=str(Path(bpy.app.tempdir) / "scene.blend"))
    assert storage.new_job_folder("cow").parent == Path(results.folder), "Blender empties that folder"


def test_results_of_an_earlier_version_move_once_and_their_file_shows_them_still(blender, results, catalogue, tmp_path):
    old = part("storage").former_results_folder() / JOB
    wedge.write_job(old)
    (old / "job.json").write_text("{}", encoding="utf-8")
    results.folder = str(tmp_path / "SV3D")
    image = blender.data.images.load(str(old / "frames" / "000.png"))
    image.use_fake_user = True
    image.source = "SEQUENCE"
    settings = blender.context.scene.sv3d
    settings.source, settings.folder = "FOLDER", str(old / "frames")
    blender.ops.wm.save_as_mainfile(filepath=str(tmp_path / "scene.blend"))

    part("history.housekeeping")._begin()
    read(catalogue)
    new = tmp_path / "SV3D" / JOB
    assert (new / "mesh.glb").exists() and not old.exists()
    assert "Earlier results, 1 of them, have been moved" in catalogue.message
    assert image.filepath == str(new / "frames" / "000.png"), "in the file that is open"
    blender.ops.wm.open_mainfile(filepath=str(tmp_path / "scene.blend"))
    assert bpy.data.images["000.png"].filepath == str(new / "frames" / "000.png"), "and in one that is opened later"
    assert bpy.context.scene.sv3d.folder == str(new / "frames")
    assert bpy.context.scene.sv3d.frame_count == 21


def test_every_result_outlives_the_add_on(blender, session, results, orbit_folder):
    """Disabled, updated and removed in a Blender of its own, by Blender's own operators."""
    blender.context.scene.sv3d.source = "FOLDER"
    blender.context.scene.sv3d.folder = str(orbit_folder)
    blender.ops.sv3d.generate()
    turn_until(lambda: not session.busy and not session.waiting_to_deliver)
    out = Path(session.job.result.out)
    code = f"""
import bpy, addon_utils, pathlib, shutil, sys
extensions = pathlib.Path(bpy.utils.user_resource("EXTENSIONS"))
former = extensions / ".user" / "user_default" / "sv3d" / "jobs" / "old-20261128-120000"
shutil.copytree({str(out)!r}, former)
assert addon_utils.enable({MODULE!r}, default_set=True)
from {MODULE}.sv3d_blender import storage
results = storage.own_results_folder()
made = results / former.name
assert made.is_dir() and not former.exists(), "results of an earlier version are moved before anything can be removed"
gone = pathlib.Path(storage.user_folder()), storage.EXTENSION_ROOT
count = sum(1 for p in results.rglob("*"))
addon_utils.disable({MODULE!r})
assert sum(1 for p in results.rglob("*")) == count
addon_utils.enable({MODULE!r}, default_set=True)
index = next(i for i, r in enumerate(bpy.context.preferences.extensions.repos) if r.module == "user_default")
bpy.ops.extensions.package_uninstall(repo_index=index, pkg_id="sv3d")
assert not any(folder.exists() for folder in gone), gone
assert sum(1 for p in results.rglob("*")) == count
assert (made / "mesh.glb").exists()
print("counted", count, flush=True)
__import__("os")._exit(0)  # Blender 4.2 as a module crashes as it ends after a removal, of whatever add-on
"""
    with_copy = tmp_copy(Path(RESOURCES.name), out.parents[1] / "copy-of-resources")
    env = {**os.environ, "BLENDER_USER_RESOURCES": str(with_copy), "XDG_CONFIG_HOME": str(with_copy)}
    (with_copy / "Documents").mkdir()
    (with_copy / "user-dirs.dirs").write_text(f'XDG_DOCUMENTS_DIR="{with_copy}/Documents"\n', encoding="utf-8")
    command = [sys.executable, "-c", code]
    answer = subprocess.run(command, check=False, env=env, capture_output=True, text=True, timeout=120)
    assert answer.returncode == 0, answer.stderr + answer.stdout
    assert "counted" in answer.stdout


def tmp_copy(folder: Path, target: Path) -> Path:
    import shutil

    shutil.rmtree(target, ignore_errors=True)
    shutil.copytree(folder / "extensions", target / "extensions")
    return target


def test_two_blenders_have_a_log_each(blender):
    log = part("storage").engine_log()
    assert log.name.startswith(f"engine-{os.getpid()}-")
    assert log == part("storage").engine_log()
