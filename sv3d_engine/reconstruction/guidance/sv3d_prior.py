"""SV3D as a judge of orbits: loaded once, told of one picture, asked about many camera orbits."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import torch
from torch import Tensor

from ...ground.progress import Progress
from ...shared.trajectory import Pose
from ...sv3d.diffusion.conditioning import Conditioning, camera_vector
from ...sv3d.diffusion.denoiser import Denoise, GuidedDenoiser
from ...sv3d.diffusion.guidance import Guidance
from ...sv3d.generation.make_orbit import condition, load_networks
from ...sv3d.generation.memory_plan import plan
from ...sv3d.generation.placement import Placement
from ...sv3d.generation.precision import check_finite, dtype_for
from ...sv3d.network.sv3d import SCALE_FACTOR, SV3D, encode
from ...sv3d.network.weights import inspect


@dataclass(frozen=True)
class SV3DPrior:
    """The networks, and what they know of the picture."""

    model: SV3D
    placement: Placement
    known: Conditioning  # of some orbit

    @property
    def device(self) -> torch.device:
        return self.placement.device

    @property
    def frame_size(self) -> int:
        """Pixels along a side of the frames that the network was trained for."""
        return self.model.architecture.frame_size

    @contextmanager
    def encoder(self) -> Iterator[Callable[[Tensor], Tensor]]:
        """The encoder at work: from frames (B, 3, S, S), sRGB in [0, 1], to latents (B, 4, h, w), differentiable.

        Latents have the diffusion's scale, each for itself.  Unless the networks stay on the device, gradients have to
        go back while the context is open: its weights may lie elsewhere later.
        """
        with self.placement.using(self.model.autoencoder) as at_work:
            yield lambda frames: at_work.do(lambda a: encode(a, frames.to(self.device) * 2 - 1).float() * SCALE_FACTOR)

    def denoiser(self, poses: Sequence[Pose], guidance: Guidance) -> Denoise:
        """The guided network for an orbit of the picture."""
        vector = camera_vector(poses, self.model.architecture.variant)[None].to(self.device)
        known = replace(self.known, vector=vector)

        def denoise(latents: Tensor, sigma: float) -> Tensor:
            with torch.no_grad(), self.placement.using(self.model.unet) as at_work:
                clean = at_work.do(
                    lambda u: GuidedDenoiser(u, known, guidance, self.placement.together)(latents, sigma)
                )
            check_finite(clean, self.model.unet.dtype)
            return clean

        return denoise


def load_prior(
    weights: Path,
    picture: Tensor,  # (3, S, S) sRGB in [0, 1]
    poses: Sequence[Pose],
    device: torch.device,
    seed: int,
    progress: Progress,
    precision: str = "auto",
    memory: str = "auto",
) -> SV3DPrior:
    """Load the networks and show them the picture.  Raises UserError for weights that cannot be used, Cancelled.

    Not in float16 unless that is asked for: what is wanted here is the small difference of two large numbers.
    """
    dtype = dtype_for(precision, device)
    if precision == "auto" and dtype is torch.float16:
        dtype = torch.float32
    planned = plan(inspect(weights).architecture, picture.shape[-1], dtype, device, memory)
    placement = Placement(device, planned.mode, planned.chunk)
    model = load_networks(weights, dtype, placement, progress)
    noise = torch.randn(1, *picture.shape, generator=torch.Generator().manual_seed(seed))
    return SV3DPrior(model, placement, condition(model, picture[None] * 2 - 1, poses, noise, placement))
