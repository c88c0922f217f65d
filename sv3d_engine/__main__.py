"""``python -m sv3d_engine``."""

import os
import sys

if sys.version_info < (3, 11):  # noqa: UP036 – artists choose the Python, and an older one could not read the rest
    sys.exit(f"SV3D needs Python 3.11 or newer; this is {sys.version.split()[0]}.")

# PyTorch and the compiled kernels each keep a pool of threads, and take turns.  A pool that waits by spinning takes the
# processor from the other: a step of the coarse stage then lasts five times as long.  Read when PyTorch is loaded.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
os.environ.setdefault("KMP_BLOCKTIME", "0")

from sv3d_engine.cli import main

sys.exit(main())
