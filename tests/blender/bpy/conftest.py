"""Blender as a module, with the staged extension installed in settings of its own.

These tests run where ``import bpy`` works: ``.venv-bpy-<version>/bin/python -m pytest tests/blender/bpy``.
"""

import gc
import importlib
import os
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType, SimpleNamespace

import pytest

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "stand_in"))

import wedge  # noqa: E402

from building.extension import stage  # noqa: E402

STAND_IN = HERE.parent / "stand_in" / "python"
MODULE = "bl_ext.user_default.sv3d"

RESOURCES = tempfile.TemporaryDirectory(prefix="sv3d-resources-")
os.environ["BLENDER_USER_RESOURCES"] = RESOURCES.name  # read when bpy is imported
os.environ["SV3D_HOME"] = str(Path(RESOURCES.name, "home"))  # not the engine and the models of who runs the tests
os.environ["XDG_DATA_HOME"] = f"{RESOURCES.name}/data"  # where the add-on remembers results

import bpy  # noqa: E402  (also makes bpy_extras and mathutils importable for the tests)


def pytest_configure(config: pytest.Config) -> None:
    """What a later Blender will not have is not used."""
    config.addinivalue_line("filterwarnings", "error::DeprecationWarning")


@pytest.fixture(scope="session")
def extension() -> Iterator[str]:
    """The extension, enabled; its module name."""
    import addon_utils

    stage(Path(RESOURCES.name, "extensions", "user_default", "sv3d"))
    assert addon_utils.enable(MODULE, default_set=True)
    yield MODULE
    addon_utils.disable(MODULE)  # else its handlers keep Blender 4.5 from ending
    _forget("io_scene_gltf2")  # else Blender 4.2's module crashes as it ends, after any export of a glTF file
    RESOURCES.cleanup()


def _forget(add_on: str) -> None:
    """Disable an add-on, and leave nothing of its modules that could hold ``bpy`` when Python ends."""
    import addon_utils

    addon_utils.disable(add_on)
    for name in [name for name in sys.modules if name.split(".")[0] == add_on]:
        vars(sys.modules.pop(name)).clear()
    gc.collect()


@pytest.fixture
def blender(extension: str) -> Iterator[ModuleType]:
    """``bpy`` with an empty scene."""
    bpy.ops.wm.read_homefile(use_empty=True, use_factory_startup=True)
    chosen = bpy.context.preferences.addons[extension].preferences
    chosen.python, chosen.results.folder = str(STAND_IN), f"{RESOURCES.name}/results"
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


def turn_until(done: Callable[[], bool], timeout: float = 60.0) -> float:
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


@pytest.fixture
def session(blender):
    return part("engine.session").session


@pytest.fixture
def preferences(blender, tmp_path):
    chosen = part("preferences.property_group").preferences(blender.context)
    chosen.weights = str(wedge.write_weights(tmp_path / "sv3d_p.safetensors"))
    yield chosen
    for name in ("weights", "weights_variant", "weights_problem", "variant", "download", "device"):
        chosen.property_unset(name)


@pytest.fixture
def online(blender) -> Iterator[None]:
    """Blender may go online."""
    system = blender.context.preferences.system
    before, system.use_online_access = system.use_online_access, True
    yield
    system.use_online_access = before


@pytest.fixture
def settings(blender, preferences, picture):
    settings = blender.context.scene.sv3d
    settings.picture = blender.data.images.load(str(picture))
    return settings


@pytest.fixture
def picture(tmp_path) -> Path:
    path = tmp_path / "pictures" / "cow.png"
    wedge.write_picture(path)
    return path


@pytest.fixture
def demonstration(blender, tmp_path, monkeypatch) -> Path:
    """Small weights in the place of the demonstration model."""
    path = wedge.write_weights(tmp_path / "mini.safetensors", frame_size=128)
    yield from _bundle(path, monkeypatch)


@pytest.fixture
def no_demonstration(blender, tmp_path, monkeypatch) -> Path:
    """An extension without the demonstration model."""
    yield from _bundle(tmp_path / "none.safetensors", monkeypatch)


def _bundle(path, monkeypatch):
    monkeypatch.setattr(part_of_engine("shared.model_facts"), "_FILE", path)
    preflight = part("generate.preflight")
    preflight.demonstration.cache_clear()
    yield path
    preflight.demonstration.cache_clear()


def drawn(blender, paper: "Paper | None" = None) -> list[str]:
    """What the tab says: the texts of its labels and of those buttons that have one of their own."""
    paper = paper or Paper()
    wide = SimpleNamespace(width=9999)  # enough for a sentence a line
    addons, scale = blender.context.preferences.addons, SimpleNamespace(ui_scale=1)
    chosen = SimpleNamespace(addons=addons, system=scale)
    part("generate.panel").draw_generate(
        paper,
        SimpleNamespace(scene=blender.context.scene, preferences=chosen, region=wide, mode=blender.context.mode),
    )
    return paper.said


class Paper:
    """Stands in for Blender's UILayout, which only a window has."""

    def __init__(self) -> None:
        self.said: list[str] = []

    def __getattr__(self, name: str):
        """Boxes, rows and columns are the same paper; buttons take any property."""

        def put(*args, text: str = "", **kwargs):
            if text:
                self.said.append(text)
            return SimpleNamespace() if name == "operator" else 0 if name == "icon" else self

        return put


def press(blender):
    """What a press of the tab's button orders."""
    settings = blender.context.scene.sv3d
    chosen = part("preferences.property_group").preferences(blender.context)
    return part("generate.request").order(settings, chosen)


def order(blender):
    """The same, once its files are written."""
    ordered = press(blender)
    while not part("generate.picture_copy").is_written(ordered.request):
        time.sleep(0.005)
    return ordered


def lacking(blender) -> str:
    """Why the tab's Generate is disabled; empty if it is not."""
    return part("generate.starting").lacking(blender.context)


def gone(pid: int, within: float = 1.0) -> bool:
    """Whether a process ends within these seconds."""
    end = time.monotonic() + within
    while time.monotonic() < end:
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            return True
        time.sleep(0.02)
    return False
