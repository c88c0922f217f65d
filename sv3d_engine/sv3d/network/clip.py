"""CLIP's image tower as OpenCLIP builds it, with its parameter names, and how a picture is put before it."""

import math

import torch
from torch import Tensor, nn
from torch.nn import functional

from ...shared.architecture import Architecture
from .attention import attend

_MEAN = (0.48145466, 0.4578275, 0.40821073)
_STD = (0.26862954, 0.26130258, 0.27577711)


def preprocess(picture: Tensor, size: int = 224) -> Tensor:  # (B, 3, H, W) in [−1, 1] → (B, 3, size, size)
    """The reference's preprocessing: antialiased bicubic to ``size``², corners aligned, then CLIP's mean and spread."""
    small = _resize(picture.float(), size)
    mean, std = (torch.tensor(v, device=small.device).view(3, 1, 1) for v in (_MEAN, _STD))
    return ((small + 1) / 2 - mean) / std


def _resize(picture: Tensor, size: int) -> Tensor:
    """Bicubic after a Gaussian of σ = (factor − 1)/2 over 4σ pixels, when it gets smaller (as kornia's resize does)."""
    factors = [max(side / size, 1.0) for side in picture.shape[-2:]]
    if max(factors) > 1:
        for dim, factor in zip((2, 3), factors, strict=True):
            picture = _blur(picture, max((factor - 1) / 2, 0.001), dim)
    return functional.interpolate(picture, (size, size), mode="bicubic", align_corners=True)


def _blur(picture: Tensor, sigma: float, dim: int) -> Tensor:
    """Gaussian along one axis of (B, 3, H, W), mirrored at the border."""
    half = int(max(4 * sigma, 3)) // 2
    bell = [math.exp(-((shift / sigma) ** 2) / 2) for shift in range(-half, half + 1)]
    padded = functional.pad(picture, (0, 0, half, half) if dim == 2 else (half, half, 0, 0), mode="reflect")
    blurred = torch.zeros_like(picture)  # a sum of shifted pictures: a processor's convolution is 20 times slower here
    for start, weight in enumerate(bell):
        blurred.add_(padded.narrow(dim, start, picture.shape[dim]), alpha=weight / sum(bell))
    return blurred


class ClipTower(nn.Module):
    """Vision transformer whose pooled, projected output is the picture's one token."""

    def __init__(self, architecture: Architecture) -> None:
        super().__init__()
        width, patch = architecture.clip_width, architecture.clip_patch
        tokens = (architecture.clip_size // patch) ** 2 + 1
        self.class_embedding = nn.Parameter(torch.empty(width))
        self.positional_embedding = nn.Parameter(torch.empty(tokens, width))
        self.proj = nn.Parameter(torch.empty(width, architecture.context_width))
        self.conv1 = nn.Conv2d(3, width, patch, patch, bias=False)
        self.ln_pre = nn.LayerNorm(width)
        self.transformer = _Transformer(width, width // architecture.clip_head_width, architecture.clip_layers)
        self.ln_post = nn.LayerNorm(width)

    def forward(self, pictures: Tensor) -> Tensor:  # (B, 3, S, S) preprocessed → (B, D)
        x = self.conv1(pictures).flatten(2).transpose(1, 2)  # (B, patches, width)
        x = torch.cat([self.class_embedding.expand(len(x), 1, -1), x], 1) + self.positional_embedding
        x = self.transformer(self.ln_pre(x))
        return self.ln_post(x[:, 0]) @ self.proj


class _Transformer(nn.Module):
    def __init__(self, width: int, heads: int, layers: int) -> None:
        super().__init__()
        self.resblocks = nn.Sequential(*(_Block(width, heads) for _ in range(layers)))

    def forward(self, x: Tensor) -> Tensor:  # (B, T, width)
        return self.resblocks(x)


class _Block(nn.Module):
    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.ln_1 = nn.LayerNorm(width)
        self.attn = _Attention(width, heads)
        self.ln_2 = nn.LayerNorm(width)
        self.mlp = _Mlp(width)

    def forward(self, x: Tensor) -> Tensor:  # (B, T, width)
        x = x + self.attn(self.ln_1(x))
        return x + self.mlp(self.ln_2(x))


class _Mlp(nn.Module):
    def __init__(self, width: int) -> None:
        super().__init__()
        self.c_fc = nn.Linear(width, 4 * width)
        self.c_proj = nn.Linear(4 * width, width)

    def forward(self, x: Tensor) -> Tensor:  # (B, T, width)
        return self.c_proj(functional.gelu(self.c_fc(x)))


class _Attention(nn.Module):
    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.in_proj_weight = nn.Parameter(torch.empty(3 * width, width))
        self.in_proj_bias = nn.Parameter(torch.empty(3 * width))
        self.out_proj = nn.Linear(width, width)
        # nn.Linear starts its own; these two start as nn.MultiheadAttention's do.
        nn.init.uniform_(self.in_proj_weight, -math.sqrt(1.5 / width), math.sqrt(1.5 / width))
        nn.init.zeros_(self.in_proj_bias)

    def forward(self, x: Tensor) -> Tensor:  # (B, T, width)
        parts = functional.linear(x, self.in_proj_weight, self.in_proj_bias).unflatten(-1, (3, self.heads, -1))
        query, key, value = parts.permute(2, 0, 3, 1, 4)  # each (B, heads, T, head width)
        mixed = attend(query, key, value)
        return self.out_proj(mixed.transpose(1, 2).flatten(2))
