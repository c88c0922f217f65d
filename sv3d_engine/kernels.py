"""How the engine's fast CPU kernels are compiled; every kernel has a plain PyTorch twin in a ``*_ref`` module.

The twin is the oracle in the tests and what CUDA and MPS run.  Compiled code is cached in the user's cache folder,
never beside the source: the engine may lie inside a read-only extension folder.
"""

import os
import sys
from pathlib import Path

import torch
from torch import Tensor


def cache_folder() -> Path:
    """The per-user folder for compiled kernels, by the platform's own convention."""
    if sys.platform == "win32":
        base = Path(os.environ.get("LOCALAPPDATA", Path.home() / "AppData" / "Local"))
    elif sys.platform == "darwin":
        base = Path.home() / "Library" / "Caches"
    else:
        base = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache"))
    return base / "sv3d" / "kernels"


os.environ.setdefault("NUMBA_CACHE_DIR", str(cache_folder()))

import numba  # noqa: E402  (reads its cache folder from the environment at import)

# Contraction and reassociation are welcome; NaN and infinity must keep their meaning, as depth buffers use them.
_MATHS = {"reassoc", "contract", "arcp", "nsz", "afn"}
jit = numba.njit(fastmath=_MATHS, cache=True, nogil=True)
parallel_jit = numba.njit(fastmath=_MATHS, cache=True, nogil=True, parallel=True)


def use_kernel(*tensors: Tensor) -> bool:
    """True where the compiled kernel applies: every tensor is on the CPU in a type the kernels read."""
    return all(t.device.type == "cpu" and t.dtype != torch.float64 for t in tensors)
