"""A ball's frames with its true normals, as each camera has them."""

from dataclasses import replace

import torch
from scenes import grey, icosphere, pictures_of, wavy_orbit
from torch import Tensor

from sv3d_engine.orbit.cameras import frame_rays
from sv3d_engine.reconstruction.frames.frames import Frames

RADIUS = 0.45


def told_ball(count: int, size: int) -> tuple[tuple[Tensor, Tensor], Frames]:
    """Its vertices and faces, and frames of it in grey."""
    vertices, faces = icosphere(4)
    frames = pictures_of(vertices * RADIUS, faces, grey, wavy_orbit(count), size)
    return (vertices * RADIUS, faces), replace(frames, normals=ball_normals(frames))


def ball_normals(frames: Frames) -> Tensor:  # (N, S, S, 4)
    """Worked out from rays: a ball's normal in the world is its place."""
    count, size = frames.alpha.shape[:2]
    index = torch.arange(count).repeat_interleave(size**2)
    origins, ways = frame_rays(frames.orbit, size, index, torch.arange(size**2).repeat(count))
    along = -(origins * ways).sum(-1)
    inside = along.square() - origins.square().sum(-1) + RADIUS**2
    world = (origins + (along - inside.clamp_min(0).sqrt())[:, None] * ways) / RADIUS
    told = torch.einsum("npc,nkc->npk", world.reshape(count, -1, 3), frames.orbit.rotations())
    sure = (inside > 0).float().reshape(count, -1, 1)
    return torch.cat([told * sure, sure], -1).reshape(count, size, size, 4)
