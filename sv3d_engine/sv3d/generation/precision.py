"""Which type of numbers the networks compute in, and what becomes of numbers that are too large for it."""

import torch
from torch import Tensor

from ...shared.errors import UserError


def dtype_for(precision: str, device: torch.device) -> torch.dtype:
    """One of protocol.PRECISIONS on a device.

    "auto" is half precision where that is faster, and bfloat16 where the device computes in it: it has the range of
    float32, while float16 ends at 65504.
    """
    if precision != "auto":
        return {"float32": torch.float32, "float16": torch.float16, "bfloat16": torch.bfloat16}[precision]
    if device.type == "mps":
        return torch.float16
    generation = _generation(device)
    return torch.bfloat16 if generation >= 8 else torch.float16 if generation == 7 else torch.float32


def wider(dtype: torch.dtype, device: torch.device) -> torch.dtype | None:
    """A type for what is too large for ``dtype``: bfloat16 where the device computes in it; None if there is none."""
    if dtype is not torch.float16:
        return None
    return torch.bfloat16 if device.type == "cpu" or _generation(device) >= 8 else torch.float32


def _generation(device: torch.device) -> int:
    """An NVIDIA card's: from 7 on (Volta) float16 is fast, from 8 on (Ampere) bfloat16 is, too.  0 of other devices."""
    return torch.cuda.get_device_capability(device)[0] if device.type == "cuda" else 0


def name_of(dtype: torch.dtype) -> str:
    """As protocol.PRECISIONS has it."""
    return str(dtype).removeprefix("torch.")


class Overflow(UserError):
    """Numbers became too large for their type, or are none."""


def check_finite(values: Tensor, dtype: torch.dtype) -> None:
    """Raises Overflow where numbers have overflowed: black frames would come of them."""
    if bool(torch.isfinite(values).all()):
        return
    half = dtype is torch.float16
    raise Overflow(
        "The network's numbers became too large to go on.",
        "Choose the precision “bfloat16” or “float32”." if half else "The weights seem to be damaged: get them again.",
        f"computed in {dtype}",
    )
