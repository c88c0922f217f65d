"""report.json: what a job was asked, what it ran on, and what each stage has to tell."""

import math
import platform
from collections.abc import Sequence
from dataclasses import asdict
from importlib import metadata
from typing import Any

from .. import __version__
from .job import Job
from .state_file import StageRecord

ENGINE_PACKAGES = (
    "torch",
    "numpy",
    "scipy",
    "numba",
    "pillow",
    "pillow-heif",
    "av",
    "scikit-image",
    "safetensors",
    "diffusers",
    "rembg",
    "pymatting",
    "onnxruntime",
    "xatlas",
    "fast-simplification",
)
CARD_PACKAGE = "warp-lang"  # compiles the kernels for a CUDA card; nothing needs it elsewhere


def job_report(job: Job, records: Sequence[StageRecord], seconds: float) -> dict[str, Any]:
    """Contents of report.json.  ``seconds`` is this run's; a stage's own time may come from an earlier run."""
    asked = plain(asdict(job))
    return {
        "job": asked.pop("name"),
        "device": asked.pop("device_name"),
        **asked,
        "versions": versions(),
        "seconds": round(seconds, 3),
        "peak_memory": max((record.peak_memory for record in records), default=0),
        "stages": {
            record.name: {**record.facts, "seconds": round(record.seconds, 3), "peak_memory": record.peak_memory}
            for record in records
        },
    }


def versions() -> dict[str, str]:
    """Of the engine, Python, the system and every engine package; "missing" where it is not installed."""
    found = {"sv3d_engine": __version__, "python": platform.python_version(), "system": platform.platform()}
    return found | {name: package_version(name) or "missing" for name in (*ENGINE_PACKAGES, CARD_PACKAGE)}


def package_version(name: str) -> str | None:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return None


def plain(value: Any) -> Any:
    """The same in JSON's own types: NaN and infinity become None, NumPy and PyTorch scalars become numbers."""
    if isinstance(value, dict):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    if value is None or isinstance(value, bool | int | str):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if hasattr(value, "tolist"):
        return plain(value.tolist())
    return str(value)
