"""The real Blender with its window, and the extension installed in it as a user would.

``python build.py test window`` provides both; by hand: ``provision`` once, then pytest with this folder.
"""

import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "stand_in")]

import wedge  # noqa: E402
from gui import BlenderWindow  # noqa: E402

from building.extension import pack, stage  # noqa: E402

STAND_IN = HERE.parent / "stand_in" / "python"


@pytest.fixture(scope="session")
def extension_zip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The zip that build.py has made, else one made here."""
    if given := os.environ.get("SV3D_ZIP"):
        return Path(given)
    folder = tmp_path_factory.mktemp("extension")
    return pack(stage(folder / "sv3d"), folder / "sv3d.zip")


@pytest.fixture
def open_window(extension_zip: Path) -> Iterator[Callable[..., BlenderWindow]]:
    """Opens Blender's window with this Python for its engine; what it prints must hold no error at the end."""
    opened: list[BlenderWindow] = []

    def open_with(python: Path, *, installed: Path | None = None, **environment: str) -> BlenderWindow:
        """``installed`` is a folder of settings that a window before this one has left, with the extension in it."""
        # The window sees this project and the temporary folder; a Python elsewhere has to be shown to it.
        homes = {str(Path(home)) for home in (sys.prefix, sys.base_prefix)}
        window = BlenderWindow(
            zip=None if installed and any(installed.iterdir()) else str(extension_zip),
            resources=installed,
            size=(1400, 900),
            bind=sorted(homes),
            env={"SV3D_ENGINE_PYTHON": str(python), **environment},
        )
        opened.append(window)
        window.exec("from bl_ext.user_default.sv3d.sv3d_blender.engine.session import session")
        return window

    yield open_with
    for window in opened:
        errors = window.errors()
        killed = window.process is not None and window.process.poll() is not None
        window.close()
        assert not errors
        if killed:
            continue
        assert "still running when Blender ended" not in window.log_text()


def press_generate(window: BlenderWindow) -> None:
    """Press the tab's button, once the tab has seen what there is and lets it be pressed."""
    window.exec("from bl_ext.user_default.sv3d.sv3d_blender.setup.card import why_not")
    window.wait("not why_not(C)", timeout=60)
    window.settle(5)
    window.click_button("sv3d.generate")


@pytest.fixture
def picture(tmp_path: Path) -> Path:
    """The wedge from the front, cut out."""
    path = tmp_path / "cow.png"
    wedge.write_picture(path)
    return path


@pytest.fixture
def orbit_folder(tmp_path: Path) -> Path:
    """Frames of an orbit with their cameras."""
    folder = tmp_path / "wedge"
    wedge.write_orbit(folder)
    wedge.write_cameras(folder / "cameras.json")
    return folder
