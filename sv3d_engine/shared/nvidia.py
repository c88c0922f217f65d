"""NVIDIA's driver, found without PyTorch, and the build of PyTorch that suits it.  Standard library only."""

import ctypes
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

INDEX = "https://download.pytorch.org/whl/"  # PyTorch's own; each of its builds has an index below it
Capability = tuple[int, int]  # compute capability: (8, 9) is an RTX 4090


@dataclass(frozen=True)
class Driver:
    """A driver, and what it tells of the first card; what is not known is empty or None."""

    release: str = ""  # "580.65.06"
    card: str = ""  # "NVIDIA GeForce RTX 4090"
    capability: Capability | None = None

    def __str__(self) -> str:
        return f"{self.card or 'an NVIDIA card'} (driver {self.release or 'of unknown version'})"


@dataclass(frozen=True)
class Build:
    """A build of PyTorch for NVIDIA cards: the drivers and cards that it takes."""

    cuda: str  # as torch.version.cuda tells it
    least_driver: tuple[int, int]  # first number of the release, on Linux and on Windows
    first: Capability
    last: Capability

    @property
    def tag(self) -> str:
        return "cu" + self.cuda.replace(".", "")

    @property
    def index(self) -> str:
        """The package index that holds it."""
        return INDEX + self.tag

    @property
    def driver(self) -> int:
        """The oldest driver on this system, by the first number of its release."""
        return self.least_driver[sys.platform == "win32"]

    def takes_driver(self, driver: Driver) -> bool:
        return not driver.release or int(driver.release.split(".")[0]) >= self.driver

    def takes_card(self, driver: Driver) -> bool:
        return driver.capability is None or self.first <= driver.capability <= self.last


# What PyTorch 2.13 is built for, best first.  Drivers: CUDA Toolkit release notes, minimum driver for minor version
# compatibility.  Cards: PyTorch's RELEASE.md, CUDA support matrix (Maxwell to Hopper; Turing and newer).
BUILDS = (
    Build("13.0", (580, 580), (7, 5), (99, 0)),
    Build("12.6", (525, 528), (5, 0), (9, 0)),
)


def build_for(driver: Driver) -> Build | None:
    """The best build for a driver and its card; None where neither does, as they are."""
    return next((build for build in BUILDS if build.takes_driver(driver) and build.takes_card(driver)), None)


def build_of(cuda: str) -> Build | None:
    """The build that needs the same drivers as one for this version of CUDA ("12.8"): the major number decides."""
    return next((build for build in BUILDS if build.cuda.split(".")[0] == cuda.split(".", maxsplit=1)[0]), None)


def runs_on(capability: Capability, architectures: Sequence[str]) -> bool:
    """Whether code for these architectures (as torch.cuda.get_arch_list() tells them) runs on a card.

    Machine code ("sm_86") runs on later cards of the same major number, PTX ("compute_90") on all later ones.
    """
    for architecture in architectures:
        if found := re.match(r"(sm|compute)_(\d+)(\d)", architecture):
            made_for = int(found[2]), int(found[3])
            if made_for <= capability and (found[1] == "compute" or made_for[0] == capability[0]):
                return True
    return False


def find_driver() -> Driver | None:
    """The NVIDIA driver of this machine; None where there is no card of theirs."""
    return _ask_smi() or _read_proc() or _load_library()


_SMI_SECONDS = 20.0  # it may have to wake the card
_NO_WINDOW = getattr(subprocess, "CREATE_NO_WINDOW", 0)  # Windows only
_PROC_VERSION = Path("/proc/driver/nvidia/version")
# Answers of cuInit (CUDA driver API) where there is a card, be it of use now or not: it works, its initialisation
# failed, another has it, the system is not ready for it, or driver, kernel module and card do not go together.
# No card: 100, or 34, the answer of the stub library that images for building with CUDA contain.
_CARD_ANSWERS = (0, 3, 46, 802, 803, 804)


def _ask_smi() -> Driver | None:
    """By nvidia-smi, which comes with every driver and knows most."""
    beside = Path(os.environ.get("SYSTEMROOT", r"C:\Windows"), "System32")  # of Windows; not always on PATH
    program = shutil.which("nvidia-smi") or shutil.which("nvidia-smi", path=str(beside))
    for asked in ("driver_version,name,compute_cap", "driver_version,name"):  # old ones do not know the last
        if program and (answer := _run([program, f"--query-gpu={asked}", "--format=csv,noheader"])):
            release, card, *capability = (word.strip() for word in answer.splitlines()[0].split(","))
            if re.fullmatch(r"\d+(\.\d+)+", release):
                return Driver(release, card, _capability(capability[0]) if capability else None)
    return None


def smallest_card_bytes() -> int | None:
    """Memory of the smallest card here; None where nvidia-smi does not tell."""
    program = shutil.which("nvidia-smi")
    told = _run([program, "--query-gpu=memory.total", "--format=csv,noheader,nounits"]) if program else ""
    sizes = [int(line) for line in told.splitlines() if line.strip().isdecimal()]
    return min(sizes) << 20 if sizes else None  # told in MiB


def _capability(text: str) -> Capability | None:
    found = re.fullmatch(r"(\d+)\.(\d+)", text)
    return (int(found[1]), int(found[2])) if found else None


def _run(command: list[str]) -> str:
    """What a command prints, "" if it fails."""
    try:
        done = subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=_SMI_SECONDS,
            check=True,
            encoding="utf-8",
            errors="replace",
            creationflags=_NO_WINDOW,
        )
    except (OSError, subprocess.SubprocessError):
        return ""
    return done.stdout.strip()


def _read_proc() -> Driver | None:
    """By the kernel module of Linux."""
    try:
        found = re.search(r"\b\d{3,}\.\d+(\.\d+)?\b", _PROC_VERSION.read_text(encoding="utf-8", errors="replace"))
    except OSError:
        return None
    return Driver(found[0] if found else "")


def _load_library() -> Driver | None:
    """By the driver's own library, where the program is missing (containers, WSL)."""
    try:
        library = ctypes.CDLL("nvcuda.dll" if sys.platform == "win32" else "libcuda.so.1")
        return Driver() if library.cuInit(0) in _CARD_ANSWERS else None
    except (OSError, AttributeError):
        return None
