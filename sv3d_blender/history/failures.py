"""Why a job failed, noted in its folder, so that the history can tell it later."""

import json
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path

from ..engine.job import Job, Phase
from .catalogue import catalogue
from .jobs import FAILURE


def note_end(job: Job) -> None:
    """As a job ends its folder, if there is one, tells how, and the history reads it."""
    file = Path(job.request.out) / FAILURE
    with suppress(OSError):
        if job.phase is Phase.FAILED and job.failure and file.parent.is_dir():
            file.write_text(json.dumps(asdict(job.failure), indent=1), encoding="utf-8")
        else:
            file.unlink(missing_ok=True)
    catalogue.changed()
