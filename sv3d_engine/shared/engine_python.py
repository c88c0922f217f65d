"""The Python that can run the engine.  Standard library only."""

import os
import sys
from pathlib import Path

ENGINE_PYTHONS = ("3.11", "3.12", "3.13", "3.14")  # what torch and numba have wheels for
THIS_VERSION = f"{sys.version_info.major}.{sys.version_info.minor}"


def python_in(folder: Path) -> Path:
    """The Python of a virtual environment's folder."""
    return folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")


def made_environment(home: Path) -> Path:
    """The environment that the add-on makes for the engine, in SV3D's home folder."""
    return home / "engine"
