"""The spatio-temporal UNet of SVD with one camera vector a frame, on diffusers' blocks."""

from typing import Any

import torch
from diffusers.models.resnet import AlphaBlender, ResnetBlock2D, SpatioTemporalResBlock, TemporalResnetBlock
from diffusers.models.transformers.transformer_temporal import TransformerSpatioTemporalModel
from diffusers.models.unets.unet_spatio_temporal_condition import UNetSpatioTemporalConditionModel
from torch import Tensor, lerp, nn, zeros
from torch.nn.functional import conv2d

from ...shared.architecture import LATENT_CHANNELS, Architecture
from .attention import OrbitAttention

_RESNET_EPS = 1e-5  # of the reference in every block; diffusers has 1e-6 in some


class OrbitUNet(UNetSpatioTemporalConditionModel):
    """SV3D's denoising network (paper, section 3; SVD's architecture without frame rate and motion bucket)."""

    def forward(  # type: ignore[override]  # a vector for each frame is the difference
        self,
        sample: Tensor,  # (B, F, 8, h, w): scaled noisy latents, then the picture's latents
        c_noise: Tensor,  # (B,)
        context: Tensor,  # (B, 1, D): CLIP's token
        vector: Tensor,  # (B, F, V): camera vector, float32
    ) -> Tensor:  # (B, F, 4, h, w)
        """The network's raw answer; h and w are multiples of 8."""
        batch, frames = sample.shape[:2]
        dtype = sample.dtype
        emb = self.time_embedding(self.time_proj(c_noise).to(dtype))[:, None]  # (B, 1, E)
        emb = (emb + self.add_embedding(vector.to(dtype))).flatten(0, 1)  # (B·F, E)
        context = context.to(dtype).repeat_interleave(frames, dim=0)  # (B·F, 1, D)
        no_images = zeros(batch, frames, dtype=dtype, device=sample.device)

        hidden = self.conv_in(sample.flatten(0, 1))
        skips: tuple[Tensor, ...] = (hidden,)
        for block in self.down_blocks:
            known = {"encoder_hidden_states": context} if _attends(block) else {}
            hidden, outputs = block(hidden_states=hidden, temb=emb, image_only_indicator=no_images, **known)
            skips += outputs
        hidden = self.mid_block(
            hidden_states=hidden, temb=emb, encoder_hidden_states=context, image_only_indicator=no_images
        )
        for block in self.up_blocks:
            known = {"encoder_hidden_states": context} if _attends(block) else {}
            count = self.config["layers_per_block"] + 1
            skips, outputs = skips[:-count], skips[-count:]
            hidden = block(
                hidden_states=hidden,
                temb=emb,
                res_hidden_states_tuple=outputs,
                image_only_indicator=no_images,
                **known,
            )
        hidden = self.conv_out(self.conv_act(self.conv_norm_out(hidden)))
        return hidden.unflatten(0, (batch, frames))


def build_unet(architecture: Architecture) -> OrbitUNet:
    """An OrbitUNet with uninitialised weights, on torch's current default device."""
    levels = tuple(zip(architecture.channels, architecture.attention, strict=True))
    unet = OrbitUNet(
        in_channels=2 * LATENT_CHANNELS,
        out_channels=LATENT_CHANNELS,
        down_block_types=tuple(
            "CrossAttnDownBlockSpatioTemporal" if attends else "DownBlockSpatioTemporal" for _, attends in levels
        ),
        up_block_types=tuple(
            "CrossAttnUpBlockSpatioTemporal" if attends else "UpBlockSpatioTemporal" for _, attends in levels[::-1]
        ),
        block_out_channels=architecture.channels,
        projection_class_embeddings_input_dim=architecture.vector_width,
        layers_per_block=architecture.blocks,
        cross_attention_dim=architecture.context_width,
        num_attention_heads=tuple(max(1, c // architecture.head_width) for c in architecture.channels),
    )
    for module in list(unet.modules()):
        if isinstance(module, ResnetBlock2D | TemporalResnetBlock):
            module.norm1.eps = module.norm2.eps = _RESNET_EPS
        elif isinstance(module, nn.GroupNorm):
            module.num_groups = architecture.groups  # diffusers has the official number throughout
        if isinstance(module, TemporalResnetBlock):
            module.conv1, module.conv2 = TemporalConv.of(module.conv1), TemporalConv.of(module.conv2)
        elif isinstance(module, SpatioTemporalResBlock | TransformerSpatioTemporalModel):
            module.time_mixer = Blend.of(module.time_mixer)
    unet.set_attn_processor(OrbitAttention())
    return unet


class TemporalConv(nn.Conv3d):
    """A 3×1×1 convolution over frames, computed as a 3×1 one over frames and pixels.

    PyTorch 2.9 and later have no fast kernel for three dimensions in half precision (pytorch issues 166122, 166643).
    """

    @classmethod
    def of(cls, layer: nn.Conv3d) -> "TemporalConv":
        """The layer's own parameters in a temporal convolution."""
        with torch.device("meta"):  # neither memory nor random numbers for parameters that are replaced
            made = cls(layer.in_channels, layer.out_channels, (3, 1, 1), padding=(1, 0, 0))
        made.weight, made.bias = layer.weight, layer.bias
        return made

    def forward(self, features: Tensor) -> Tensor:  # (B, C, F, H, W) → (B, C′, F, H, W)
        answer = conv2d(features.flatten(3), self.weight[..., 0], self.bias, padding=(1, 0))
        return answer.unflatten(3, features.shape[3:])


class Blend(AlphaBlender):
    """α·spatial + (1 − α)·temporal in one pass over the features, where diffusers takes four.

    SV3D's frames are a video always, so that α is the learned one throughout.
    """

    mix_factor: nn.Parameter

    @classmethod
    def of(cls, layer: AlphaBlender) -> "Blend":
        """The layer's own parameter in a blend."""
        made = cls(0.5)
        made.mix_factor = layer.get_parameter("mix_factor")
        return made

    def forward(self, x_spatial: Tensor, x_temporal: Tensor, image_only_indicator: Any = None) -> Tensor:
        return lerp(x_temporal, x_spatial, self.mix_factor.sigmoid().to(x_spatial.dtype))


def _attends(block: object) -> bool:
    return bool(getattr(block, "has_cross_attention", False))
