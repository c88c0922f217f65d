"""``python -m sv3d_engine``."""

import sys

if sys.version_info < (3, 11):  # noqa: UP036 – artists choose the Python, and an older one could not read the rest
    sys.exit(f"SV3D needs Python 3.11 or newer; this is {sys.version.split()[0]}.")

from sv3d_engine.ground.torch_setup import prepare_torch

prepare_torch()

from sv3d_engine.job.command_line import main  # noqa: E402

sys.exit(main())
