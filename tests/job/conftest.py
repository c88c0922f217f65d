import os
import subprocess
from pathlib import Path

import pytest

from tests.sv3d.network.small import write_zeros


@pytest.fixture(scope="session")
def weights(tmp_path_factory) -> dict[str, Path]:
    """Files that pass for small weights, by variant."""
    folder = tmp_path_factory.mktemp("weights")
    return {variant: write_zeros(folder / f"sv3d_{variant}.safetensors", variant, frame_size=64) for variant in "up"}


@pytest.fixture
def small_disk(tmp_path):
    """A disk of 200 MB of its own, and a function that fills it to its last bytes."""
    disk = tmp_path / "disk"
    disk.mkdir()
    if os.name == "nt" or os.geteuid() != 0:
        pytest.skip("only root mounts disks")
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=200m", "tmpfs", str(disk)], check=False).returncode:
        pytest.skip("no disk can be mounted here")

    def fill():
        with (disk / "ballast").open("wb", buffering=0) as stream:
            for size in (1 << 20, 1 << 12):
                try:
                    while stream.write(bytes(size)) == size:
                        pass
                except OSError:
                    continue

    yield disk, fill
    subprocess.run(["umount", "-l", str(disk)], check=True)
