"""The unwrapping process: ``python unwrap_child.py IN.npz OUT.npz``, where xatlas may run, hang or be killed.

xatlas cannot be interrupted and holds Python's lock while it works, so it has a process of its own.  This file is
run as a script and imports nothing of the engine: it needs no package path.  Its exit status tells what was lacking, as
a full disk takes no log.
"""

import faulthandler
import os
import sys
import traceback
from contextlib import suppress
from pathlib import Path

NO_MEMORY, NO_PACKAGE, NO_FILE = 97, 98, 100  # exit statuses; to the last one the system's number is added


def main(source: str, target: str) -> None:
    """Read vertices, faces and settings; write vertex_map (W,), faces (F, 3), uv (W, 2) and the chart count."""
    import numpy as np
    import xatlas

    with np.load(source) as given:
        # A C timer, which runs although Python cannot: nobody is left to stop this process if its parent was killed.
        faulthandler.dump_traceback_later(float(given["timeout"]), exit=True)
        atlas = xatlas.Atlas()
        atlas.add_mesh(given["vertices"], given["faces"])
        pack = xatlas.PackOptions()
        pack.resolution, pack.padding = int(given["resolution"]), int(given["padding"])
        chart = xatlas.ChartOptions()
        chart.max_cost = float(given["max_cost"])
    pack.bilinear = True
    atlas.generate(chart, pack, False)
    vertex_map, faces, uv = atlas.get_mesh(0)
    side = max(atlas.width, atlas.height)  # atlases are rarely square: one scale for both axes keeps texels square
    uv = uv * np.array([atlas.width / side, atlas.height / side], np.float32)
    partial = target.removesuffix(".npz") + "_part.npz"  # NumPy gives other endings its own
    np.savez(partial, vertex_map=vertex_map, faces=faces, uv=uv, charts=atlas.chart_count)
    Path(partial).replace(target)  # whole or not there


def _status(error: Exception) -> int:
    if isinstance(error, MemoryError):
        return NO_MEMORY
    if isinstance(error, ImportError):
        return NO_PACKAGE
    return NO_FILE + error.errno if isinstance(error, OSError) and error.errno else 1


if __name__ == "__main__":
    try:
        main(sys.argv[1], sys.argv[2])
    except Exception as failure:
        with suppress(OSError):
            traceback.print_exc()
            sys.stderr.flush()
        os._exit(_status(failure))  # at once: what cannot be written to the log would change the status
