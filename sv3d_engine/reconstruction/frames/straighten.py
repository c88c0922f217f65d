"""Frames as cameras would have taken them that look at the turning axis upright."""

import math
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from scipy import ndimage
from torch import Tensor

_KEPT = 0.02  # alpha from which a pixel is the object's


@dataclass(frozen=True)
class Straightening:
    """What was done to frames so that they look at the turning axis upright: at first nothing."""

    aim: tuple[float, float] = (0.0, 0.0)  # where the axis showed: right and down of the middle, in frame widths
    roll: float = 0.0  # degrees that they were turned clockwise
    growth: float = 1.0  # of their side

    def undone(self, places: Tensor) -> Tensor:  # (P, 2) -> (P, 2)
        """Where the frames as they were show what the straightened ones show at ``places``, both in [0, 1]²."""
        matrix = torch.from_numpy(self.matrix).to(places)
        return places @ matrix[:, :2].T + matrix[:, 2]

    @property
    def matrix(self) -> NDArray[np.float64]:  # (2, 3)
        """What ``undone`` does to a place (x, y, 1)."""
        turn = self.growth * _turn(self.roll)
        return np.column_stack([turn, np.asarray(self.aim) + 0.5 - turn @ np.full(2, 0.5)])

    def again(self, frames: NDArray[np.uint8], fov_deg: float) -> NDArray[np.uint8]:
        """The same done to these."""
        return frames if self == NOTHING_DONE else straightened(frames, self.aim, self.roll, fov_deg)[0]


NOTHING_DONE = Straightening()


def straightened(
    frames: NDArray[np.uint8],  # (N, S, S, 4) straight alpha
    aim: tuple[float, float],  # where the axis shows: right and down of the middle, in frame widths
    roll: float,  # degrees that the frames are turned clockwise
    fov_deg: float,
) -> tuple[NDArray[np.uint8], float]:
    """The frames moved and turned back, and their field of view.

    They become larger where the object would otherwise be cut off, and see as much more.
    """
    size = frames.shape[1]
    wide = _needed(frames, aim, roll)
    grown = max(size, 2 * math.ceil(wide * size))
    moved = np.stack([_resampled(frame, aim, roll, grown) for frame in frames])
    tan = math.tan(math.radians(fov_deg / 2)) * grown / size
    return moved, math.degrees(2 * math.atan(tan))


def shifted(frame: NDArray[np.uint8], aside: NDArray[np.float64]) -> NDArray[np.uint8]:  # (S, S, 4) straight alpha
    """One frame whose object stands aside, right and down in frame widths, moved to where it should."""
    return _resampled(frame, (float(aside[0]), float(aside[1])), 0.0, len(frame))


def _needed(frames: NDArray[np.uint8], aim: tuple[float, float], roll: float) -> float:
    """Half side, in frame widths, of a square about the axis that holds what all frames show."""
    shown = (frames[..., 3] > _KEPT * 255).any(0)
    points = np.argwhere(shown)[:, ::-1]
    away = (points + 0.5) / frames.shape[1] - 0.5 - np.asarray(aim)
    turned = away @ _turn(-roll).T
    return float(np.abs(turned).max()) + 1 / frames.shape[1] if len(points) else 0.5


def _turn(degrees: float) -> NDArray[np.float64]:
    """Clockwise, for x right and y down."""
    cos, sin = math.cos(math.radians(degrees)), math.sin(math.radians(degrees))
    return np.array([[cos, -sin], [sin, cos]])


def _resampled(frame: NDArray[np.uint8], aim: tuple[float, float], roll: float, grown: int) -> NDArray[np.uint8]:
    """One frame on a grown × grown grid about the axis, by cubic splines."""
    size = len(frame)
    alpha = frame[..., 3:].astype(np.float32) / 255
    layers = np.concatenate([frame[..., :3] * alpha, alpha * 255], -1)  # premultiplied: no colour comes from nothing
    turn = _turn(roll)[::-1, ::-1]  # of (row, column)
    offset = np.array([aim[1], aim[0]]) * size + (size - 1) / 2 - turn @ np.full(2, (grown - 1) / 2)
    out = [
        ndimage.affine_transform(layers[..., i], turn, offset, (grown, grown), order=3, mode="constant")
        for i in range(4)
    ]
    moved = np.stack(out, -1)
    covered = moved[..., 3:] / 255  # splines overshoot, but colour and cover alike
    colours = np.where(covered > 1e-3, moved[..., :3] / np.maximum(covered, 1e-3), 255)
    return np.concatenate([colours, moved[..., 3:]], -1).clip(0, 255).round().astype(np.uint8)
