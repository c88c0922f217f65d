"""The engine's own runner, with the preset "draft" as small as it goes: ``tiny_runner.py work``."""

import sys
from pathlib import Path

sys.path[:0] = [str(Path(__file__).parents[2]), str(Path(__file__).parents[1] / "job")]

if __name__ == "__main__":
    from ball import TINY

    from sv3d_engine.ground.settings import PRESETS
    from sv3d_engine.ground.torch_setup import prepare_torch
    from sv3d_engine.job.worker import runner

    prepare_torch()
    PRESETS["draft"] = TINY
    sys.exit(runner.main(warm_up=False))
