"""The processors that PyTorch can use here."""

import gc
import logging
import platform
from pathlib import Path
from typing import TYPE_CHECKING

from ..shared.errors import UserError

if TYPE_CHECKING:
    import torch

log = logging.getLogger(__name__)

_ABSENT = {
    "cuda": UserError(
        "There is no usable NVIDIA graphics card (CUDA) here.",
        "Choose the device “auto” or “cpu”; Check Engine in the SV3D preferences (on the command line: doctor) tells "
        "what keeps a card from being used.",
    ),
    "mps": UserError(
        "Apple's graphics processor (MPS) is not usable here.",
        "Choose the device “auto” or “cpu”; MPS needs a Mac with an Apple chip and macOS 12.3 or newer.",
    ),
}


def available_devices() -> tuple[str, ...]:
    """Device names that work here, the strongest first: what "auto" means for SV3D's networks."""
    import torch

    cuda = ("cuda",) if torch.cuda.is_available() and not cuda_failure() else ()
    mps = ("mps",) if torch.backends.mps.is_available() else ()
    return (*cuda, *mps, "cpu")


def cuda_failure() -> str:
    """Why a CUDA card that is there does not compute: it is too old for this PyTorch, or taken.  "" where it does."""
    import torch

    try:
        return "" if float(torch.zeros(1, device="cuda") + 1) == 1 else "it computes wrong results"
    except RuntimeError as error:
        log.warning("the CUDA device does not work: %s", error)
        return str(error).partition("\n")[0]


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


def device_name(device: "torch.device") -> str:
    """What its maker calls it, for reports."""
    import torch

    if device.type == "cuda":
        return torch.cuda.get_device_name(device)
    return f"{processor_name()} ({device.type}, {torch.get_num_threads()} threads)"


def processor_name() -> str:
    """Of the processor that programs run on."""
    try:
        for line in Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    except OSError:
        pass  # not Linux
    return platform.processor() or platform.machine()


def card_key(device: "torch.device") -> str:
    """A graphics card's name among all those of this machine, fit for a file; "" for the processor."""
    import torch

    if device.type == "cuda":  # by its own number, as two programs may each see one card of several as their first
        return f"cuda-{torch.cuda.get_device_properties(device).uuid}"
    return "" if device.type == "cpu" else device.type


def synchronize(device: "torch.device") -> None:
    """Wait until all that was asked of the device is done."""
    import torch

    if device.type == "cuda":
        torch.cuda.synchronize(device)
    elif device.type == "mps":
        torch.mps.synchronize()


def release_memory(device: "torch.device") -> None:
    """Give back what nothing uses on a card."""
    import torch

    gc.collect()  # an error's traceback may hold tensors in a circle
    if device.type == "cuda":
        torch.cuda.empty_cache()
    elif device.type == "mps":
        torch.mps.empty_cache()
