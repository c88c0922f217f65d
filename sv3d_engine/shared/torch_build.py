"""The builds of PyTorch, and the one that suits this machine.  Standard library only."""

import sys
from dataclasses import dataclass

from . import nvidia
from .errors import UserError

CHOICES = ("auto", "cpu", "cuda")


@dataclass(frozen=True)
class TorchBuild:
    """A build of PyTorch and where pip finds it; without a name, the one that pip's own index has for this system.

    That is CUDA's on Linux, the processor's on Windows, and Apple's on macOS.
    """

    name: str = ""  # "cpu", "cu130"
    index: str = ""

    @property
    def is_cuda(self) -> bool:
        """Whether it is made for a named version of CUDA."""
        return self.name.startswith("cu")

    @property
    def pip_options(self) -> list[str]:
        """The lock's "torch==2.13.0" means "2.13.0+cu130", too, and pip takes that one where an index has it."""
        return ["--extra-index-url", self.index] if self.index else []


def processor_build() -> TorchBuild:
    """The build for processors alone; on macOS that is Apple's, for there is no other."""
    return TorchBuild("cpu", nvidia.INDEX + "cpu" if sys.platform == "linux" else "")


def cuda_build(build: nvidia.Build) -> TorchBuild:
    return TorchBuild(build.tag, build.index)


def torch_build(choice: str) -> TorchBuild:
    """The build for one of CHOICES; "auto" is CUDA's where there is an NVIDIA driver, else pip's own.

    Raises UserError where there is no build for CUDA.
    """
    if choice == "cpu":
        return processor_build()
    driver = nvidia.find_driver()
    if choice == "auto" and driver is None:
        return TorchBuild()
    build = nvidia.build_for(driver or nvidia.Driver())
    if choice == "cuda" and (build is None or sys.platform == "darwin"):
        where = f"for {driver}" if driver else "on macOS"
        raise UserError(f"There is no PyTorch for CUDA {where}.", "Leave the choice of PyTorch to SV3D (auto).")
    return cuda_build(build) if build else TorchBuild()
