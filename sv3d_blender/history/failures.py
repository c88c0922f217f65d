"""Why a job failed, noted in its folder, so that the history can tell it later."""

import json
from contextlib import suppress
from pathlib import Path

from ..engine.job import Job, Phase
from .catalogue import catalogue
from .jobs import FAILURE


def note_end(job: Job) -> None:
    """Take in each change of a job: as it ends, its folder tells how, and the history reads it."""
    if job.active:
        return
    note_failure(job)
    catalogue.refresh()


def note_failure(job: Job) -> None:
    """Write or remove the note in the job's folder, if there is one."""
    file = Path(job.request.out) / FAILURE
    with suppress(OSError):
        if job.phase is Phase.FAILED and job.failure and file.parent.is_dir():
            told = {"cause": job.failure.cause, "remedy": job.failure.remedy, "details": job.failure.details}
            file.write_text(json.dumps(told, indent=1), encoding="utf-8")
        else:
            file.unlink(missing_ok=True)
