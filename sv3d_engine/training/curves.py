"""Loss curves as data: one line of JSON for every few steps."""

import json
from pathlib import Path
from typing import Any


class Curves:
    """A file of lines {"stage", "step", …}, which grows; ``None`` writes nothing."""

    def __init__(self, path: Path | None) -> None:
        self._path = path

    def add(self, stage: str, step: int, **values: Any) -> None:
        """Append a line; floats are rounded to six digits."""
        if self._path is None:
            return
        rounded = {k: float(f"{v:.6g}") if isinstance(v, float) else v for k, v in values.items()}
        with self._path.open("a", encoding="utf-8") as stream:
            stream.write(json.dumps({"stage": stage, "step": step, **rounded}) + "\n")

    def cut(self, stage: str, step: int) -> None:
        """Forget a stage's lines after a step: they will be written anew."""
        if self._path is None or not self._path.exists():
            return
        lines = self._path.read_text(encoding="utf-8").splitlines()
        kept = [line for line in lines if (told := json.loads(line))["stage"] != stage or told["step"] <= step]
        self._path.write_text("".join(line + "\n" for line in kept), encoding="utf-8")
