"""Photo-consistency: how well the frames agree on a surface patch that is moved in and out along its normal."""

import math

import numpy as np
import torch
from torch import Tensor

from ...ground.kernels import jit, parallel_jit, prange, use_kernel
from .photo_consistency_ref import FLAT, NOISE, OPAQUE, UNKNOWN, photo_consistency_ref, tangents

RADIUS, SPACING = 3, 1.07  # of the usual patch: places on either side of its middle, pixels between them

_MISSING = np.float32(-1)  # the power of a patch that reaches beyond the object
_HALF, _ONE = np.float32(0.5), np.float32(1)


@jit
def _step(camera, axis, direction, spacing):
    """What a step across the patch adds to one homogeneous screen coordinate."""
    p = camera[axis]
    return spacing * (p[0] * direction[0] + p[1] * direction[1] + p[2] * direction[2])


@jit
def _sample(picture, column, row, into, at):
    """Bilinear colour at a place, written to into[at:at + 3]; False where it is not the object's alone."""
    height, width, _ = picture.shape
    if not (column >= 0 and row >= 0 and column < width - 1 and row < height - 1):
        return False
    c, r = int(column), int(row)
    fx, fy = column - np.float32(c), row - np.float32(r)
    w11 = fx * fy
    w01, w10, w00 = fx - w11, fy - w11, _ONE - fx - fy + w11
    a, b, d, e = picture[r, c], picture[r, c + 1], picture[r + 1, c], picture[r + 1, c + 1]
    if w00 * a[3] + w01 * b[3] + w10 * d[3] + w11 * e[3] < np.float32(OPAQUE):
        return False
    into[at] = w00 * a[0] + w01 * b[0] + w10 * d[0] + w11 * e[0]
    into[at + 1] = w00 * a[1] + w01 * b[1] + w10 * d[1] + w11 * e[1]
    into[at + 2] = w00 * a[2] + w01 * b[2] + w10 * d[2] + w11 * e[2]
    return True


@jit
def _read_patch(picture, camera, x, y, z, across, radius, spacing, into):
    """Colours of a tangent patch less their mean, channel by channel; returns their sum of squares, or _MISSING."""
    x0 = camera[0, 0] * x + camera[0, 1] * y + camera[0, 2] * z + camera[0, 3]
    y0 = camera[1, 0] * x + camera[1, 1] * y + camera[1, 2] * z + camera[1, 3]
    w0 = camera[2, 0] * x + camera[2, 1] * y + camera[2, 2] * z + camera[2, 3]
    # Homogeneous coordinates are linear across the patch.
    xu, xv = _step(camera, 0, across[0], spacing), _step(camera, 0, across[1], spacing)
    yu, yv = _step(camera, 1, across[0], spacing), _step(camera, 1, across[1], spacing)
    wu, wv = _step(camera, 2, across[0], spacing), _step(camera, 2, across[1], spacing)
    at = 0
    for i in range(-radius, radius + 1):
        for j in range(-radius, radius + 1):
            a, b = np.float32(i), np.float32(j)
            inverse = _ONE / (w0 + a * wu + b * wv)
            column, row = (x0 + a * xu + b * xv) * inverse - _HALF, (y0 + a * yu + b * yv) * inverse - _HALF
            if not _sample(picture, column, row, into, at):
                return _MISSING
            at += 3
    power = np.float32(0)
    for channel in range(3):
        mean = np.float32(0)
        for q in range(channel, at, 3):
            mean += into[q]
        mean /= np.float32(at // 3)
        for q in range(channel, at, 3):
            into[q] -= mean
            power += into[q] * into[q]
    return power


@jit
def _better_half(agreed):
    """Mean of the larger half of some numbers."""
    ordered = np.sort(agreed)
    kept = (len(ordered) + 1) // 2
    total = np.float32(0)
    for q in range(kept):
        total += ordered[len(ordered) - 1 - q]
    return total / np.float32(kept)


@parallel_jit
def _sweep(points, normals, across, cameras, pictures, order, offsets, radius, spacing, out):
    length = 3 * (2 * radius + 1) ** 2
    noise, flat = np.float32(NOISE * NOISE * length), np.float32(FLAT * FLAT * length)
    views = order.shape[1]
    for i in prange(points.shape[0]):
        first, other, agreed = np.empty(length, np.float32), np.empty(length, np.float32), np.empty(views, np.float32)
        for k in range(offsets.shape[0]):
            x = points[i, 0] + offsets[k] * normals[i, 0]
            y = points[i, 1] + offsets[k] * normals[i, 1]
            z = points[i, 2] + offsets[k] * normals[i, 2]
            found, power = 0, _MISSING
            for m in range(views):
                view = order[i, m]
                if view < 0:
                    break
                into = first if m == 0 else other
                here = _read_patch(pictures[view], cameras[view], x, y, z, across[i], radius, spacing, into)
                if m == 0:
                    power = here
                    if power < flat:
                        break
                elif here >= 0:
                    shared = np.float32(0)
                    for q in range(length):
                        shared += first[q] * other[q]
                    agreed[found] = shared / math.sqrt((power + noise) * (here + noise))
                    found += 1
            if found > 0:
                out[i, k] = _better_half(agreed[:found])


def photo_consistency(
    points: Tensor,  # (P, 3) world
    normals: Tensor,  # (P, 3) unit
    cameras: Tensor,  # (N, 3, 4) world to pixels, homogeneous
    pictures: Tensor,  # (N, H, W, 4) colour premultiplied by alpha, alpha
    order: Tensor,  # (P, M) int64: the frames that see each point, the one to compare with first, −1 for none
    offsets: Tensor,  # (K,) world units along the normal
    radius: int,
    spacing: float,
) -> Tensor:  # (P, K) in [−1, 1], or UNKNOWN
    """Normalised cross-correlation of tangent patches between the first frame and the better half of the others.

    A patch has (2·radius + 1)² places ``spacing`` world units apart; the sum runs over the three channels, each less
    its mean, so that neither exposure nor shading matters (Furukawa & Ponce 2010; the better half, as a frame may be
    blocked or show a highlight).  UNKNOWN where the first frame's patch is flat or reaches beyond the object.
    """
    across = tangents(normals)
    if not use_kernel(points, normals, cameras, pictures, order, offsets):
        return photo_consistency_ref(points, normals, cameras, pictures, order, offsets, radius, spacing)
    scores = torch.full((len(points), len(offsets)), UNKNOWN)
    where = (points.contiguous().numpy(), normals.contiguous().numpy(), across.numpy(), cameras.numpy())
    what = (pictures.numpy(), order.numpy(), offsets.numpy())
    _sweep(*where, *what, radius, np.float32(spacing), scores.numpy())
    return scores


def top_offset(scores: Tensor, best: Tensor) -> Tensor:  # (P, K), (P,) -> (P,)
    """How far from the best of evenly spaced scores their parabola's top lies, in [−1/2, 1/2] of a space."""
    count = scores.shape[1]
    before, here, after = (scores.gather(1, (best[:, None] + d).clamp(0, count - 1))[:, 0] for d in (-1, 0, 1))
    bend = before - 2 * here + after
    known = (best > 0) & (best < count - 1) & (torch.minimum(before, after) > UNKNOWN) & (bend < 0)
    return torch.where(known, (before - after) / (2 * bend), 0.0).clamp(-0.5, 0.5)
