"""What PyTorch reads from the environment when it is loaded.  Imports nothing heavy."""

import os


def prepare_torch() -> None:
    """Let idle threads sleep, and the CPU help Apple's processor out, unless the user has chosen otherwise.

    PyTorch and the compiled kernels each keep a pool of threads, and take turns.  A pool that waits by spinning takes
    the processor from the other: a step of the coarse stage then took three to five times
    as long on a busy machine.
    """
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")  # GNU's and LLVM's OpenMP
    os.environ.setdefault("KMP_BLOCKTIME", "0")  # Intel's
    os.environ.setdefault("PYTORCH_ENABLE_MPS_FALLBACK", "1")  # sparse products, integer scatter
