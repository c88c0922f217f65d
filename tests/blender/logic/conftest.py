"""Environments that are set up, and such as are begun, for the tests of the set-up; to make one takes seconds."""

import shutil
from pathlib import Path

import pytest
from sv3d.sv3d_blender.setup import plan
from sv3d.sv3d_blender.setup.packages import installed
from sv3d.sv3d_engine.shared.torch_build import TorchBuild

from tests.blender.logic.setup_index import Engine, published


@pytest.fixture
def plain_torch(monkeypatch):
    """The index has one PyTorch, for no processor in particular."""
    monkeypatch.setattr(plan.torch_build, "torch_build", lambda choice: TorchBuild("cpu"))


@pytest.fixture(scope="session")
def made(tmp_path_factory) -> Path:
    """An engine that is set up, to be copied."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(plan.torch_build, "torch_build", lambda choice: TorchBuild("cpu"))
        engine = published(tmp_path_factory.mktemp("made"))
        engine.set_up()
    return engine.folder


@pytest.fixture(scope="session")
def bare(made, tmp_path_factory) -> Path:
    """An environment with pip alone; to make one takes seconds."""
    folder = tmp_path_factory.mktemp("bare") / "environment"
    shutil.copytree(made / "home" / "engine", folder, symlinks=True)
    (folder / "sv3d_engine.json").unlink()
    for package in installed(folder).values():
        if package.name not in ("pip", "setuptools"):
            shutil.rmtree(package.folder)
            shutil.rmtree(package.folder.parent / package.name.replace("-", "_"))
    return folder


@pytest.fixture
def begun(bare, tmp_path, plain_torch) -> Engine:
    """An engine whose set-up has got as far as the environment."""
    engine = published(tmp_path)
    shutil.copytree(bare, engine.places.unfinished, symlinks=True)
    return engine


@pytest.fixture
def engine(made, tmp_path, plain_torch) -> Engine:
    """An engine that is set up."""
    shutil.copytree(made, tmp_path / "engine", symlinks=True)
    return Engine(tmp_path / "engine")
