"""What the diffusion network and the image encoder learn together."""

import torch
from diffusers.models.attention import BasicTransformerBlock, TemporalBasicTransformerBlock
from torch import Tensor, nn

from ..network.autoencoder import SCALE_FACTOR
from ..network.clip import preprocess
from ..network.sv3d import SV3D
from ..network.unet import OrbitUNet
from .batches import Batch
from .camera_features import freeze_features
from .config import Stage
from .loss import frame_weights, precondition, v_target, weighted_error


class DiffusionObjective(nn.Module):
    """The loss of a batch; the UNet is trained, and with it CLIP's tower, which gets no other lesson."""

    def __init__(self, model: SV3D, stage: Stage, train_image_encoder: bool = True) -> None:
        super().__init__()
        self.unet, self.clip = model.unet, model.clip
        self.unet.requires_grad_(True)
        _rest(self.unet)
        if stage.camera_features:
            freeze_features(self.unet)
        self.clip.requires_grad_(train_image_encoder)
        self._size, self._front = model.architecture.clip_size, stage.front

    def forward(self, batch: Batch) -> dict[str, Tensor]:
        """The loss to go down, "loss", and what else the curves show; each a number."""
        _, _, c_in, c_noise = precondition(batch.sigma)
        noisy = batch.latents + batch.sigma.view(-1, 1, 1, 1, 1) * batch.noise
        with torch.no_grad():
            seen = preprocess(batch.picture.float() / 127.5 - 1, self._size)
        token = self.clip(seen) * batch.keep_token[:, None]
        known = batch.known / SCALE_FACTOR * batch.keep_latents[:, None, None, None]
        sample = torch.cat([noisy * c_in.view(-1, 1, 1, 1, 1), known[:, None].expand_as(noisy)], 2)
        answer = self.unet(sample, c_noise, token[:, None], batch.vector)
        weights = frame_weights(noisy.shape[1], self._front).to(noisy)
        errors = weighted_error(answer, v_target(batch.latents, batch.noise, batch.sigma), weights)
        high = (batch.sigma > 1).float()  # what is where, rather than how it looks
        return {
            "loss": errors.mean(),
            "loss_high_noise": (errors * high).sum().detach() / high.sum().clamp_min(1),
        }


def _rest(unet: OrbitUNet) -> None:
    """Leave weights alone that no answer depends on: with one token, cross-attention needs no queries and keys."""
    for module in unet.modules():
        if isinstance(module, BasicTransformerBlock | TemporalBasicTransformerBlock):
            for part in (module.norm2, module.attn2.to_q, module.attn2.to_k):
                part.requires_grad_(False)
