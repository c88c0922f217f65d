"""Network modules in safetensors files: their tensors, and what is needed to build them again."""

import json
from pathlib import Path
from typing import Any

from safetensors import safe_open
from safetensors.torch import save_file
from torch import Tensor

from ..shared.errors import UserError
from .files import whole_file


def save_tensors(tensors: dict[str, Tensor], facts: dict[str, Any], path: Path) -> None:
    """Write tensors and JSON-able facts to one file; whole or not at all."""
    kept = {name: tensor.detach().cpu().contiguous() for name, tensor in tensors.items()}
    with whole_file(path) as partial:
        save_file(kept, partial, metadata={"facts": json.dumps(facts)})


def load_tensors(path: Path) -> tuple[dict[str, Tensor], dict[str, Any]]:
    """What ``save_tensors`` wrote, on the CPU.  Raises UserError for a missing or damaged file."""
    try:
        with safe_open(path, framework="pt") as file:
            facts = json.loads((file.metadata() or {})["facts"])
            return {name: file.get_tensor(name) for name in file.keys()}, facts  # noqa: SIM118
    except (OSError, KeyError, ValueError) as error:
        raise damaged(path, error) from error
    except Exception as error:
        if type(error).__name__ != "SafetensorError":  # the class is not exported in every version
            raise
        raise damaged(path, error) from error


def damaged(path: Path, error: Exception) -> UserError:
    """What to raise where a file is not what was written, or was written by another version."""
    return UserError(
        f"{path.name} of this job is missing or damaged.", "Start the job again without resuming.", str(error)
    )
