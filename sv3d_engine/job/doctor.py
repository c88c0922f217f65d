"""What this machine can do, and the fix for what it cannot."""

import os
import platform
import shutil
import sys
from pathlib import Path

from .. import __version__
from ..ground import memory
from ..ground.device import available_devices
from ..ground.settings import PRESETS
from ..picture.background_model import find_model
from ..shared.model_facts import NAME, bundled_weights
from ..shared.protocol import Check, DoctorReport
from .report import ENGINE_PACKAGES, package_version

_ENOUGH_MEMORY = 8e9  # bytes: preset "standard" holds up to 6 GB, the system needs the rest


def examine(folder: Path) -> DoctorReport:
    """Examine this machine; ``folder`` is on the disk that jobs would write to."""
    packages = [_package(name) for name in ENGINE_PACKAGES]
    torch_check, devices = _torch()
    checks = (
        Check("SV3D engine", __version__, True),
        Check("Python", f"{platform.python_version()} ({sys.executable})", True),
        torch_check,
        *packages[1:],
        _devices(devices),
        _cores(),
        _memory(),
        _disk(folder),
        _background_model(),
        _weights(),
    )
    return DoctorReport(all(c.ok for c in (torch_check, *packages)), __version__, devices, checks)


def as_text(report: DoctorReport) -> str:
    """The report for a terminal, one check a line, remedies below."""
    width = max(len(check.name) for check in report.checks)
    lines = []
    for check in report.checks:
        lines.append(f"{'ok ' if check.ok else 'NO '} {check.name:<{width}}  {check.finding}")
        if check.remedy:
            lines.append(f"    {'':<{width}}  → {check.remedy}")
    lines.append("")
    lines.append("This machine can make meshes." if report.ready else "This machine cannot make meshes yet; see above.")
    return "\n".join(lines)


def _install(name: str) -> str:
    return f"Install it into this Python: “{sys.executable}” -m pip install {name}"


def _package(name: str) -> Check:
    version = package_version(name)
    return Check(name, version, True) if version else Check(name, "not installed", False, _install(name))


def _torch() -> tuple[Check, tuple[str, ...]]:
    """Whether PyTorch really loads, and the devices it finds."""
    version = package_version("torch")
    if version is None:
        return Check("torch", "not installed", False, _install("torch")), ()
    try:
        devices = available_devices()
    except (ImportError, OSError) as error:  # a missing system library, a half-done installation
        return Check("torch", f"{version}, does not load: {error}", False, _install("--force-reinstall torch")), ()
    return Check("torch", version, True), devices


def _devices(devices: tuple[str, ...]) -> Check:
    if not devices:
        return Check("Devices", "unknown until PyTorch works", False, "Repair PyTorch first.")
    described = []
    for name in devices:
        if name == "cuda":
            described.append(f"cuda ({_card()})")
        else:
            described.append({"cpu": "cpu", "mps": "mps (Apple graphics)"}[name])
    if devices == ("cpu",):
        described.append("no graphics processor that PyTorch can use")
    return Check("Devices", ", ".join(described), True)


def _card() -> str:
    """The graphics card's name and memory."""
    import torch

    try:
        return f"{torch.cuda.get_device_name()}, {torch.cuda.mem_get_info()[1] / 1e9:.0f} GB"
    except RuntimeError as error:  # another program has filled it, or the driver has just given up
        return f"cannot be asked: {str(error).splitlines()[0]}"


def _cores() -> Check:
    usable = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    name = platform.processor() or platform.machine()
    return Check("CPU cores", f"{usable} ({name})", True)


def _memory() -> Check:
    total, available = memory.total_and_available()
    finding = f"{total / 1e9:.1f} GB" + (f", {available / 1e9:.1f} GB of it free" if available is not None else "")
    enough = total >= _ENOUGH_MEMORY
    return Check("Memory", finding, enough, "" if enough else "Use the preset “draft” and close other programs.")


def _disk(folder: Path) -> Check:
    free = shutil.disk_usage(folder).free
    enough = free >= PRESETS["standard"].disk_bytes
    finding = f"{free / 1e9:.1f} GB free at {folder}"
    return Check("Disk", finding, enough, "" if enough else "Free some space, or write jobs to another disk.")


def _background_model() -> Check:
    """Whether the model is there that cuts objects out of photographs; it is a help, not a need."""
    model = find_model()
    lacking = "not here; pictures need a transparent or a plain background, or your word to download it (179 MB)"
    return Check("Background model", str(model) if model else lacking, True)


def _weights() -> Check:
    """What a picture is made into an orbit with where no weights are chosen; orbit frames need none."""
    bundled = bundled_weights()
    demonstration = (
        f"{NAME} ({bundled}), a demonstration model; for production" if bundled else "none here; for pictures"
    )
    return Check("Weights", f"{demonstration} choose the official SV3D weights", True)
