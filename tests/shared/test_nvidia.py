"""NVIDIA's driver without PyTorch: found by its program, its kernel module or its library."""

import os
from pathlib import Path
from types import SimpleNamespace

import pytest

from sv3d_engine.shared import nvidia
from sv3d_engine.shared.nvidia import Driver, build_for, find_driver, runs_on

PROC = "NVRM version: NVIDIA UNIX x86_64 Kernel Module  535.104.05  Sat Aug 19 2023\nGCC version:  gcc 12.3.0\n"
OPEN_PROC = "NVRM version: NVIDIA UNIX Open Kernel Module for x86_64  580.65.06  Release Build  (root@buildhost)\n"


@pytest.fixture(autouse=True)
def bare(monkeypatch, tmp_path):
    """A machine without any of the three."""
    monkeypatch.setattr(nvidia, "_PROC_VERSION", tmp_path / "proc")
    monkeypatch.setattr(nvidia.ctypes, "CDLL", _missing)
    monkeypatch.setattr(nvidia.shutil, "which", lambda name, path=None: None)
    return tmp_path


def _missing(name):
    raise OSError(f"{name}: cannot open shared object file")


@pytest.fixture
def smi(monkeypatch):
    """Let nvidia-smi answer these lines, by the fields that it is asked for; it fails for all others."""

    def put(answers: dict[str, str], place: str = "/usr/bin/nvidia-smi"):
        def run(command, **how):
            assert command[0] == place
            asked = command[1].removeprefix("--query-gpu=")
            if asked not in answers:
                raise nvidia.subprocess.CalledProcessError(2, command)
            return SimpleNamespace(stdout=answers[asked])

        monkeypatch.setattr(nvidia.shutil, "which", lambda name, path=None: place)
        monkeypatch.setattr(nvidia.subprocess, "run", run)

    return put


def test_a_machine_without_nvidia():
    assert find_driver() is None


def test_the_program_tells_driver_card_and_capability(smi):
    smi({"driver_version,name,compute_cap": "580.65.06, NVIDIA GeForce RTX 4090, 8.9\n570.1, Tesla T4, 7.5\n"})
    assert find_driver() == Driver("580.65.06", "NVIDIA GeForce RTX 4090", (8, 9))
    assert str(find_driver()) == "NVIDIA GeForce RTX 4090 (driver 580.65.06)"


def test_an_old_program_does_not_know_capabilities(smi):
    smi({"driver_version,name": "472.12, Quadro K2000"})
    assert find_driver() == Driver("472.12", "Quadro K2000")


@pytest.mark.skipif(os.name == "nt", reason="a shell script stands for the program")
def test_a_real_program_is_run(monkeypatch, tmp_path):
    program = tmp_path / "nvidia-smi"
    program.write_text('#!/bin/sh\necho "[$*]" >&2\necho "550.54, Some Card, [N/A]"\n')
    program.chmod(0o755)
    monkeypatch.setattr(nvidia.shutil, "which", lambda name, path=None: str(program))
    assert find_driver() == Driver("550.54", "Some Card")
    program.write_text('#!/bin/sh\necho "No devices were found"\nexit 6\n')
    assert find_driver() is None


def test_on_windows_the_program_may_lie_beside_the_system(monkeypatch):
    monkeypatch.setenv("SYSTEMROOT", "/windows")
    looked = []
    monkeypatch.setattr(nvidia.shutil, "which", lambda name, path=None: looked.append((name, path)))
    find_driver()
    assert looked == [("nvidia-smi", None), ("nvidia-smi", str(Path("/windows/System32")))]


@pytest.mark.parametrize(("text", "release"), [(PROC, "535.104.05"), (OPEN_PROC, "580.65.06"), ("odd", "")])
def test_the_kernel_module_tells_the_driver(bare, text, release):
    (bare / "proc").write_text(text)
    assert find_driver() == Driver(release)


@pytest.mark.parametrize(("answer", "found"), [(0, Driver()), (3, Driver()), (803, Driver()), (100, None)])
def test_the_library_tells_whether_there_is_a_card(monkeypatch, answer, found):
    monkeypatch.setattr(nvidia.ctypes, "CDLL", lambda name: SimpleNamespace(cuInit=lambda flags: answer))
    assert find_driver() == found
    assert str(Driver()) == "an NVIDIA card (driver of unknown version)"


@pytest.mark.parametrize("answer", [34, 999])  # CUDA_ERROR_STUB_LIBRARY, CUDA_ERROR_UNKNOWN
def test_a_library_that_is_a_stub_or_does_not_know_tells_of_no_card(monkeypatch, answer):
    monkeypatch.setattr(nvidia.ctypes, "CDLL", lambda name: SimpleNamespace(cuInit=lambda flags: answer))
    assert find_driver() is None


@pytest.mark.parametrize(
    ("release", "capability", "tag"),
    [
        ("580.65.06", (8, 9), "cu130"),
        ("600.1", (12, 0), "cu130"),
        ("", None, "cu130"),
        ("570.86", (8, 9), "cu126"),
        ("525.60", (7, 5), "cu126"),
        ("580.65", (6, 1), "cu126"),  # a GTX 1080: CUDA 13 has left it behind
        ("524.0", (8, 6), None),
        ("570.86", (12, 0), None),  # an RTX 5090, which CUDA 12.6 does not know: the driver has to be updated
        ("580.65", (3, 5), None),
    ],
)
def test_the_build_follows_driver_and_card(monkeypatch, release, capability, tag):
    monkeypatch.setattr(nvidia.sys, "platform", "linux")
    build = build_for(Driver(release, "card", capability))
    assert (build and build.tag) == tag
    if build:
        assert build.index == f"https://download.pytorch.org/whl/{tag}"


def test_windows_needs_a_later_driver_for_cuda_12(monkeypatch):
    driver = Driver("527.5", "card", (8, 6))
    monkeypatch.setattr(nvidia.sys, "platform", "linux")
    assert build_for(driver).driver == 525
    monkeypatch.setattr(nvidia.sys, "platform", "win32")
    assert build_for(driver) is None


@pytest.mark.parametrize(
    ("capability", "architectures", "runs"),
    [
        ((8, 6), ["sm_75", "sm_86"], True),
        ((8, 9), ["sm_75", "sm_86"], True),  # the same major number
        ((9, 0), ["sm_75", "sm_86"], False),
        ((9, 0), ["sm_86", "compute_86"], True),  # compiled by the driver
        ((6, 1), ["sm_75", "sm_86", "compute_86"], False),
        ((8, 0), ["sm_86"], False),
        ((12, 0), ["sm_90a", "sm_120"], True),
    ],
)
def test_code_runs_on_its_own_cards_and_later_ones_of_their_kind(capability, architectures, runs):
    assert runs_on(capability, architectures) is runs


@pytest.mark.parametrize(("cuda", "driver"), [("13.2", 580), ("12.8", 525)])
def test_all_minor_versions_of_cuda_need_one_driver(monkeypatch, cuda, driver):
    monkeypatch.setattr(nvidia.sys, "platform", "linux")
    assert nvidia.build_of(cuda).driver == driver
    assert nvidia.build_of("11.8") is None


def test_memory_of_the_smallest_card(smi):
    assert nvidia.smallest_card_bytes() is None
    smi({"memory.total": "24564\n8192\n"})
    assert nvidia.smallest_card_bytes() == 8 << 30
    smi({"memory.total": "[N/A]\n"})
    assert nvidia.smallest_card_bytes() is None
