"""Loading a checkpoint of full size: ``python -m sv3d_engine.laboratory.evaluate.full_checkpoint MANIFEST --out FILE``.

MANIFEST is a JSON object of tensor names and shapes.  A float16 checkpoint of random tensors with these is written
to FILE (about 5 GB for the official models), loaded as a job would, and removed; printed are the times, the most memory
that the process held, and which tensors were missing or left over.
"""

import argparse
import json
import math
import os
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import torch

from ...ground.memory import peak, reset_peak
from ...shared.protocol import PRECISIONS
from ...sv3d.network.sv3d import SV3D, checkpoint_keys
from ...sv3d.network.weights import inspect, load_sv3d

_BYTES = 2  # of a float16
_POOL = 1 << 24  # random numbers that all tensors are cut from: checkpoints need not be more random than this


def write_checkpoint(manifest: Mapping[str, Sequence[int]], path: Path) -> None:
    """A safetensors file of random float16 tensors, written tensor by tensor: header length, header, raw numbers."""
    header, end = {}, 0
    for key, shape in manifest.items():
        start, end = end, end + _BYTES * math.prod(shape)
        header[key] = {"dtype": "F16", "shape": list(shape), "data_offsets": [start, end]}
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    pool = (0.02 * np.random.default_rng(0).standard_normal(_POOL, dtype=np.float32)).astype(np.float16)
    with path.open("wb") as stream:
        stream.write(len(text).to_bytes(8, "little") + text)
        for shape in manifest.values():
            left = math.prod(shape)
            while left > 0:
                stream.write(pool[:left].data)
                left -= _POOL
        stream.flush()
        os.fsync(stream.fileno())


def measure(path: Path, dtype: torch.dtype) -> dict[str, float]:
    """Seconds to check, load and first use a checkpoint, and GB that were held at most beside the process's own."""
    started = time.perf_counter()
    info = inspect(path)
    checked = time.perf_counter()
    reset_peak()
    before = peak()
    model = load_sv3d(path, dtype)
    loaded = time.perf_counter()
    for _, part in model.parts():  # weights that are not converted stay in the file until they are used
        for parameter in part.parameters():
            parameter.view(-1).max()
    used = time.perf_counter()
    return {
        "check_s": checked - started,
        "load_s": loaded - checked,
        "first_use_s": used - loaded,
        "peak_gb": (peak() - before) / 1e9,
        "networks_gb": _bytes(model) / 1e9,
        "read": len(checkpoint_keys(model)),
        "missing": 0,  # inspect and load_sv3d raise otherwise
        "left_over": len(info.unread),
    }


def _bytes(model: SV3D) -> int:
    return sum(p.numel() * p.element_size() for _, part in model.parts() for p in part.parameters())


def main(argv: Sequence[str] | None = None) -> None:
    """Write, load, remove, and print one line of JSON."""
    parser = argparse.ArgumentParser(description="Write a checkpoint of full size and load it.")
    parser.add_argument("manifest", type=Path, help="JSON object of tensor names and shapes")
    parser.add_argument("--out", type=Path, required=True, metavar="FILE", help="the checkpoint; removed afterwards")
    parser.add_argument("--precision", choices=PRECISIONS[1:], default="float16", help="to load as")
    arguments = parser.parse_args(argv)
    dtype: torch.dtype = getattr(torch, arguments.precision)
    manifest = json.loads(arguments.manifest.read_text(encoding="utf-8"))
    try:
        started = time.perf_counter()
        write_checkpoint(manifest, arguments.out)
        written = {"tensors": len(manifest), "file_gb": arguments.out.stat().st_size / 1e9}
        seconds = time.perf_counter() - started
        print(json.dumps({**written, "write_s": seconds, **measure(arguments.out, dtype)}))
    finally:
        arguments.out.unlink(missing_ok=True)


if __name__ == "__main__":
    main()
