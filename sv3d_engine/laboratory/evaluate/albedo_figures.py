"""How near a mesh's base colour, outlines and normals come to the true ones, in views of neither orbit."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ...ground.colour import to_srgb_array
from .nvs_figures import local_ssim
from .relight import channel_factors, over_white
from .true_views import Layers, Pictures

_FULL, _COVERED = 0.99, 0.5  # coverage
_MOST = 99.0  # dB
_ERROR_SHOWN = 2.0  # times that a mean difference of sRGB values darkens


@dataclass(frozen=True)
class Compared:
    """Figures, and the pictures that they are of: sRGB over white (N, S, S, 3) in [0, 1]."""

    figures: dict[str, float]
    true: Pictures
    made: Pictures

    def tiles(self, normals: Pictures, coverage: Pictures) -> NDArray[np.uint8]:  # (N, S, 4·S, 3)
        """Truth, prediction, inverted error and predicted normals, side by side for each view."""
        error = np.abs(self.true - self.made).mean(-1, keepdims=True) * _ERROR_SHOWN
        bent = np.where(coverage[..., None] > 0, normals * 0.5 + 0.5, 1)
        strip = [self.true, self.made, np.broadcast_to(1 - error, self.true.shape), bent]
        return np.rint(np.clip(np.concatenate(strip, 2), 0, 1) * 255).astype(np.uint8)


def albedo_figures(true: Layers, true_normals: Pictures | None, made: Layers) -> Compared:
    """Figures over all views.

    The made colours are multiplied, in linear light, by one factor a channel for all views: the least squares where
    both cover fully.  It forgives exposure and white balance.  Errors are of sRGB over white, pooled over the pixels
    that either covers by half.
    """
    both = (true.coverage > _FULL) & (made.coverage > _FULL)
    factors = channel_factors(true.colour[both], made.colour[both])
    shown = [
        over_white(to_srgb_array(colour), coverage[..., None])
        for colour, coverage in (
            (true.colour, true.coverage),
            (made.colour * factors.astype(np.float32), made.coverage),
            (made.colour, made.coverage),
        )
    ]
    truth, scaled, raw = shown
    of_true, of_made = true.coverage > _COVERED, made.coverage > _COVERED
    union, inside = of_true | of_made, of_true & of_made
    figures = {
        "albedo_psnr": _psnr(truth, scaled, union),
        "albedo_psnr_inside": _psnr(truth, scaled, inside),
        "albedo_psnr_unscaled": _psnr(truth, raw, union),
        "albedo_ssim": float(np.mean([_ssim(*pair) for pair in zip(truth, scaled, union, strict=True)])),
        "silhouette_iou": float(np.mean([i.sum() / max(u.sum(), 1) for i, u in zip(inside, union, strict=True)])),
    }
    if true_normals is not None and both.any():
        cosine = (true_normals[both] * made.normals[both]).sum(-1).clip(-1, 1)
        figures["normal_error_deg"] = float(np.degrees(np.arccos(cosine)).mean())
    return Compared({k: v for k, v in figures.items() if np.isfinite(v)}, truth, scaled)


def _psnr(true: Pictures, made: Pictures, where: NDArray[np.bool_]) -> float:
    """dB over some pixels; NaN over none."""
    if not where.any():
        return float("nan")
    error = float(np.square(true[where].astype(np.float64) - made[where]).mean())
    return min(_MOST, -10 * float(np.log10(max(error, 1e-10))))


def _ssim(true: Pictures, made: Pictures, where: NDArray[np.bool_]) -> float:
    """Mean of the local similarity over some pixels of one view; 1 over none."""
    return float(local_ssim(true, made).mean(-1)[where].mean()) if where.any() else 1.0
