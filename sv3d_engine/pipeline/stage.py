"""What a stage is."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..progress import Progress

Facts = dict[str, Any]  # for report.json: numbers, texts, lists and dicts of these; "notes" is a list for the artist


@dataclass(frozen=True)
class Stage:
    """One step of a job.  Its functions take the kind of Job that it is a stage of.

    ``run(job, out, progress)`` reads what the stages before it left in the job folder and writes files into ``out`` as
    they shall lie in the job folder, so that a resumed job does exactly what an unbroken one does.  Heavy modules are
    imported when it runs.
    """

    name: str
    title: str  # for the artist
    seconds: Callable[[Any], float]  # expected on a common machine
    run: Callable[[Any, Path, Progress], Facts]
    inputs: Callable[[Any], Iterator[bytes]] = lambda job: iter(())  # what it reads beside the stages before it
