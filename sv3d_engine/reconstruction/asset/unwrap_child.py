"""The unwrapping process: ``python unwrap_child.py IN.npz OUT.npz``, where xatlas may run, hang or be killed.

xatlas cannot be interrupted and holds Python's lock while it works, so it has a process of its own.  This file is
run as a script and imports nothing of the engine: it needs no package path.
"""

import faulthandler
import sys

import numpy as np
import xatlas


def main(source: str, target: str) -> None:
    """Read vertices, faces and settings; write vertex_map (W,), faces (F, 3), uv (W, 2) and the chart count."""
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
    np.savez(target, vertex_map=vertex_map, faces=faces, uv=uv, charts=atlas.chart_count)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2])
