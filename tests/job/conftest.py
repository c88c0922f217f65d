from pathlib import Path

import pytest

from tests.sv3d.network.small import write_zeros


@pytest.fixture(scope="session")
def weights(tmp_path_factory) -> dict[str, Path]:
    """Files that pass for small weights, by variant."""
    folder = tmp_path_factory.mktemp("weights")
    return {variant: write_zeros(folder / f"sv3d_{variant}.safetensors", variant, frame_size=64) for variant in "up"}
