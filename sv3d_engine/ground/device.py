"""Which processor does the work."""

import logging
from typing import TYPE_CHECKING

from ..shared.errors import UserError

if TYPE_CHECKING:
    import torch

log = logging.getLogger(__name__)

_ABSENT = {
    "cuda": UserError(
        "There is no usable NVIDIA graphics card (CUDA) here.",
        "Choose the device “auto” or “cpu”, or update the graphics driver and install a PyTorch made for CUDA.",
    ),
    "mps": UserError(
        "Apple's graphics processor (MPS) is not usable here.",
        "Choose the device “auto” or “cpu”; MPS needs a Mac with an Apple chip and macOS 12.3 or newer.",
    ),
}


def available_devices() -> tuple[str, ...]:
    """Device names that work here; the first is what "auto" means."""
    import torch

    cuda = ("cuda",) if _cuda_works() else ()
    # After "cpu", because the compiled kernels are for the CPU; on MPS their plain PyTorch twins run.
    mps = ("mps",) if torch.backends.mps.is_available() else ()
    return (*cuda, "cpu", *mps)


def _cuda_works() -> bool:
    """Whether CUDA really computes: a card that is too old for this PyTorch, or taken, is there but fails."""
    import torch

    if not torch.cuda.is_available():
        return False
    try:
        return float(torch.zeros(1, device="cuda") + 1) == 1
    except RuntimeError as error:
        log.warning("the CUDA device does not work: %s", error)
        return False


def check_device(name: str) -> None:
    """Raise UserError if a device that was asked for by name is absent; "auto" and "cpu" cost nothing."""
    if name in _ABSENT and name not in available_devices():
        absent = _ABSENT[name]
        raise UserError(absent.cause, absent.remedy, f"devices here: {', '.join(available_devices())}")


def resolve_device(name: str) -> "torch.device":
    """The torch device for one of protocol.DEVICES; "auto" is the first one here.  Raises UserError."""
    import torch

    check_device(name)
    return torch.device(available_devices()[0] if name == "auto" else name)
