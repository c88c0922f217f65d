"""Small checkpoints in the official layout, for tests: the tensors of the golden rule, or cheaper ones."""

import json
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from safetensors.numpy import save_file

from sv3d_engine.shared.architecture import FACTS
from tests.golden import FACTS_OF_SMALL

DATA = Path(__file__).resolve().parents[2] / "data"


@cache
def manifest(variant: str) -> dict[str, list[int]]:
    """Names and shapes of the small checkpoint's tensors."""
    return json.loads((DATA / f"tiny_{variant}_manifest.json").read_text())


def write_zeros(
    path: Path, variant: str = "p", change: dict[str, list[int] | None] | None = None, **facts: Any
) -> Path:
    """A checkpoint of half-precision zeros; ``change`` gives keys another shape, or takes them away with None."""
    shapes = {key: shape for key, shape in {**manifest(variant), **(change or {})}.items() if shape is not None}
    tensors = {key: np.zeros(shape, np.float16) for key, shape in shapes.items()}
    save_file(tensors, path, metadata={FACTS: json.dumps({**FACTS_OF_SMALL, **facts})})
    return path
