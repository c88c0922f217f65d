"""Orbits that cost nothing: a ball of two colours that turns, in the dataset room's place."""

import torch
from torch import Tensor

from sv3d_engine.laboratory.training.config import Data
from sv3d_engine.laboratory.training.orbit_shards import moves
from sv3d_engine.shared.trajectory import dynamic, static


def ball(data: Data, index: int, seed: int, size: int, device: str) -> tuple[Tensor, Tensor, Tensor]:
    """Half of the ball has one colour, half another, as a ``rendering.Source``; the seed decides which."""
    random = torch.Generator().manual_seed(seed)
    front, back = torch.rand(2, 3, generator=random)
    elevation = float(torch.rand((), generator=random)) * 30 - 5
    poses = dynamic(elevation, seed % 2**31) if moves(data, index) else static(elevation)
    axis = torch.linspace(-1.2, 1.2, size)
    y, x = -axis[:, None].expand(size, size), axis.expand(size, size)
    depth = (1 - x**2 - y**2).clamp_min(0).sqrt()
    inside = (x**2 + y**2 < 1).float()
    frames = []
    for pose in poses:
        e, a = torch.deg2rad(torch.tensor([pose.elevation, pose.azimuth]))
        towards = e.cos() * depth - e.sin() * y  # horizontally, along the camera's way
        side = a.cos() * towards - a.sin() * x
        share = torch.sigmoid(side * 20)[None]
        colour = share * front[:, None, None] + (1 - share) * back[:, None, None]
        frames.append(colour * inside + (1 - inside))
    pictures = (torch.stack(frames) * 255).round().byte()
    return pictures, torch.tensor([p.elevation for p in poses]), torch.tensor([p.azimuth for p in poses])
