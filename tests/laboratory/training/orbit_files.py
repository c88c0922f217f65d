"""Shards of random orbits."""

from pathlib import Path

import torch

from sv3d_engine.laboratory.training.orbit_shards import Shards
from sv3d_engine.shared.trajectory import dynamic, static


def write_random_orbits(folder: Path, count: int = 4, size: int = 3) -> Shards:
    """Noise for frames (32²) and latents (8²); every other orbit is a dynamic one."""
    random = torch.Generator().manual_seed(0)
    shards = Shards(folder, folder, "train", count, size)
    for k in range(shards.files):
        orbits = [dynamic(10, i) if i % 2 else static(5 + i) for i in shards.members(k)]
        angles = {
            "elevations": torch.tensor([[p.elevation for p in poses] for poses in orbits]),
            "azimuths": torch.tensor([[p.azimuth for p in poses] for poses in orbits]),
        }
        frames = torch.randint(0, 256, (len(orbits), 21, 3, 32, 32), generator=random).byte()
        latents = torch.randn(len(orbits), 21, 4, 8, 8, generator=random).half()
        shards.write("frames", k, {"frames": frames, **angles}, {})
        shards.write("latents", k, {"latents": latents, **angles}, {})
    return shards
