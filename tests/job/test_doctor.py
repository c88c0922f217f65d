import importlib.metadata
import json
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from sv3d_engine.ground import device
from sv3d_engine.job import command_line, doctor, report
from sv3d_engine.shared import model_catalogue, model_facts, nvidia, protocol


def by_name(answer):
    return {check.name: check for check in answer.checks}


def test_tells_what_this_machine_has(tmp_path):
    answer = doctor.examine(tmp_path)
    checks = by_name(answer)
    assert "cpu" in answer.devices
    assert checks["torch"].finding.startswith(importlib.metadata.version("torch"))
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


def test_the_background_model_is_named_and_better_ones_are_offered(tmp_path, monkeypatch):
    monkeypatch.setenv("SV3D_HOME", str(tmp_path))
    said = by_name(doctor.examine(tmp_path))["Background model"].finding
    assert said.startswith("none here") and "u2netp (4.6 MB)" in said and "models get NAME" in said
    small = model_catalogue.model_called("u2netp")
    small.path.parent.mkdir()
    with small.path.open("wb") as stream:
        stream.truncate(small.bytes)
    said = by_name(doctor.examine(tmp_path))["Background model"].finding
    assert said.startswith(f"u2netp ({small.path}); better: u2net (176 MB), isnet (179 MB)")


def test_a_missing_package_comes_with_its_fix(tmp_path, monkeypatch):
    monkeypatch.setattr(doctor, "package_version", lambda name: None if name == "xatlas" else "1.0")
    answer = doctor.examine(tmp_path)
    assert not answer.ready
    assert by_name(answer)["xatlas"].finding == "not installed"
    assert "pip install xatlas" in by_name(answer)["xatlas"].remedy
    text = doctor.as_text(answer)
    assert "pip install xatlas" in text
    assert "cannot make meshes yet" in text


@pytest.mark.parametrize(
    ("python", "written"),
    [
        ("/usr/bin/python3", "/usr/bin/python3"),
        (r"C:\Program Files\Python\python.exe", r'"C:\Program Files\Python\python.exe"'),
    ],
)
def test_the_fix_can_be_pasted_into_a_shell(tmp_path, monkeypatch, python, written):
    monkeypatch.setattr(doctor, "package_version", lambda name: None if name == "xatlas" else "1.0")
    monkeypatch.setattr(doctor.sys, "executable", python)
    remedy = by_name(doctor.examine(tmp_path))["xatlas"].remedy
    assert remedy == f"Install it into this Python: {written} -m pip install xatlas"


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


def test_the_cards_memory_is_told_as_a_number(tmp_path, monkeypatch):
    import torch

    monkeypatch.setattr(doctor, "available_devices", lambda: ("cuda", "cpu"))
    monkeypatch.setattr(doctor, "device_name", lambda device: "RTX 3060")
    monkeypatch.setattr(torch.cuda, "mem_get_info", lambda: (1, 12_000_000_000))
    assert doctor.examine(tmp_path).card_bytes == 12_000_000_000

    def fail():
        raise RuntimeError("CUDA error: out of memory")

    monkeypatch.setattr(torch.cuda, "mem_get_info", fail)
    assert doctor.examine(tmp_path).card_bytes == 0
    monkeypatch.setattr(doctor, "available_devices", lambda: ("cpu",))
    assert doctor.examine(tmp_path).card_bytes == 0


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


# ---- the graphics card -------------------------------------------------------------------------------------------

ADA, PASCAL = nvidia.Driver("580.65", "RTX 4090", (8, 9)), nvidia.Driver("580.65", "GTX 1080", (6, 1))
CU130 = "torch==2.13.0+cu130 --index-url https://download.pytorch.org/whl/cu130"
CU126 = "torch==2.13.0+cu126 --index-url https://download.pytorch.org/whl/cu126"


@pytest.fixture
def card(monkeypatch):
    """What the doctor says of a card: by driver, PyTorch's CUDA, and what PyTorch finds."""

    def look(driver, cuda, available=False, failure="", architectures=("sm_75", "sm_86", "sm_120")):
        monkeypatch.setattr(nvidia.sys, "platform", "linux")
        monkeypatch.setattr(nvidia, "find_driver", lambda: driver)
        monkeypatch.setattr(torch, "__version__", "2.13.0+cpu" if cuda is None else "2.13.0")
        monkeypatch.setattr(torch.version, "cuda", cuda)
        monkeypatch.setattr(torch.cuda, "is_available", lambda: available)
        monkeypatch.setattr(torch.cuda, "get_device_capability", lambda: driver.capability)
        monkeypatch.setattr(torch.cuda, "get_arch_list", lambda: list(architectures))
        monkeypatch.setattr(torch.cuda, "get_device_name", lambda device: driver.card)
        monkeypatch.setattr(torch.cuda, "mem_get_info", lambda: (1 << 30, 24_000_000_000))
        for module in (device, doctor):
            monkeypatch.setattr(module, "cuda_failure", lambda: failure)
        answer = doctor.examine(Path.cwd())
        assert answer.ready, "a mesh can be made without any card"
        return by_name(answer)

    return look


def test_a_pytorch_for_processors_alone_beside_an_nvidia_card_is_not_well(card):
    checks = card(ADA, None)
    assert "processors alone" in checks["torch"].finding
    found = checks["Graphics card"]
    assert not found.ok
    assert found.finding == "RTX 4090 (driver 580.65), not used: this PyTorch is made for processors alone"
    assert found.remedy.endswith(f"-m pip install {CU130}")
    assert CU126 in card(PASCAL, None)["Graphics card"].remedy
    assert CU126 in card(nvidia.Driver("550.1", "RTX 4090", (8, 9)), None)["Graphics card"].remedy


def test_a_driver_that_is_too_old_for_this_pytorch(card):
    found = card(nvidia.Driver("550.1", "RTX 4090", (8, 9)), "13.0")["Graphics card"]
    assert not found.ok
    assert "driver is too old for this PyTorch (CUDA 13.0)" in found.finding
    assert "580 or newer" in found.remedy
    assert CU126 in found.remedy


def test_a_driver_that_is_too_old_for_any_pytorch(card):
    for driver, cuda, least in (
        (nvidia.Driver("470.1", "RTX 3090", (8, 6)), "13.0", "580"),
        (nvidia.Driver("570.1", "RTX 5090", (12, 0)), None, "580"),
        (nvidia.Driver("470.1", "GTX 1080", (6, 1)), None, "525"),
    ):
        found = card(driver, cuda)["Graphics card"]
        assert not found.ok
        assert found.remedy == f"Update NVIDIA's driver to {least} or newer."


def test_no_card_at_all_is_well(card):
    found = card(None, None)["Graphics card"]
    assert found.ok
    assert found.finding.startswith("none that PyTorch can use")


def test_a_card_that_is_too_old_for_this_build(card):
    found = card(PASCAL, "13.0", available=True, failure="no kernel image")["Graphics card"]
    assert not found.ok
    assert "not made for cards of its age" in found.finding
    assert found.remedy.endswith(CU126)


def test_a_card_that_is_too_old_for_all_builds(card):
    found = card(nvidia.Driver("580.65", "GTX 680", (3, 0)), "13.0", available=True, failure="no kernel image")
    assert "too old for PyTorch" in found["Graphics card"].finding
    assert "processor does all the work" in found["Graphics card"].remedy


def test_a_card_that_is_silent_hidden_or_fails(card, monkeypatch):
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    assert "Restart" in card(ADA, "13.0")["Graphics card"].remedy
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "-1")
    assert "CUDA_VISIBLE_DEVICES" in card(ADA, "13.0")["Graphics card"].remedy
    found = card(ADA, "13.0", available=True, failure="CUDA error: out of memory")["Graphics card"]
    assert "not used: CUDA error: out of memory" in found.finding
    assert not found.ok


def test_a_card_that_works(card, monkeypatch):
    checks = card(ADA, "13.0", available=True)
    assert checks["torch"].finding.endswith("made for CUDA 13.0")
    assert checks["Devices"].finding == "cuda, cpu"
    assert checks["Graphics card"].finding == "RTX 4090, 24 GB, driver 580.65"
    assert checks["Graphics card"].ok


def test_a_card_wants_the_compiler_of_its_kernels(card, monkeypatch):
    real = doctor.package_version
    monkeypatch.setattr(doctor, "package_version", lambda name: None if name == "warp-lang" else real(name))
    assert "pip install warp-lang" in card(ADA, "13.0", available=True)["warp-lang"].remedy
    assert "warp-lang" not in card(None, None)


def test_a_pytorch_that_is_missing_is_installed_for_the_card(tmp_path, monkeypatch):
    monkeypatch.setattr(doctor, "package_version", lambda name: None if name == "torch" else "1.0")
    monkeypatch.setattr(nvidia, "find_driver", lambda: PASCAL)
    check = by_name(doctor.examine(tmp_path))["torch"]
    assert check.remedy.endswith("pip install torch --index-url https://download.pytorch.org/whl/cu126")


def test_in_the_set_ups_environment_the_fix_is_its_repair(tmp_path, monkeypatch):
    """Nobody needs a terminal there, and pip would be told of nothing."""
    (tmp_path / "engine").symlink_to(sys.prefix)
    monkeypatch.setenv("SV3D_HOME", str(tmp_path))
    monkeypatch.setattr(doctor, "package_version", lambda name: None if name in ("xatlas", "torch") else "1.0")
    answer = by_name(doctor.examine(tmp_path))
    assert answer["xatlas"].remedy == answer["torch"].remedy == "Press Repair in the SV3D preferences."


# ---- packages that do not load -----------------------------------------------------------------------------------

DAMAGE = {
    "raises": "raise ImportError('libgomp.so.1: cannot open shared object file')",
    "cut short": "def half(:",
}


@pytest.mark.parametrize("damage", ["raises", "cut short"])
@pytest.mark.parametrize("name", ["xatlas", "onnxruntime", "fast_simplification"])
def test_a_package_that_does_not_load_comes_with_its_fix(tmp_path, monkeypatch, name, damage):
    (tmp_path / f"{name}.py").write_text(DAMAGE[damage])
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, name, raising=False)
    answer = doctor.examine(tmp_path)
    check = by_name(answer)[name.replace("_", "-")]
    assert not answer.ready
    assert "does not load" in check.finding
    assert f"--force-reinstall {check.name}" in check.remedy


BUTTONS = ("Set Up Engine", "Repair", "Update", "Check Engine", "Generate", "Resume", "Cancel", "Copy Report")


def test_every_remedy_works_in_the_add_on_and_on_the_command_line(tmp_path, monkeypatch):
    """Where nothing is well, each line tells of a command that can be pasted, or of what is there in both."""
    monkeypatch.setattr(doctor, "package_version", lambda name: None)
    monkeypatch.setattr(doctor.memory, "total_and_available", lambda: (1_000_000_000, None))
    monkeypatch.setattr(doctor.shutil, "disk_usage", lambda folder: type("Usage", (), {"free": 1000})())
    remedies = [check.remedy for check in doctor.examine(tmp_path).checks if not check.ok]
    assert len(remedies) >= len(report.ENGINE_PACKAGES) + 3
    for remedy in remedies:
        assert f"{sys.executable} -m pip install" in remedy or any(
            there in remedy for there in ("preset “draft”", "--out", "as told above", "driver")
        )
        pressed = [word for word in remedy.split("ress ")[1:] if not word.startswith(BUTTONS)]
        assert not pressed, "a button that is not there"
    monkeypatch.setattr(doctor, "_is_set_up", lambda: True)
    made = by_name(doctor.examine(tmp_path))
    assert made["xatlas"].remedy == made["torch"].remedy == "Press Repair in the SV3D preferences."
