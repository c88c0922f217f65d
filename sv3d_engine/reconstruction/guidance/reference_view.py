"""The picture that SV3D is told of: the job's own, or of frames without one the front-most."""

from dataclasses import dataclass

from torch import Tensor
from torch.nn.functional import interpolate

from ...orbit.cameras import CameraOrbit, View
from ...shared.trajectory import SV3D_FOV_DEG, Pose
from ..frames.frames import Frames


@dataclass(frozen=True)
class ReferenceView:
    """One frame over white, and where it was seen from."""

    picture: Tensor  # (3, S, S) sRGB in [0, 1]
    view: View
    width: float  # world units that a frame shows across the object

    def orbit(self, poses: tuple[Pose, ...]) -> CameraOrbit:
        """SV3D's cameras of poses that are told from this view, which see the object as large as it does."""
        views = tuple(
            View(f"{i:03d}.png", pose.elevation, (self.view.azimuth + pose.azimuth) % 360)
            for i, pose in enumerate(poses)
        )
        plain = CameraOrbit(SV3D_FOV_DEG, 1.0, views)
        return CameraOrbit(SV3D_FOV_DEG, self.width / (2 * plain.tan_half_fov), views)


def reference_view(frames: Frames, size: int) -> ReferenceView:
    """The true picture of ``frames``, or else the one that looks at the front most squarely; ``size`` pixels a side.

    A generated orbit's last frame is its picture.
    """
    index = min(range(len(frames.orbit.views)), key=lambda i: _aside(frames.orbit.views[i], i))
    view, alpha = frames.orbit.views[index], frames.alpha[index, ..., None]
    over_white = (frames.rgb[index] * alpha + 1 - alpha).permute(2, 0, 1)
    mode = "area" if over_white.shape[-1] >= size else "bicubic"
    picture = interpolate(over_white[None], size=(size, size), mode=mode)[0].clamp(0, 1)
    return ReferenceView(picture, view, 2 * frames.orbit.distance * view.away * frames.orbit.tan_half_fov)


def _aside(view: View, index: int) -> tuple[bool, float, int]:
    """Less is better: the true one, then by the angle from the front; of equals the last."""
    return not view.true, abs((view.azimuth + 180) % 360 - 180) + abs(view.elevation) / 2, -index
