"""How large a network is, read off the shapes of its tensors.

The official models, the demonstration model and the tests' tiny ones go through the same code; only the widths of the
attention heads and the groups of normalised channels leave no trace in the shapes, and are the official ones unless
the file says otherwise.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal

from .errors import UserError

Shapes = Mapping[str, tuple[int, ...]]  # by the official checkpoint's keys

UNET = "model.diffusion_model."
CLIP = "conditioner.embedders.0.open_clip.model.visual."
ENCODER = "conditioner.embedders.1.encoder."
DECODER = "first_stage_model.decoder."
POST_QUANT = "first_stage_model.post_quant_conv"  # the official files have none

LATENT_CHANNELS = 4
COND_AUG_WIDTH = 256  # SV3D_u's camera vector
POSE_WIDTH = 1280  # SV3D_p's and _c's: cond_aug 256, polar 512, azimuth 512
SVD_WIDTH = 768  # frame rate, motion bucket and cond_aug
OFFICIAL_FRAME_SIZE = 576  # pixels along a side
OFFICIAL_GROUPS = 32

FACTS = "sv3d"  # key of our own facts in a file's metadata: JSON, see read_architecture

Variant = Literal["u", "p"]  # "p" stands for SV3D_c as well: they are built alike


@dataclass(frozen=True)
class Architecture:
    """Sizes of the three networks; channels count features, heads are given by their width."""

    channels: tuple[int, ...]  # of the UNet's levels, fine to coarse
    attention: tuple[bool, ...]  # whether a level attends
    blocks: int  # residual blocks a level
    head_width: int
    context_width: int  # of the CLIP token
    vector_width: int  # of the per-frame camera vector
    vae_channels: tuple[int, ...]
    vae_blocks: int
    post_quant: bool  # whether a convolution stands before the decoder
    clip_width: int
    clip_layers: int
    clip_head_width: int
    clip_patch: int
    clip_size: int  # pixels along a side of the picture CLIP sees
    frame_size: int  # pixels along a side of a frame
    groups: int = OFFICIAL_GROUPS  # that UNet and autoencoder normalise the channels in; a divisor of the official

    @property
    def variant(self) -> Variant:
        return "u" if self.vector_width == COND_AUG_WIDTH else "p"

    @property
    def latent_scale(self) -> int:
        """Pixels along a side of one latent."""
        return 2 ** (len(self.vae_channels) - 1)


OFFICIAL = Architecture(  # SV3D_p and SV3D_c; SV3D_u differs by its shorter camera vector alone
    channels=(320, 640, 1280, 1280),
    attention=(True, True, True, False),
    blocks=2,
    head_width=64,
    context_width=1024,
    vector_width=1280,
    vae_channels=(128, 256, 512, 512),
    vae_blocks=2,
    post_quant=False,
    clip_width=1280,
    clip_layers=32,
    clip_head_width=80,
    clip_patch=14,
    clip_size=224,
    frame_size=OFFICIAL_FRAME_SIZE,
)
TINY = replace(  # to try a command or a device out
    OFFICIAL,
    channels=(32, 64, 128, 128),
    head_width=16,
    context_width=64,
    vae_channels=(32, 64, 128, 128),
    clip_width=64,
    clip_layers=2,
    clip_head_width=16,
    frame_size=64,
)


def read_architecture(shapes: Shapes, facts: Mapping[str, Any], name: str) -> Architecture:
    """The architecture of a checkpoint.

    ``facts`` may hold ``head_width``, ``clip_head_width``, ``frame_size`` and ``groups``; ``name`` is the file's, for
    messages.
    Raises UserError where the shapes are not those of an SV3D.
    """
    _recognise(shapes, name)
    try:
        channels, attention, blocks = _unet_levels(shapes)
        side = int(round((shapes[CLIP + "positional_embedding"][0] - 1) ** 0.5))
        patch = shapes[CLIP + "conv1.weight"][-1]
        return Architecture(
            channels=channels,
            attention=attention,
            blocks=blocks,
            head_width=_fact(facts, "head_width", 64),
            context_width=shapes[CLIP + "proj"][1],
            vector_width=shapes[UNET + "label_emb.0.0.weight"][1],
            vae_channels=_vae_channels(shapes),
            vae_blocks=_count(shapes, re.escape(ENCODER) + r"encoder\.down\.0\.block\.(\d+)\."),
            post_quant=POST_QUANT + ".weight" in shapes,
            clip_width=shapes[CLIP + "class_embedding"][0],
            clip_layers=_count(shapes, re.escape(CLIP) + r"transformer\.resblocks\.(\d+)\."),
            clip_head_width=_fact(facts, "clip_head_width", 80),
            clip_patch=patch,
            clip_size=side * patch,
            frame_size=_fact(facts, "frame_size", OFFICIAL_FRAME_SIZE, multiple=64),
            groups=_fact(facts, "groups", OFFICIAL_GROUPS, divides=OFFICIAL_GROUPS),
        )
    except KeyError as error:
        raise incomplete(name, [str(error.args[0])]) from error
    except (IndexError, ValueError, TypeError) as error:
        raise not_sv3d(name, "its tensors have other shapes", str(error)) from error


def incomplete(name: str, missing: list[str]) -> UserError:
    """What to raise where tensors are lacking."""
    more = f" and {len(missing) - 1} more" if len(missing) > 1 else ""
    return UserError(
        f"The weights file {name} is incomplete: it lacks {missing[0]}{more}.",
        "Download sv3d_p.safetensors or sv3d_u.safetensors again.",
        "\n".join(missing),
    )


def not_sv3d(name: str, reason: str, details: str = "") -> UserError:
    """What to raise for a file that is whole but of something else."""
    return UserError(
        f"{name} is not SV3D: {reason}.",
        "Choose sv3d_p.safetensors or sv3d_u.safetensors, the official weights.",
        details,
    )


def _recognise(shapes: Shapes, name: str) -> None:
    """Tell what else an artist is likely to have on her disk."""
    if not any(key.startswith(UNET) for key in shapes):
        raise not_sv3d(name, "it holds no diffusion network", f"first keys: {', '.join(list(shapes)[:5])}")
    if not any(key.startswith(UNET) and ".time_stack." in key for key in shapes):
        raise not_sv3d(name, "it makes single pictures, not orbits")
    label = shapes.get(UNET + "label_emb.0.0.weight")
    if label is None:
        return  # incomplete: said with the tensor's name
    if label[-1] == SVD_WIDTH:
        raise not_sv3d(name, "it is SVD, the video model that SV3D was made from")
    if label[-1] not in (COND_AUG_WIDTH, POSE_WIDTH):
        raise not_sv3d(name, f"its camera vector has {label[-1]} numbers where SV3D_u has 256 and SV3D_p 1280")


def _unet_levels(shapes: Shapes) -> tuple[tuple[int, ...], tuple[bool, ...], int]:
    """Channels and attention of each level, and residual blocks a level."""
    pattern = re.compile(re.escape(UNET) + r"input_blocks\.(\d+)\.0\.op\.weight")
    downsamplers = sorted(int(m[1]) for key in shapes if (m := pattern.fullmatch(key)))
    stride = downsamplers[0]
    first = [f"{UNET}input_blocks.{1 + stride * level}." for level in range(len(downsamplers) + 1)]
    channels = tuple(shapes[p + "0.out_layers.3.weight"][0] for p in first)
    return channels, tuple(p + "1.proj_in.weight" in shapes for p in first), stride - 1


def _vae_channels(shapes: Shapes) -> tuple[int, ...]:
    down = ENCODER + "encoder.down."
    levels = _count(shapes, re.escape(down) + r"(\d+)\.")
    return tuple(shapes[f"{down}{level}.block.0.conv2.weight"][0] for level in range(levels))


def _fact(facts: Mapping[str, Any], name: str, official: int, multiple: int = 1, divides: int = 0) -> int:
    """A size that the file may tell.  Raises ValueError if it is none."""
    value = facts.get(name, official)
    if type(value) is not int or value < 1 or value % multiple or divides % value:
        raise ValueError(f"{name} is {value!r}")
    return value


def _count(shapes: Shapes, pattern: str) -> int:
    match = re.compile(pattern).match
    return max((int(m[1]) for key in shapes if (m := match(key))), default=-1) + 1
