"""Which tensor of the official checkpoint belongs to which parameter of our modules.

The official names are those of the reference implementation's modules; diffusers has named and numbered the same
blocks anew.  The functions go from a parameter to the checkpoint, so that a missing tensor is told by the name it
should have there.
"""

import re
from typing import Protocol

from ...shared.architecture import CLIP, DECODER, ENCODER, POST_QUANT, UNET


class Layout(Protocol):
    """What of an Architecture decides how blocks are numbered."""

    @property
    def blocks(self) -> int: ...
    @property
    def attention(self) -> tuple[bool, ...]: ...
    @property
    def vae_channels(self) -> tuple[int, ...]: ...


# Parameters inside one block: ours on the left.
_RESNET = {
    "norm1": "in_layers.0",
    "conv1": "in_layers.2",
    "time_emb_proj": "emb_layers.1",
    "norm2": "out_layers.0",
    "conv2": "out_layers.3",
    "conv_shortcut": "skip_connection",
}
_UNET_ENDS = {
    "conv_in": "input_blocks.0.0",
    "conv_norm_out": "out.0",
    "conv_out": "out.2",
    "time_embedding.linear_1": "time_embed.0",
    "time_embedding.linear_2": "time_embed.2",
    "add_embedding.linear_1": "label_emb.0.0",
    "add_embedding.linear_2": "label_emb.0.2",
}
_VAE_ATTENTION = {"group_norm": "norm", "to_q": "q", "to_k": "k", "to_v": "v", "to_out.0": "proj_out"}


def unet_key(parameter: str, layout: Layout) -> str:
    """The checkpoint's key of an OrbitUNet's parameter."""
    end, kind = parameter.rsplit(".", 1)
    if end in _UNET_ENDS:
        return f"{UNET}{_UNET_ENDS[end]}.{kind}"
    place, rest = _unet_place(parameter, layout)
    return f"{UNET}{place}.{_inside(rest)}"


def _unet_place(parameter: str, layout: Layout) -> tuple[str, str]:
    """The module of the checkpoint that holds a parameter, and the parameter's name inside it."""
    stride = layout.blocks + 1
    if m := re.fullmatch(r"down_blocks\.(\d+)\.(resnets|attentions)\.(\d+)\.(.*)", parameter):
        return f"input_blocks.{1 + stride * int(m[1]) + int(m[3])}.{int(m[2] == 'attentions')}", m[4]
    if m := re.fullmatch(r"down_blocks\.(\d+)\.downsamplers\.0\.conv\.(.*)", parameter):
        return f"input_blocks.{stride * (int(m[1]) + 1)}.0", f"op.{m[2]}"
    if m := re.fullmatch(r"mid_block\.(resnets|attentions)\.(\d+)\.(.*)", parameter):
        return f"middle_block.{1 if m[1] == 'attentions' else 2 * int(m[2])}", m[3]
    if m := re.fullmatch(r"up_blocks\.(\d+)\.(resnets|attentions)\.(\d+)\.(.*)", parameter):
        return f"output_blocks.{stride * int(m[1]) + int(m[3])}.{int(m[2] == 'attentions')}", m[4]
    if m := re.fullmatch(r"up_blocks\.(\d+)\.upsamplers\.0\.(conv\..*)", parameter):
        attends = layout.attention[::-1][int(m[1])]
        return f"output_blocks.{stride * int(m[1]) + layout.blocks}.{1 + int(attends)}", m[2]
    raise ValueError(f"no place in the checkpoint for {parameter}")


def _inside(name: str) -> str:
    """A parameter's name inside a residual block or a transformer."""
    name = re.sub(r"^spatial_res_block\.", "", name)
    name = re.sub(r"^temporal_res_block\.", "time_stack.", name)
    name = re.sub(r"^temporal_transformer_blocks\.", "time_stack.", name)
    name = re.sub(r"^time_pos_embed\.linear_(\d)", lambda m: f"time_pos_embed.{2 * (int(m[1]) - 1)}", name)
    if "transformer_blocks" in name or name.startswith("time_stack.0."):
        return name
    head, dot, rest = name.rpartition("time_stack.")
    layer, kind = (rest or name).rsplit(".", 1)
    return f"{head}{dot}{_RESNET.get(layer, layer)}.{kind}"


def autoencoder_key(parameter: str, layout: Layout) -> str:
    """The checkpoint's key of an AutoencoderKL's parameter."""
    part, _, rest = parameter.partition(".")
    prefix = {"encoder": ENCODER + "encoder.", "decoder": DECODER}.get(part)
    if prefix is None:
        return (POST_QUANT if part == "post_quant_conv" else ENCODER + "quant_conv") + "." + rest
    last = len(layout.vae_channels) - 1
    rest = re.sub(r"^down_blocks\.(\d+)\.resnets", r"down.\1.block", rest)
    rest = re.sub(r"^down_blocks\.(\d+)\.downsamplers\.0", r"down.\1.downsample", rest)
    rest = re.sub(r"^up_blocks\.(\d+)\.resnets", lambda m: f"up.{last - int(m[1])}.block", rest)
    rest = re.sub(r"^up_blocks\.(\d+)\.upsamplers\.0", lambda m: f"up.{last - int(m[1])}.upsample", rest)
    rest = re.sub(r"^mid_block\.resnets\.(\d)", lambda m: f"mid.block_{int(m[1]) + 1}", rest)
    if m := re.fullmatch(r"mid_block\.attentions\.0\.(.+)\.(weight|bias)", rest):
        rest = f"mid.attn_1.{_VAE_ATTENTION[m[1]]}.{m[2]}"
    return prefix + rest.replace("conv_norm_out", "norm_out").replace("conv_shortcut", "nin_shortcut")


def clip_key(parameter: str) -> str:
    """The checkpoint's key of a ClipTower's parameter, which is named alike."""
    return CLIP + parameter


def is_unused(key: str) -> bool:
    """Whether the official files hold this tensor though nothing reads it.

    These are CLIP's text side, and a second decoder beside the encoder.
    """
    text = key.startswith("conditioner.embedders.0.open_clip.model.") and not key.startswith(CLIP)
    second_decoder = key.startswith((ENCODER + "decoder.", ENCODER + "post_quant_conv."))
    return text or second_decoder
