"""A trained SV3D as one file in the official checkpoint's key layout."""

import json
import os
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import save_file
from torch import Tensor

from ..network.architecture import FACTS
from ..network.sv3d import SV3D, checkpoint_keys


def export(model: SV3D, path: Path, name: str, **more: Any) -> None:
    """Write all three networks in half precision, with the facts that loading needs and ``more``; whole or not.

    network.weights.load_sv3d reads the file as it does the official ones.
    """
    architecture = model.architecture
    facts = {
        "name": name,
        "frame_size": architecture.frame_size,
        "head_width": architecture.head_width,
        "clip_head_width": architecture.clip_head_width,
        "groups": architecture.groups,
        **more,
    }
    partial = path.with_name(path.name + ".part")
    save_file(official_tensors(model), partial, metadata={FACTS: json.dumps(facts)})
    os.replace(partial, path)


def official_tensors(model: SV3D) -> dict[str, Tensor]:
    """All tensors in half precision on the CPU, by the official keys and in the official shapes."""
    tensors = {}
    for key, (module, name) in checkpoint_keys(model).items():
        value = module.get_parameter(name).detach().to("cpu", torch.float16)
        if ".mid.attn_1." in key and value.dim() == 2:
            value = value[:, :, None, None]  # linear here, a 1×1 convolution there
        tensors[key] = value.contiguous()
    return tensors
