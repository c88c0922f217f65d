"""What this machine can do, and the fix for what it cannot."""

import os
import platform
import shutil
import sys
from importlib import import_module
from pathlib import Path

from .. import __version__
from ..ground import memory
from ..ground.device import available_devices, cuda_failure, device_name, processor_name
from ..ground.settings import PRESETS
from ..picture.background_model import better_ones, find_model
from ..shared import nvidia
from ..shared.engine_python import made_environment
from ..shared.model_facts import NAME, bundled_weights
from ..shared.protocol import Check, DoctorReport
from ..shared.user_folders import home_folder
from .folder_guard import ANOTHER_FOLDER
from .report import CARD_PACKAGE, ENGINE_PACKAGES, package_version

_ENGINE = __name__.partition(".job.")[0]
_ENOUGH_MEMORY = 8e9  # bytes: preset "standard" holds up to 6 GB, the system needs the rest


def examine(folder: Path) -> DoctorReport:
    """Examine this machine; ``folder`` is on the disk that jobs would write to."""
    torch_check, devices = _torch()
    packages = [_package(name, torch_check.ok) for name in ENGINE_PACKAGES]
    checks = (
        Check("SV3D engine", __version__, True),
        Check("Python", f"{platform.python_version()} ({sys.executable})", True),
        torch_check,
        *packages[1:],
        *_graphics(devices),
        _cores(),
        _memory(),
        _disk(folder),
        _background_model(),
        _weights(),
    )
    ready = all(c.ok for c in (torch_check, *packages))
    return DoctorReport(ready, __version__, devices, checks, _card_bytes(devices))


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


_REPAIR = "Press Repair in the SV3D preferences."


def _is_set_up() -> bool:
    """Whether this Python is that of the environment which the add-on has made."""
    made = made_environment(home_folder())
    return made.is_dir() and made.samefile(sys.prefix)


def _install(name: str) -> str:
    if _is_set_up():
        return _REPAIR
    return f"Install it into this Python: {_pip(name)}"


def _pip(what: str) -> str:
    python = f'"{sys.executable}"' if " " in sys.executable else sys.executable
    return f"{python} -m pip install {what}"


# What jobs import of each package; numba by way of the engine, which sets it up.
_TRIED = {
    "numpy": "numpy",
    "scipy": "scipy.ndimage",
    "pillow": "PIL.Image",
    "scikit-image": "skimage.measure",
    "onnxruntime": "onnxruntime",
    "xatlas": "xatlas",
    "fast-simplification": "fast_simplification",
}
_TRIED_WITH_TORCH = {
    "numba": f"{_ENGINE}.ground.kernels",
    "safetensors": "safetensors.torch",
    "diffusers": "diffusers.models.autoencoders.autoencoder_kl",
}


def _package(name: str, with_torch: bool) -> Check:
    """Whether a package is installed and loads; those that compile at their import are not tried."""
    version = package_version(name)
    if not version:
        return Check(name, "not installed", False, _install(name))
    tried = _TRIED | _TRIED_WITH_TORCH if with_torch else _TRIED
    try:
        if name in tried:
            import_module(tried[name])
    except Exception as error:  # a package that is damaged may raise anything
        line = f"{type(error).__name__}: {error}".partition("\n")[0]
        return Check(name, f"{version}, does not load: {line}", False, _install(f"--force-reinstall {name}"))
    return Check(name, version, True)


def _torch() -> tuple[Check, tuple[str, ...]]:
    """Whether PyTorch really loads, and the devices it finds."""
    version = package_version("torch")
    if version is None:
        remedy = _REPAIR if _is_set_up() else f"Install it into this Python: {_pip_torch(nvidia.find_driver())}"
        return Check("torch", "not installed", False, remedy), ()
    try:
        devices = available_devices()
    except Exception as error:  # a missing system library, a half-done installation: anything
        return Check("torch", f"{version}, does not load: {error}", False, _install("--force-reinstall torch")), ()
    return Check("torch", f"{version}, made for {_made_for()}", True), devices


def _made_for() -> str:
    import torch

    if torch.version.cuda:
        return f"CUDA {torch.version.cuda}"
    if torch.version.hip:
        return f"ROCm {torch.version.hip}"
    return "Apple graphics" if torch.backends.mps.is_built() else "processors alone"


def _pip_torch(driver: nvidia.Driver | None, version: str = "") -> str:
    """The command that installs the build of PyTorch for a driver; of one ``version``, or "" for the newest."""
    if _is_set_up():
        return "press Repair in the SV3D preferences, with PyTorch for NVIDIA."
    build = nvidia.build_for(driver) if driver else None
    if build is None:
        return _pip(f"torch=={version}" if version else "torch")
    # With its own suffix, or pip would take the build that is there for it.
    exactly = f"=={version.partition('+')[0]}+{build.tag}" if version else ""
    return _pip(f"torch{exactly} --index-url {build.index}")


def _graphics(devices: tuple[str, ...]) -> list[Check]:
    """What a stage can run on, and why a card is not used."""
    if not devices:
        return [Check("Devices", "unknown until PyTorch works", False, "Put PyTorch right first, as told above.")]
    checks = [Check("Devices", ", ".join(devices), True)]
    driver = nvidia.find_driver()
    if "cuda" in devices:
        return [*checks, Check("Graphics card", _card(driver), True), *_warp()]
    if "mps" in devices:
        return [*checks, Check("Graphics card", "Apple graphics", True)]
    if driver is None:
        return [*checks, Check("Graphics card", "none that PyTorch can use; the processor does all the work", True)]
    reason, remedy = _why_unused(driver)
    return [*checks, Check("Graphics card", f"{driver}, not used: {reason}", False, remedy)]


def _why_unused(driver: nvidia.Driver) -> tuple[str, str]:
    """Reason and remedy for an NVIDIA card that PyTorch does not use."""
    import torch

    version, made_for = str(torch.__version__), torch.version.cuda
    if nvidia.build_for(driver) is None:
        suits_card = next((build for build in nvidia.BUILDS if build.takes_card(driver)), None)
        if suits_card is None:
            return "it is too old for PyTorch", "Nothing needs to be done; the processor does all the work."
        return "its driver is too old for PyTorch", f"Update NVIDIA's driver to {suits_card.driver} or newer."
    if made_for is None:
        return "this PyTorch is made for processors alone", f"Install the one for it: {_pip_torch(driver, version)}"
    if not torch.cuda.is_available():
        return _why_no_answer(driver, version, made_for)
    if not nvidia.runs_on(torch.cuda.get_device_capability(), torch.cuda.get_arch_list()):
        remedy = f"Install the one for its age: {_pip_torch(driver, version)}"
        return f"this PyTorch (CUDA {made_for}) is not made for cards of its age", remedy
    return cuda_failure(), "Close other programs that use it, or restart the machine."


def _why_no_answer(driver: nvidia.Driver, version: str, made_for: str) -> tuple[str, str]:
    """Reason and remedy for an NVIDIA card that PyTorch, though made for CUDA, does not find."""
    build = nvidia.build_of(made_for)
    if build and not build.takes_driver(driver):
        suited = f"install the PyTorch for the one there is: {_pip_torch(driver, version)}"
        remedy = f"Update NVIDIA's driver to {build.driver} or newer, or {suited}"
        return f"its driver is too old for this PyTorch (CUDA {made_for})", remedy
    if os.environ.get("CUDA_VISIBLE_DEVICES") in ("", "-1"):
        return "it is hidden", "Remove the environment variable CUDA_VISIBLE_DEVICES."
    return "it does not answer", "Restart the machine; if that does not help, install NVIDIA's driver anew."


def _card(driver: nvidia.Driver | None) -> str:
    """The graphics card's name, memory and driver."""
    import torch

    try:
        found = f"{device_name(torch.device('cuda'))}, {torch.cuda.mem_get_info()[1] / 1e9:.0f} GB"
    except RuntimeError as error:  # another program has filled it, or the driver has just given up
        return f"cannot be asked: {str(error).splitlines()[0]}"
    return f"{found}, driver {driver.release}" if driver and driver.release else found


def _card_bytes(devices: tuple[str, ...]) -> int:
    """The memory of NVIDIA's card; 0 where there is none that answers."""
    if "cuda" not in devices:
        return 0
    import torch

    try:
        return int(torch.cuda.mem_get_info()[1])
    except RuntimeError:  # the check of the card tells
        return 0


def _warp() -> list[Check]:
    """The compiler of the fast kernels for NVIDIA's cards; without it plain PyTorch does their work."""
    import torch

    version = package_version(CARD_PACKAGE)
    if torch.version.cuda is None or version:
        return [Check(CARD_PACKAGE, version, True)] if version else []
    lacking = "not installed; a mesh takes longer on the graphics card"
    return [Check(CARD_PACKAGE, lacking, False, _install(CARD_PACKAGE))]


def _cores() -> Check:
    usable = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return Check("CPU cores", f"{usable} ({processor_name()})", True)


def _memory() -> Check:
    total, available = memory.total_and_available()
    finding = f"{total / 1e9:.1f} GB" + (f", {available / 1e9:.1f} GB of it free" if available is not None else "")
    enough = total >= _ENOUGH_MEMORY
    return Check("Memory", finding, enough, "" if enough else "Use the preset “draft” and close other programs.")


def _disk(folder: Path) -> Check:
    free = shutil.disk_usage(folder).free
    enough = free >= PRESETS["standard"].disk_bytes
    finding = f"{free / 1e9:.1f} GB free at {folder}"
    return Check("Disk", finding, enough, "" if enough else f"Free some space, or {ANOTHER_FOLDER}.")


def _background_model() -> Check:
    """Which model is there that cuts objects out of photographs; it is a help, not a need."""
    found = find_model()
    others = ", ".join(better_ones(found[0] if found else None))
    if found is None:
        finding = f"none here; pictures need a transparent or a plain background, or one of these: {others}"
    else:
        finding = f"{found[0].name} ({found[1]})" + (f"; better: {others}" if others else "")
    fetched = "; the SV3D preferences, or “models get NAME”, fetch it" if others else ""
    return Check("Background model", finding + fetched, True)


def _weights() -> Check:
    """What a picture is made into an orbit with where no weights are chosen; orbit frames need none."""
    bundled = bundled_weights()
    demonstration = (
        f"{NAME} ({bundled}), a demonstration model; for production" if bundled else "none here; for pictures"
    )
    return Check("Weights", f"{demonstration} choose the official SV3D weights", True)
