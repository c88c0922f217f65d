"""Objects of a benchmark that have all that an evaluation asks for before it begins, and nothing in it."""

import json
from pathlib import Path


def write_object(folder: Path, *orbits: str) -> None:
    """A known object with two frames of each orbit (orbit_dynamic) and one view to compare at; its files are empty."""
    cameras: dict[str, object] = {"fov_deg": 33.8, "distance": 2.0, "resolution": [8, 8]}
    for orbit in orbits or ("orbit_dynamic",):
        (folder / orbit).mkdir(parents=True)
        files = [f"{orbit}/{i:03d}.png" for i in range(2)]
        cameras[orbit] = [{"file": file, "elevation": 0.0, "azimuth": 0.0} for file in files]
        for file in files:
            (folder / file).touch()
    (folder / "mesh.glb").touch()
    views = [{"file": "eval/000.png", "elevation": 0.0, "azimuth": 0.0}]
    (folder / "cameras.json").write_text(json.dumps({**cameras, "eval": views}))
