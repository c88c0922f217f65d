"""Measures between pictures: how near frames come to the true ones, and whether the camera goes where it is told to."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter

from ...shared.trajectory import Pose

Picture = NDArray[np.floating]  # (H, W, C)

SIGMA = 1.5  # pixels; with K1, K2 and population covariances as Wang et al. 2004 use them
K1, K2 = 0.01, 0.03


def psnr(a: Picture, b: Picture) -> float:
    """Peak signal-to-noise ratio in dB; infinite for equal pictures."""
    error = float(np.mean((a.astype(np.float64) - b) ** 2))
    return float("inf") if error == 0 else -10 * float(np.log10(error))


def ssim(a: Picture, b: Picture) -> float:
    """Structural similarity, mean over pixels and channels (Wang et al. 2004, Gaussian window)."""
    a, b = a.astype(np.float64), b.astype(np.float64)

    def local(picture: Picture) -> Picture:
        return gaussian_filter(picture, (SIGMA, SIGMA, 0), truncate=3.5)

    mean_a, mean_b = local(a), local(b)
    var_a, var_b = local(a * a) - mean_a**2, local(b * b) - mean_b**2
    covariance = local(a * b) - mean_a * mean_b
    c1, c2 = K1**2, K2**2
    likeness = (2 * mean_a * mean_b + c1) * (2 * covariance + c2)
    return float(np.mean(likeness / ((mean_a**2 + mean_b**2 + c1) * (var_a + var_b + c2))))


MEASURES = {"psnr": 2, "ssim": 3, "mse": 4}  # digits after the point
CAMERA = "camera"
FAR = 60.0  # degrees of azimuth, beyond which another view should look less like the one asked for
_MOST = 60.0  # dB, of frames that hardly differ: an infinite one would spoil the mean

Frames = NDArray[np.floating]  # (21, S, S, 3) in [0, 1]
Figures = dict[str, NDArray[np.float64]]  # of each measure, by frame (20,), later by orbit and frame (N, 20)


def figures(made: Frames, truth: Frames, poses: Sequence[Pose]) -> Figures:
    """All measures of an orbit's frames but the last, which is the picture that was given."""
    pairs = list(zip(made[:-1], truth[:-1], strict=True))
    return {
        "psnr": np.array([min(psnr(a, b), _MOST) for a, b in pairs]),
        "ssim": np.array([ssim(a, b) for a, b in pairs]),
        "mse": np.array([np.mean((a.astype(np.float64) - b) ** 2) for a, b in pairs]),
        CAMERA: camera_control(made, truth, poses),
    }


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
