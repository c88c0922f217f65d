"""What the networks learn: the autoencoder by itself, then the diffusion network and the image encoder together."""

import torch
from diffusers.models.attention import BasicTransformerBlock, TemporalBasicTransformerBlock
from diffusers.models.autoencoders.autoencoder_kl import AutoencoderKL
from torch import Tensor, nn
from torch.nn.functional import avg_pool2d

from ...shared.architecture import LATENT_CHANNELS
from ...sv3d.network.clip import preprocess
from ...sv3d.network.sv3d import SCALE_FACTOR, SV3D
from ...sv3d.network.unet import OrbitUNet
from .batches import Batch, Pictures
from .config import AutoencoderTraining, Stage
from .diffusion_loss import frame_weights, precondition, v_target, weighted_error
from .networks import freeze_features

_SCALES = 3  # of the differences: whole size, half and quarter


class AutoencoderObjective(nn.Module):
    """Squared error, differences and their edges at several scales, and a little KL divergence.

    The KL divergence is what makes the decoder bear latents that are not quite right.
    """

    def __init__(self, autoencoder: AutoencoderKL, training: AutoencoderTraining) -> None:
        super().__init__()
        self.autoencoder, self._training = autoencoder, training

    def forward(self, batch: Pictures) -> dict[str, Tensor]:
        """The loss to go down, "loss", and what else the curves show; each a number."""
        pictures = batch.pictures
        latents = self.autoencoder.encode(pictures).latent_dist
        drawn = latents.mean + latents.std * batch.noise
        made = self.autoencoder.decode(drawn.to(pictures.dtype)).sample.float()
        told = self._training
        error = weighed(made - pictures, told.colour)
        absolute, edges = differences(error)
        kl = 0.5 * (latents.mean.square() + latents.var - 1 - latents.logvar).mean()
        loss = error.square().mean() + told.absolute * absolute + told.edges * edges + told.kl * kl
        psnr = 10 * torch.log10(4 / (made.detach() - pictures).square().mean())
        return {"loss": loss, "psnr": psnr, "kl": kl.detach()}


def weighed(error: Tensor, colour: float) -> Tensor:  # (B, 3, S, S)
    """Errors of pictures with their colour, the part that differs between red, green and blue, times ``colour``."""
    lightness = error.mean(1, keepdim=True)
    return lightness + colour * (error - lightness)


def differences(error: Tensor) -> tuple[Tensor, Tensor]:  # (B, 3, S, S)
    """Means of what two pictures differ by and of its slopes, both absolute, over three sizes."""
    absolute, edges = [], []
    for _ in range(_SCALES):
        absolute.append(error.abs().mean())
        edges.append(error.diff(dim=-1).abs().mean() + error.diff(dim=-2).abs().mean())
        error = avg_pool2d(error, 2)
    return torch.stack(absolute).mean(), torch.stack(edges).mean()


@torch.no_grad()
def calibrate(autoencoder: AutoencoderKL, latents: Tensor) -> None:
    """Give the latents mean 0 and deviation 1/SCALE_FACTOR in each channel, so that the diffusion sees variance 1.

    ``latents`` (N, 4, h, w) are those the autoencoder gives to many pictures.  The 1×1 convolutions on both sides
    take the change up, so what is decoded stays what it was.
    """
    mean, std = latents.mean((0, 2, 3)), latents.std((0, 2, 3)).clamp_min(1e-6)
    gain = 1 / (SCALE_FACTOR * std)  # (4,)
    before, after, half = autoencoder.quant_conv, autoencoder.post_quant_conv, LATENT_CHANNELS
    assert before is not None and after is not None, "the latents' scale is changed in these two layers"
    assert before.bias is not None and after.bias is not None
    before.weight[:half] *= gain[:, None, None, None]
    before.bias[:half] = (before.bias[:half] - mean) * gain
    before.bias[half:] += 2 * gain.log()  # the logarithms of the variances
    after.bias += (after.weight[:, :, 0, 0] * mean).sum(1)
    after.weight /= gain[:, None, None]


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
