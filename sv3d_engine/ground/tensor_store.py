"""Network modules in safetensors files: their tensors, and what is needed to build them again."""

import json
from pathlib import Path
from typing import Any

from safetensors import safe_open
from safetensors.torch import save_file
from torch import Tensor

from .files import reading, whole_file


def save_tensors(tensors: dict[str, Tensor], facts: dict[str, Any], path: Path) -> None:
    """Write tensors and JSON-able facts to one file; whole or not at all."""
    kept = {name: tensor.detach().cpu().contiguous() for name, tensor in tensors.items()}
    with whole_file(path) as partial:
        save_file(kept, partial, metadata={"facts": json.dumps(facts)})


def load_tensors(path: Path) -> tuple[dict[str, Tensor], dict[str, Any]]:
    """What ``save_tensors`` wrote, on the CPU.  Raises Damaged for a missing or damaged file."""
    with reading(path), safe_open(path, framework="pt") as file:
        facts = json.loads((file.metadata() or {})["facts"])
        return {name: file.get_tensor(name) for name in file.keys()}, facts  # noqa: SIM118
