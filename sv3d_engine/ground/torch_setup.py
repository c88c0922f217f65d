"""What PyTorch is told before work begins: its environment and the random numbers.  Imports nothing heavy."""

import os
import random
import zlib
from collections.abc import Iterator
from contextlib import contextmanager


def prepare_torch() -> None:
    """Let idle threads sleep, and the CPU help Apple's processor out, unless the user has chosen otherwise.

    PyTorch and the compiled kernels each keep a pool of threads, and take turns.  A pool that waits by spinning takes
    the processor from the other: a step of the coarse stage then took three to five times
    as long on a busy machine.
    """
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")  # GNU's and LLVM's OpenMP
    os.environ.setdefault("KMP_BLOCKTIME", "0")  # Intel's
    os.environ.setdefault("PYTORCH_ENABLE_MPS_FALLBACK", "1")  # sparse products, among others


def stage_seed(seed: int, stage: str) -> int:
    """A stage's own seed in [0, 2³¹), so that a resumed job draws what an unbroken one would have drawn."""
    return zlib.crc32(f"{seed}/{stage}".encode()) & 0x7FFF_FFFF


def seed_everything(seed: int, stage: str) -> int:
    """Seed every global generator for one stage and return the seed for generators of the stage's own."""
    import numpy as np
    import torch

    own = stage_seed(seed, stage)
    random.seed(own)
    np.random.seed(own)
    torch.manual_seed(own)  # all devices
    return own


@contextmanager
def one_thread() -> Iterator[None]:
    """Work of many small steps, in which PyTorch's threads would only wait for each other."""
    import torch

    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(threads)
