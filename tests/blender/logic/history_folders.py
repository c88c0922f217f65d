"""Job folders as they may be found on a disk."""

import json
from dataclasses import asdict
from pathlib import Path

from sv3d.sv3d_engine.shared import protocol


def make_job(folder: Path, *, done: bool = True, stages: int = 0, request: protocol.Job | None = None) -> Path:
    """A job's folder: with a result, or stopped after so many stages."""
    folder.mkdir(parents=True)
    request = request or protocol.GenerateJob("1", str(folder / "source.png"), str(folder))
    (folder / "job.json").write_text(json.dumps(asdict(request)), encoding="utf-8")
    (folder / "source.png").write_bytes(b"source")
    (folder / "work").mkdir()
    (folder / "work" / "state.json").write_text(json.dumps({"records": [{}] * stages}), encoding="utf-8")
    (folder / "work" / "field.safetensors").write_bytes(b"\0" * 1000)
    if done:
        (folder / "frames").mkdir()
        for name in ("frames/000.png", "cameras.json", "mesh.glb", "report.json"):
            (folder / name).write_text("{}", encoding="utf-8")
    return folder


def tree(folder: Path) -> set[str]:
    """All files, and folders without any."""
    paths = [p for p in folder.rglob("*") if p.is_file() or not any(p.iterdir())]
    return {p.relative_to(folder).as_posix() for p in paths}
