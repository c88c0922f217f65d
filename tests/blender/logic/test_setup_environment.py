"""The environment that packages are installed into: put right where its Python or pip is broken, and made anew."""

import dataclasses
import shutil
import sys
from pathlib import Path

import pytest
from sv3d.sv3d_blender.setup import plan
from sv3d.sv3d_blender.setup.packages import site_packages
from sv3d.sv3d_blender.setup.state import State
from sv3d.sv3d_engine.shared.engine_python import python_in
from sv3d.sv3d_engine.shared.errors import UserError

from tests.blender.logic.setup_index import leftovers, published, runs

pytestmark = pytest.mark.usefixtures("plain_torch")


def test_a_python_that_is_gone_is_led_back_without_fetching_anything(engine):
    for path in python_in(engine.places.environment).parent.glob("python*"):
        path.unlink()
    python_in(engine.places.environment).symlink_to("/no/such/blender/python3.11")
    assert engine.state() is State.DAMAGED
    shutil.rmtree(engine.index)
    engine.set_up(thorough=True)
    assert engine.state(files=True) is State.READY
    assert runs(engine, "import torch; print(torch.VERSION)") == "2.0"


def test_a_damaged_pip_is_put_right(engine):
    site = site_packages(engine.places.environment)
    (site / "pip" / "_internal" / "__init__.py").unlink()
    (site / "scipy" / "data.py").unlink()
    engine.set_up(thorough=True)
    assert engine.state(files=True) is State.READY


def test_a_python_that_cannot_make_environments_is_told(tmp_path):
    engine = published(tmp_path)
    python = tmp_path / "python"
    python.write_text("#!/bin/sh\necho 'No module named venv'; exit 1\n")
    python.chmod(0o755)
    with pytest.raises(UserError, match="cannot make environments"):
        engine.set_up(plan=dataclasses.replace(engine.plan(), base=plan.Base((str(python),), "3.11", "a broken one")))


def test_a_standalone_python_is_fetched_where_blenders_does_not_do(tmp_path):
    """uv itself is stood in for: it puts a link to this Python where uv puts a whole one."""
    engine = published(tmp_path)
    program = f"""
import pathlib, sys
words = sys.argv
folder = pathlib.Path(words[words.index('--install-dir') + 1], f'cpython-{{words[3]}}.9-linux-x86_64-gnu', 'bin')
folder.mkdir(parents=True)
(folder / 'python3').symlink_to({sys._base_executable!r})
"""
    wheel = engine.publish("uv", "0.13.9")
    import zipfile

    with zipfile.ZipFile(wheel, "a") as archive:
        archive.writestr("uv/__main__.py", program)
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    base = plan.Base((sys.executable,), version, "a Python of its own", standalone=True)
    engine.set_up(plan=dataclasses.replace(engine.plan(), base=base))
    assert engine.state(files=True) is State.READY
    assert Path(runs(engine, "import sys; print(sys.base_prefix)")).exists()
    assert leftovers(engine) == {"python"}
    assert str(engine.places.standalone) in (engine.places.environment / "pyvenv.cfg").read_text()
