"""Where a virtual environment has its Python."""

import sys
from pathlib import Path

from sv3d_engine.shared.engine_python import ENGINE_PYTHONS, THIS_VERSION, python_in


def test_this_environments_python_is_found():
    assert THIS_VERSION in ENGINE_PYTHONS
    if sys.prefix != sys.base_prefix:
        assert python_in(Path(sys.prefix)).samefile(sys.executable)
