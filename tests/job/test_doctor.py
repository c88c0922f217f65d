import importlib.metadata
import json
import subprocess
import sys
from pathlib import Path

import pytest

from sv3d_engine.job import command_line, doctor, report
from sv3d_engine.shared import model_facts, protocol


def by_name(answer):
    return {check.name: check for check in answer.checks}


def test_tells_what_this_machine_has(tmp_path):
    answer = doctor.examine(tmp_path)
    checks = by_name(answer)
    assert "cpu" in answer.devices
    assert checks["torch"].finding == importlib.metadata.version("torch")
    assert "GB" in checks["Memory"].finding
    assert str(tmp_path) in checks["Disk"].finding
    assert int(checks["CPU cores"].finding.split()[0]) >= 1
    assert all(check.ok or check.remedy for check in answer.checks)


def test_the_demonstration_model_is_told_where_it_is(tmp_path, monkeypatch):
    file = tmp_path / "mini.safetensors"
    monkeypatch.setattr(model_facts, "_FILE", file)
    assert by_name(doctor.examine(tmp_path))["Weights"].finding.startswith("none here")
    file.touch()
    assert str(file) in by_name(doctor.examine(tmp_path))["Weights"].finding


def test_a_missing_package_comes_with_its_fix(tmp_path, monkeypatch):
    monkeypatch.setattr(doctor, "package_version", lambda name: None if name == "xatlas" else "1.0")
    answer = doctor.examine(tmp_path)
    assert not answer.ready
    assert by_name(answer)["xatlas"].finding == "not installed"
    assert "pip install xatlas" in by_name(answer)["xatlas"].remedy
    text = doctor.as_text(answer)
    assert "pip install xatlas" in text
    assert "cannot make meshes yet" in text


@pytest.mark.parametrize("error", [ImportError("libgomp.so.1: cannot open"), OSError("WinError 126")])
def test_a_torch_that_does_not_load(tmp_path, monkeypatch, error):
    def fail():
        raise error

    monkeypatch.setattr(doctor, "available_devices", fail)
    answer = doctor.examine(tmp_path)
    assert not answer.ready
    assert answer.devices == ()
    assert str(error) in by_name(answer)["torch"].finding


def test_little_memory_and_disk_are_told_with_a_remedy(tmp_path, monkeypatch):
    monkeypatch.setattr(doctor.memory, "total_and_available", lambda: (4_000_000_000, 1_000_000_000))
    monkeypatch.setattr(doctor.shutil, "disk_usage", lambda folder: type("Usage", (), {"free": 1000})())
    checks = by_name(doctor.examine(tmp_path))
    assert not checks["Memory"].ok
    assert "draft" in checks["Memory"].remedy
    assert not checks["Disk"].ok
    assert checks["Disk"].remedy


def test_json_is_one_protocol_message(capsys):
    assert command_line.main(["doctor", "--json"]) == 0
    answer = protocol.decode_reply(capsys.readouterr().out)
    assert isinstance(answer, protocol.DoctorReport)


def test_works_without_torch_installed():
    """An artist who picked the wrong Python gets an answer, not a traceback."""
    hide = "import sys; sys.modules.update(torch=None, numpy=None); from sv3d_engine.job import command_line; "
    command = [sys.executable, "-c", hide + "sys.exit(command_line.main(['doctor', '--json']))"]
    done = subprocess.run(command, cwd=Path(__file__).parents[2], capture_output=True, text=True, check=True)
    assert json.loads(done.stdout)["ready"] is False


def test_every_engine_package_is_checked(tmp_path):
    assert set(report.ENGINE_PACKAGES) <= by_name(doctor.examine(tmp_path)).keys()
