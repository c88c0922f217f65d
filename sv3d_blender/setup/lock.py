"""The engine's packages as requirements/*.txt lock them, and about what they weigh."""

import hashlib
import platform
import re
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from ...sv3d_engine.shared.torch_build import TorchBuild

TORCH = "torch"

# Megabytes of a wheel, as measured for Linux x64 in November 2026; those that are not named are small.
_DOWNLOAD_MB = {
    "llvmlite": 60, "av": 36, "scipy": 35, "onnxruntime": 28, "numpy": 17, "scikit-image": 14, "pillow": 7,
    "pillow-heif": 6, "diffusers": 6, "sympy": 6, "hf-xet": 4, "numba": 4, "networkx": 2, "setuptools": 1,
    "huggingface-hub": 1, "warp-lang": 140,
}  # fmt: skip
_OTHERS_MB = 0.3
# PyTorch's wheel by build; "" is what pip's own index has.
_TORCH_MB = {
    "linux": {"cpu": 190, "cu": 530, "": 530},
    "win32": {"cpu": 120, "cu": 1900, "": 120},
    "darwin": {"": 90},
}
# What PyTorch for CUDA brings along on Linux; elsewhere its wheel holds it.
_BROUGHT_MB = {
    "nvidia-cublas": 405, "nvidia-cudnn-cu13": 366, "nvidia-cufft": 214, "nvidia-cusolver": 201,
    "nvidia-nccl-cu13": 194, "triton": 180, "nvidia-cusparselt-cu13": 170, "nvidia-cusparse": 146,
    "nvidia-cuda-nvrtc": 90, "nvidia-curand": 60, "nvidia-nvshmem-cu13": 60, "nvidia-nvjitlink": 40,
}  # fmt: skip
# Times what was downloaded, on disk; NVIDIA's libraries shrink less.
_UNPACKED, _UNPACKED_CUDA = 4.0, 2.2


@dataclass(frozen=True)
class Requirement:
    """One locked package."""

    name: str  # as canonical_name makes it
    version: str
    hashes: tuple[str, ...] = ()  # "sha256:…" of each of its wheels; none where the lock has none

    @property
    def line(self) -> str:
        """The line for pip's requirements file."""
        return " ".join((f"{self.name}=={self.version}", *(f"--hash={value}" for value in self.hashes)))


def canonical_name(name: str) -> str:
    """A package's name as indexes and wheels compare it."""
    return re.sub(r"[-_.]+", "-", name).lower()


def read_lock(folder: Path, build: TorchBuild) -> tuple[Requirement, ...]:
    """What belongs into an environment on this machine with a build of PyTorch, PyTorch first.

    Raises OSError where a file is missing, ValueError where a line is not understood.
    """
    files = ("runtime.txt", "cuda.txt") if build.is_cuda else ("runtime.txt",)
    text = "\n".join((folder / file).read_text(encoding="utf-8") for file in files)
    found = [_exactly(r, build) for line in _lines(text) if (r := _requirement(line))]
    return tuple(sorted(found, key=lambda r: (r.name != TORCH, r.name)))


def fingerprint(requirements: Iterable[Requirement], build: TorchBuild) -> str:
    """Changes with what is locked and with the build of PyTorch."""
    text = "\n".join((build.name, *sorted(r.line for r in requirements)))
    return hashlib.sha256(text.encode()).hexdigest()


def wheel_bytes(name: str, build: TorchBuild) -> int:
    """About what a package's wheel has."""
    if name == TORCH:
        sizes = _TORCH_MB.get(sys.platform, _TORCH_MB["linux"])
        return round(sizes.get("cu" if build.is_cuda else build.name, sizes[""]) * 1e6)
    return round({**_DOWNLOAD_MB, **_BROUGHT_MB}.get(name, _OTHERS_MB) * 1e6)


def download_bytes(requirements: Sequence[Requirement], build: TorchBuild) -> int:
    """About what pip has to fetch for these, with what PyTorch brings along unless that is among them."""
    names = {r.name for r in requirements}
    brought = TORCH in names and build.name != "cpu" and sys.platform == "linux" and not names & _BROUGHT_MB.keys()
    total = sum(wheel_bytes(name, build) for name in names)
    return total + (round(sum(_BROUGHT_MB.values()) * 1e6) if brought else 0)


def unpacked_bytes(requirements: Sequence[Requirement], build: TorchBuild) -> int:
    """About what these take on the disk."""
    torch = [r for r in requirements if r.name == TORCH]
    others = [r for r in requirements if r.name != TORCH]
    torch_times = _UNPACKED if build.name == "cpu" else _UNPACKED_CUDA
    return round(download_bytes(torch, build) * torch_times + download_bytes(others, build) * _UNPACKED)


def _exactly(requirement: Requirement, build: TorchBuild) -> Requirement:
    """PyTorch with the suffix of its build, or pip would be content with any that is there."""
    if requirement.name != TORCH or not build.index:
        return requirement
    return Requirement(requirement.name, f"{requirement.version}+{build.name}", requirement.hashes)


def _lines(text: str) -> list[str]:
    lines = (re.sub(r"(^|\s)#.*", "", line).strip() for line in text.replace("\\\n", " ").splitlines())
    return [line for line in lines if line]


def _requirement(line: str) -> Requirement | None:
    """A line of the lock; None where its marker does not suit this machine."""
    found = re.fullmatch(r"([\w.-]+)==([\w.+!-]+)\s*(?:;\s*(.*?))?((?:\s+--hash=\S+)*)", line)
    if not found:
        raise ValueError(f"Not understood in the list of packages: {line}")
    name, version, marker, hashes = found.groups()
    if marker and not _suits(marker):
        return None
    return Requirement(canonical_name(name), version, tuple(re.findall(r"--hash=(\S+)", hashes or "")))


def _suits(marker: str) -> bool:
    """Whether this machine is meant; our lock uses two of PEP 508's variables, each alone."""
    found = re.fullmatch(r"(sys_platform|platform_machine)\s*(==|!=)\s*[\"']([^\"']+)[\"']", marker.strip())
    if not found:
        raise ValueError(f"Not understood in the list of packages: {marker}")
    variable, comparison, value = found.groups()
    here = sys.platform if variable == "sys_platform" else platform.machine()
    return (here == value) == (comparison == "==")
