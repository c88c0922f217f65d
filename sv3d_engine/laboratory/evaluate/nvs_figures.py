"""Measures between pictures: how near frames come to the true ones, and whether the camera goes where it is told to."""

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter

from ...shared.trajectory import Pose
from .likeness import Frames, Judge

Picture = NDArray[np.floating]  # (H, W, C)

SIGMA = 1.5  # pixels; with K1, K2 and population covariances as Wang et al. 2004 use them
K1, K2 = 0.01, 0.03


def psnr(a: Picture, b: Picture) -> float:
    """Peak signal-to-noise ratio in dB; infinite for equal pictures."""
    error = float(np.mean((a.astype(np.float64) - b) ** 2))
    return float("inf") if error == 0 else -10 * float(np.log10(error))


def ssim(a: Picture, b: Picture) -> float:
    """Structural similarity, mean over pixels and channels (Wang et al. 2004, Gaussian window)."""
    return float(np.mean(local_ssim(a, b)))


def local_ssim(a: Picture, b: Picture) -> Picture:  # (H, W, C)
    """Structural similarity about each pixel, by channels."""
    a, b = a.astype(np.float64), b.astype(np.float64)

    def local(picture: Picture) -> Picture:
        return gaussian_filter(picture, (SIGMA, SIGMA, 0), truncate=3.5)

    mean_a, mean_b = local(a), local(b)
    var_a, var_b = local(a * a) - mean_a**2, local(b * b) - mean_b**2
    covariance = local(a * b) - mean_a * mean_b
    c1, c2 = K1**2, K2**2
    likeness = (2 * mean_a * mean_b + c1) * (2 * covariance + c2)
    return likeness / ((mean_a**2 + mean_b**2 + c1) * (var_a + var_b + c2))


LPIPS, CLIP_S, OWN_TOWER = "lpips", "clip_s", "own_tower"  # each only where its network is there
MEASURES = {LPIPS: 3, "psnr": 2, "ssim": 3, CLIP_S: 3, OWN_TOWER: 3, "mse": 4}  # digits after the point
TITLES = {LPIPS: "LPIPS", "psnr": "PSNR", "ssim": "SSIM", CLIP_S: "CLIP-S", OWN_TOWER: "own tower", "mse": "MSE"}
CAMERA = "camera"
FAR = 60.0  # degrees of azimuth, beyond which another view should look less like the one asked for
_MOST = 60.0  # dB, of frames that hardly differ: an infinite one would spoil the mean

Figures = dict[str, NDArray[np.float64]]  # of each measure, by frame (20,), later by orbit and frame (N, 20)


def picture_figures(made: Frames, truth: Frames, judges: Mapping[str, Judge] | None = None) -> Figures:
    """PSNR, SSIM and MSE of each pair of pictures (N, S, S, 3), and what the judges tell by their names."""
    pairs = list(zip(made, truth, strict=True))
    found = {
        "psnr": np.array([min(psnr(a, b), _MOST) for a, b in pairs]),
        "ssim": np.array([ssim(a, b) for a, b in pairs]),
        "mse": np.array([np.mean((a.astype(np.float64) - b) ** 2) for a, b in pairs]),
    }
    return found | {name: judge(made, truth) for name, judge in (judges or {}).items()}


def figures(made: Frames, truth: Frames, poses: Sequence[Pose], judges: Mapping[str, Judge] | None = None) -> Figures:
    """All measures of an orbit's 21 frames but the last, which is the picture that was given."""
    found = picture_figures(made[:-1], truth[:-1], judges)
    return found | {CAMERA: camera_control(made, truth, poses)}


def measured(found: Mapping[str, object]) -> list[str]:
    """The measures that are there, in the paper's order."""
    return [key for key in MEASURES if key in found]


def camera_control(made: Frames, truth: Frames, poses: Sequence[Pose]) -> NDArray[np.float64]:  # (20,)
    """Of the true frames more than FAR away, the share that each frame is less like than its own true one.

    By mean squared error; the picture that was given is among the others.  NaN for a frame without any far away.
    """
    flat, true = made.reshape(len(made), -1), truth.reshape(len(truth), -1)
    shares = []
    for i, frame in enumerate(flat[:-1]):
        far = [j for j, pose in enumerate(poses) if turned(pose.azimuth, poses[i].azimuth) > FAR]
        error: NDArray[np.float64] = np.square(true - frame).mean(1, np.float64)
        shares.append(float(np.mean(error[far] > error[i])) if far else float("nan"))
    return np.array(shares)


def turned(a: float, b: float) -> float:
    """Degrees in [0, 180] between two azimuths."""
    return abs((a - b + 180) % 360 - 180)
