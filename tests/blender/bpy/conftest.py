"""Blender as a module, with the staged extension installed in settings of its own.

These tests run where ``import bpy`` works: ``.venv-bpy-<version>/bin/python -m pytest tests/blender/bpy``.
"""

import importlib
import os
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType

import pytest

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "stand_in"))

import wedge  # noqa: E402

from building.extension import stage  # noqa: E402

STAND_IN = HERE.parent / "stand_in" / "python"
MODULE = "bl_ext.user_default.sv3d"

RESOURCES = tempfile.TemporaryDirectory(prefix="sv3d-resources-")
os.environ["BLENDER_USER_RESOURCES"] = RESOURCES.name  # read when bpy is imported

import bpy  # noqa: E402  (also makes bpy_extras and mathutils importable for the tests)


@pytest.fixture(scope="session")
def extension() -> Iterator[str]:
    """The extension, enabled; its module name."""
    import addon_utils

    stage(Path(RESOURCES.name, "extensions", "user_default", "sv3d"))
    assert addon_utils.enable(MODULE, default_set=True)
    yield MODULE
    addon_utils.disable(MODULE)  # else its handlers keep Blender 4.5 from ending
    RESOURCES.cleanup()


@pytest.fixture
def blender(extension: str) -> Iterator[ModuleType]:
    """``bpy`` with an empty scene."""
    bpy.ops.wm.read_homefile(use_empty=True, use_factory_startup=True)
    bpy.context.preferences.addons[extension].preferences.python = str(STAND_IN)
    yield bpy
    part("engine.session").session.shutdown()


@pytest.fixture
def job_folder(tmp_path: Path) -> Path:
    """A finished job."""
    folder = tmp_path / "job"
    wedge.write_job(folder)
    return folder


@pytest.fixture
def orbit_folder(tmp_path: Path) -> Path:
    """Frames of an orbit with their cameras."""
    folder = tmp_path / "wedge"
    wedge.write_orbit(folder)
    wedge.write_cameras(folder / "cameras.json")
    return folder


def part(name: str) -> ModuleType:
    """A module of the installed add-on."""
    return importlib.import_module(f"{MODULE}.sv3d_blender.{name}")


def part_of_engine(name: str) -> ModuleType:
    """A module of the engine as the add-on reads it."""
    return importlib.import_module(f"{MODULE}.sv3d_engine.{name}")


def turn_until(done: Callable[[], bool], timeout: float = 20.0) -> float:
    """Do what Blender's timer does until ``done``; the longest turn in seconds.  Without a window no timer runs."""
    session = part("engine.session").session
    end, longest = time.monotonic() + timeout, 0.0
    while not done():
        assert time.monotonic() < end, f"still {session.job}"
        begun = time.perf_counter()
        session.tick()
        longest = max(longest, time.perf_counter() - begun)
        time.sleep(0.01)
    return longest
