"""Attention of the UNet and of CLIP, and the UNet's feed-forward, arranged for speed and memory.

The numbers are the reference's but for rounding.
"""

import torch
from diffusers.models.attention import BasicTransformerBlock, TemporalBasicTransformerBlock
from diffusers.models.attention_processor import Attention, AttnProcessor2_0
from diffusers.models.unets.unet_spatio_temporal_condition import UNetSpatioTemporalConditionModel
from torch import Tensor
from torch.nn.functional import scaled_dot_product_attention

_MOST_PAIRS = 1 << 28  # bytes of a matrix of all pairs that Apple's processor may be given at once
_FRAMES_AT_ONCE = 3  # a divisor of 21


class OrbitAttention(AttnProcessor2_0):
    """PyTorch's fused attention, with two shortcuts.

    SV3D's cross-attention sees one token, CLIP's: whatever is asked, all attention goes to it, so that the answer is
    its value alone, and queries need not be computed.  Apple's processor has no fused attention for long sequences
    and makes the matrix of all pairs; there the batch is taken in parts.
    """

    def __call__(  # type: ignore[override]  # this network has no masks
        self, attn: Attention, hidden_states: Tensor, encoder_hidden_states: Tensor | None = None, **kwargs: object
    ) -> Tensor:  # (B, N, C) → (B, N, C), or (B, 1, C) where it is the same for all N
        if encoder_hidden_states is not None and encoder_hidden_states.shape[1] == 1:
            answer: Tensor = attn.to_out[0](attn.to_v(encoder_hidden_states))
            return answer
        assert encoder_hidden_states is None, "what is not told by one token is self-attention"
        parts = hidden_states.split(_part(hidden_states, attn.heads))
        return torch.cat([_attended(attn, part) for part in parts]) if len(parts) > 1 else _attended(attn, parts[0])


def attend(query: Tensor, key: Tensor, value: Tensor) -> Tensor:  # (B, heads, N, head width) thrice
    """Each query's mean of the values, weighed by softmax(q·k/√width); the answer is of the queries' type.

    A processor's fused attention has a slow way back in half precision, up to tenfold for short sequences; there
    a network that learns attends in float32.
    """
    dtype = query.dtype
    if query.device.type != "cpu" or dtype == torch.float32 or not query.requires_grad:
        return scaled_dot_product_attention(query, key, value)
    with torch.autocast("cpu", enabled=False):
        return scaled_dot_product_attention(query.float(), key.float(), value.float()).to(dtype)


def _attended(attn: Attention, hidden: Tensor) -> Tensor:  # (B, N, C) → (B, N, C)
    layers = attn.to_q, attn.to_k, attn.to_v
    query, key, value = (layer(hidden).unflatten(-1, (attn.heads, -1)).transpose(1, 2) for layer in layers)
    answer: Tensor = attn.to_out[0](attend(query, key, value).transpose(1, 2).flatten(2))
    return answer


def chunk_feed_forward(unet: UNetSpatioTemporalConditionModel, chunked: bool) -> None:
    """Whether the transformers' feed-forward takes all frames at once, or a few after the others to save memory."""
    for module in unet.modules():
        if isinstance(module, BasicTransformerBlock | TemporalBasicTransformerBlock):
            module.set_chunk_feed_forward(_FRAMES_AT_ONCE if chunked else None, dim=0)


def _part(hidden: Tensor, heads: int) -> int:
    """How many of a batch (B, N, C) attend at once."""
    if hidden.device.type != "mps":
        return len(hidden)
    return max(1, _MOST_PAIRS // (heads * hidden.shape[1] ** 2 * hidden.element_size()))
