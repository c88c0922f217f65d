"""What has come of a file so far, its hash, and a note of which of the server's files it is the beginning of."""

import hashlib
import json
from pathlib import Path
from types import TracebackType
from typing import IO

from ..ground.files import write_json
from ..shared.model_catalogue import partial_note
from .metering import Meter, Tell


class Beginning:
    """What has come so far, its hash, and of which of the server's files it is."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.validator, self.total = "", 0
        self.done, self.digest = 0, hashlib.sha256()
        self._note = partial_note(path)

    def __enter__(self) -> "Beginning":
        self._stream: IO[bytes] = self.path.open("ab")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stream.close()
        if not self.done:
            self.path.unlink(missing_ok=True)
            self._note.unlink(missing_ok=True)

    def read(self, tell: Tell, note: str) -> None:
        """Go through what an earlier run has left, if it is known what that is."""
        try:
            told = json.loads(self._note.read_text(encoding="utf-8"))
            self.validator, self.total = str(told["validator"]), int(told["total"])
        except (OSError, ValueError, KeyError, TypeError):
            self.forget()
            return
        meter = Meter(self.path.stat().st_size, note, tell)
        with self.path.open("rb") as stream:
            while chunk := stream.read(1 << 20):
                self.digest.update(chunk)
                self.done += len(chunk)
                meter(self.done)

    def begin(self, validator: str, total: int) -> None:
        """Forget what there is and note what now comes."""
        self.forget()
        self.validator, self.total = validator, total
        write_json(self._note, {"validator": validator, "total": total})

    def forget(self) -> None:
        """Begin anew."""
        self._stream.truncate(0)
        self.done, self.digest = 0, hashlib.sha256()

    def append(self, chunk: bytes) -> None:
        self._stream.write(chunk)
        self.digest.update(chunk)
        self.done += len(chunk)
