"""The UNet as an image model: every frame on its own, without the layers across frames."""

from collections.abc import Callable, Iterator
from types import MethodType
from typing import Any

from diffusers.models.resnet import SpatioTemporalResBlock
from diffusers.models.transformers.transformer_temporal import TransformerSpatioTemporalModel
from torch import Tensor, nn

from .unet import OrbitUNet


def see_frames_alone(unet: OrbitUNet, alone: bool) -> None:
    """Whether each frame goes through the spatial layers only, as in the image model that SVD grew from.

    SVD was an image model first (Blattmann et al. 2023, section 4), and blends its layers across frames in later.
    The blocks know this as ``image_only_indicator``, but work those layers out all the same.
    """
    for module in unet.modules():
        for kind, forward in _ALONE.items():
            if isinstance(module, kind):
                module.__dict__.pop("forward", None)
                if alone:
                    module.forward = MethodType(forward, module)


def across_frames(unet: OrbitUNet) -> Iterator[nn.Parameter]:
    """Weights of the layers across frames, and of what blends them in."""
    for name, parameter in unet.named_parameters():
        if any(part.startswith(("temporal_", "time_mixer", "time_pos_embed")) for part in name.split(".")):
            yield parameter


def _resnet_alone(
    block: SpatioTemporalResBlock,
    hidden_states: Tensor,
    temb: Tensor | None = None,
    image_only_indicator: Tensor | None = None,
) -> Tensor:
    answer: Tensor = block.spatial_res_block(hidden_states, temb)
    return answer


def _transformer_alone(
    transformer: TransformerSpatioTemporalModel,
    hidden_states: Tensor,  # (N, C, h, w)
    encoder_hidden_states: Tensor,
    **_: Any,
) -> tuple[Tensor]:
    side = hidden_states.shape[-1]
    tokens = transformer.proj_in(transformer.norm(hidden_states).flatten(2).mT)  # (N, h·w, C)
    for block in transformer.transformer_blocks:
        tokens = block(tokens, encoder_hidden_states=encoder_hidden_states)
    return (hidden_states + transformer.proj_out(tokens).mT.unflatten(2, (-1, side)),)


_ALONE: dict[type[nn.Module], Callable[..., Any]] = {
    SpatioTemporalResBlock: _resnet_alone,
    TransformerSpatioTemporalModel: _transformer_alone,
}
