"""How the engine's fast CPU kernels are compiled; every kernel has a plain PyTorch twin named ``*_ref``.

The twin is the oracle in the tests, and what a graphics card runs where there is nothing better (``warp_kernels``; on
MPS visibility and compositing, which it has no types for, come to the CPU's kernels).  Compiled code is cached in the
user's cache folder, never beside the source: the engine may lie inside a read-only extension folder.
"""

import os

import torch
from torch import Tensor

from .kernel_cache import cache_folder

os.environ.setdefault("NUMBA_CACHE_DIR", str(cache_folder()))
# As many threads as PyTorch has: a first kernel with more would raise PyTorch's number, whatever OMP_NUM_THREADS says.
os.environ.setdefault("NUMBA_NUM_THREADS", str(torch.get_num_threads()))

import numba  # only now: it reads the environment at import, so the engine imports it here alone

# NaN and infinity must keep their meaning, as depth buffers use them.  Sums keep their order: with "reassoc", code
# fresh from the compiler adds up in another order than the same code from the cache, and the first job on a machine
# made another mesh than the next.
_MATHS = {"contract", "arcp", "nsz", "afn"}
jit = numba.njit(fastmath=_MATHS, cache=True, nogil=True)
parallel_jit = numba.njit(fastmath=_MATHS, cache=True, nogil=True, parallel=True)
prange = numba.prange


_READ = {torch.float32, torch.int64, torch.int32, torch.bool}  # real numbers; indices and masks


def use_kernel(*tensors: Tensor) -> bool:
    """True where the compiled kernel applies: every tensor that it reads is on the CPU in a type it is written for.

    Half and double precision go to the twin: NumPy has no bfloat16, and the kernels' sums are float32.
    """
    return all(t.device.type == "cpu" and t.dtype in _READ for t in tensors)
