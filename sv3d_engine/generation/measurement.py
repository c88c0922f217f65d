"""Time, memory and speed of a device."""

import platform
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import torch

from ..pipeline import memory

_SIDE = {"cpu": 2048, "cuda": 8192, "mps": 4096}  # rows and columns of the matrix product
_REPEATS = 5


class Stopwatch:
    """Seconds of named parts, and the most memory that was held in them."""

    def __init__(self, device: torch.device, tell: Callable[[str], None] = lambda text: None) -> None:
        self._device = device
        self._tell = tell
        self.seconds: dict[str, float] = {}
        self.peak = 0  # bytes: on CUDA of tensors, on MPS as seen at the ends of parts, else of the whole process

    @contextmanager
    def timed(self, name: str) -> Iterator[None]:
        """Time what is done in the context."""
        self._tell(name)
        started = self.now()
        yield
        self.seconds[name] = self.now() - started

    def now(self) -> float:
        """Seconds, when all that was asked of the device is done."""
        if self._device.type == "cuda":
            torch.cuda.synchronize(self._device)
            self.peak = torch.cuda.max_memory_allocated(self._device)
        elif self._device.type == "mps":
            torch.mps.synchronize()
            self.peak = max(self.peak, torch.mps.driver_allocated_memory())
        else:
            self.peak = memory.peak()
        return time.perf_counter()


def matmul_rate(device: torch.device, dtype: torch.dtype) -> float:
    """FLOP/s of a large matrix product: the best of several, after one that warms up."""
    side = _SIDE[device.type]
    left, right = (torch.randn(side, side, device=device).to(dtype) for _ in range(2))
    watch = Stopwatch(device)
    seconds = []
    for _ in range(_REPEATS + 1):
        started = watch.now()
        torch.mm(left, right)
        seconds.append(watch.now() - started)
    return float(2 * side**3 / min(seconds[1:]))


def device_name(device: torch.device) -> str:
    """For a table."""
    if device.type == "cuda":
        return torch.cuda.get_device_name(device)
    return f"{platform.processor() or platform.machine()} ({device.type}, {torch.get_num_threads()} threads)"
