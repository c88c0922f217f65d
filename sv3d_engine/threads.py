"""How thread pools wait.  Imports nothing heavy: it has to be called before PyTorch is loaded."""

import os


def yield_when_idle() -> None:
    """Let idle threads sleep instead of spin, unless the user has chosen otherwise.

    PyTorch and the compiled kernels each keep a pool of threads, and take turns.  A pool that waits by spinning takes
    the processor from the other: a step of the coarse stage then lasts five times as long.
    """
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")  # GNU's and LLVM's OpenMP
    os.environ.setdefault("KMP_BLOCKTIME", "0")  # Intel's
