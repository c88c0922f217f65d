"""Contact sheet of generated objects: ``python -m sv3d_engine.laboratory.dataset.sheet --seeds A B --out FILE``."""

import argparse
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from .generator import DatasetObject, sample_object
from .orbits import sample_background, sample_light, sample_orbit
from .rendering import render_orbit

VIEWS = (20, 3, 8, 13)  # front, then round it


def strip(seed: int, thing: DatasetObject, size: int, moving: bool, white: float) -> NDArray[np.uint8]:
    """Some views of a seed's orbit side by side, (size, views·size, 3)."""
    orbit = sample_orbit(seed, thing, moving)
    frames = render_orbit(thing, orbit, sample_light(seed), size, background=sample_background(seed, white))
    return np.concatenate([frames[i].permute(1, 2, 0).numpy() for i in VIEWS], 1)


def sheet(strips: Sequence[NDArray[np.uint8]], columns: int) -> NDArray[np.uint8]:
    """Strips of one size in rows of ``columns``."""
    empty = np.full_like(strips[0], 255)
    padded = [*strips, *[empty] * (-len(strips) % columns)]
    return np.concatenate([np.concatenate(padded[i : i + columns], 1) for i in range(0, len(padded), columns)])


def main(argv: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="python -m sv3d_engine.laboratory.dataset.sheet", description=__doc__)
    parser.add_argument("--seeds", type=int, nargs=2, required=True, metavar=("A", "B"), help="from A up to B − 1")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--family", help="objects of this family only")
    parser.add_argument("--size", type=int, default=96, help="pixels a view")
    parser.add_argument("--columns", type=int, default=3)
    parser.add_argument("--moving", action="store_true", help="dynamic orbits")
    parser.add_argument("--white", type=float, default=1.0, help="probability of a white background")
    a = parser.parse_args(argv)
    seeds = range(*a.seeds)
    strips = [strip(s, sample_object(s, a.family), a.size, a.moving, a.white) for s in seeds]
    Image.fromarray(sheet(strips, a.columns)).save(a.out)


if __name__ == "__main__":
    main()
