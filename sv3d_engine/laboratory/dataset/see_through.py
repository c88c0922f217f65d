"""What is seen of a surface with holes and panes in it: its layers, from the nearest to the furthest.

Depth peeling (Everitt 2001): each pass draws what lies behind the last one's surface, where that let anything through.
"""

import math
from collections.abc import Callable

import numpy as np
import torch
from torch import Tensor

from ...ground.kernels import jit

LAYERS = 12  # that are followed: a leafy branch seen from the side has about so many
_UNSEEN = 1 / 256  # of what shows through: less is not looked for
_APART = np.float32(1e-5)  # share of its distance that a layer lies behind another at least


# Of points on faces, given as face (P,) and its corners' weights (P, 3): linear colours (P, 3) and opacity (P,).
Shade = Callable[[Tensor, Tensor], tuple[Tensor, Tensor]]


def composite(screen: Tensor, faces: Tensor, height: int, width: int, shade: Shade) -> Tensor:  # (height·width, 4)
    """Premultiplied linear colour and coverage of each pixel, on the CPU, where a kernel draws.

    screen (V, 3) and faces (F, 3) as ``rasterize`` takes them.
    """
    points, corners = screen.detach().cpu().numpy(), faces.cpu().numpy()
    limit = np.full((height, width), np.inf, np.float32)
    picture = torch.zeros(height * width, 4)
    for _ in range(LAYERS):
        best = np.zeros((height, width), np.float32)
        index = np.full((height, width), -1, np.int64)
        weights = np.zeros((height, width, 3), np.float32)
        _draw_behind(points, corners, limit, best, index, weights)
        pixels = np.flatnonzero(index >= 0)
        if not len(pixels):
            break
        at = torch.from_numpy(pixels)
        colour, opacity = shade(
            torch.from_numpy(index.ravel()[pixels]), torch.from_numpy(weights.reshape(-1, 3)[pixels])
        )
        share = opacity[:, None] * (1 - picture[at, 3:])
        picture[at] += share * torch.cat([colour, torch.ones_like(share)], 1)
        hidden = np.ones(height * width, np.bool_)
        hidden[pixels] = (picture[at, 3] > 1 - _UNSEEN).numpy()
        limit = np.where(hidden.reshape(height, width), np.float32(0), best * (1 - _APART))
    return picture


@jit
def _draw_behind(screen, faces, limit, best, index, weights):
    height, width = best.shape
    for f in range(faces.shape[0]):
        a, b, c = faces[f, 0], faces[f, 1], faces[f, 2]
        ax, ay, bx, by, cx, cy = screen[a, 0], screen[a, 1], screen[b, 0], screen[b, 1], screen[c, 0], screen[c, 1]
        y0 = max(0, int(math.ceil(min(ay, by, cy) - 0.5)))
        y1 = min(height - 1, int(math.floor(max(ay, by, cy) - 0.5)))
        x0 = max(0, int(math.ceil(min(ax, bx, cx) - 0.5)))
        x1 = min(width - 1, int(math.floor(max(ax, bx, cx) - 0.5)))
        area = (bx - ax) * (cy - ay) - (by - ay) * (cx - ax)
        if x0 > x1 or y0 > y1 or area == 0:
            continue
        sign = np.float32(1) if area > 0 else np.float32(-1)
        za, zb, zc = 1 / screen[a, 2], 1 / screen[b, 2], 1 / screen[c, 2]
        for y in range(y0, y1 + 1):
            py = np.float32(y) + np.float32(0.5)
            for x in range(x0, x1 + 1):
                if limit[y, x] == 0:
                    continue
                px = np.float32(x) + np.float32(0.5)
                wa = ((cx - bx) * (py - by) - (cy - by) * (px - bx)) * sign
                wb = ((ax - cx) * (py - cy) - (ay - cy) * (px - cx)) * sign
                wc = ((bx - ax) * (py - ay) - (by - ay) * (px - ax)) * sign
                if wa >= 0 and wb >= 0 and wc >= 0:
                    whole = wa + wb + wc
                    wa, wb, wc = wa * za, wb * zb, wc * zc
                    total = wa + wb + wc
                    closeness = total / whole
                    if best[y, x] < closeness < limit[y, x]:
                        best[y, x] = closeness
                        index[y, x] = f
                        weights[y, x, 0], weights[y, x, 1], weights[y, x, 2] = wa / total, wb / total, wc / total
