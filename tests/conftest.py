"""The add-on as plain Python sees it: package ``sv3d`` with the layout of the installed extension, without Blender."""

import os
import sys
import tempfile
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).resolve().parent.parent


def _alias_extension() -> None:
    """Make ``sv3d.sv3d_blender`` and ``sv3d.sv3d_engine`` importable, so that the add-on's relative imports hold."""
    package = ModuleType("sv3d")
    package.__path__ = [str(ROOT)]
    sys.modules.setdefault("sv3d", package)
    if str(ROOT) not in sys.path:
        sys.path.insert(0, str(ROOT))


_alias_extension()

from sv3d_engine.ground.torch_setup import prepare_torch  # noqa: E402  (found only now)
from sv3d_engine.shared.model_catalogue import models_folder  # noqa: E402

prepare_torch()

# No test sees, or adds to, the models of whoever runs it, unless it asks for them.
os.environ.setdefault("SV3D_REAL_MODELS", str(models_folder()))
os.environ["SV3D_HOME"] = os.environ["U2NET_HOME"] = str(Path(tempfile.gettempdir()) / f"sv3d-no-models-{os.getpid()}")

# No test cuts the power, and a disk can take 10 ms for each of thousands of files.
_fsync, os.fsync = os.fsync, lambda descriptor: None


@pytest.fixture
def real_fsync(monkeypatch: pytest.MonkeyPatch) -> None:
    """The disk is waited for after all."""
    monkeypatch.setattr(os, "fsync", _fsync)
