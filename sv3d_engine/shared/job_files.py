"""What lies where in a job folder, for whoever looks into one without running it.  Standard library only."""

from pathlib import Path

REQUEST = "job.json"  # what was asked for
REPORT = "report.json"  # comes last: the job is done
WORK = "work"  # what only a resumed job needs
STATE = "work/state.json"  # the finished stages
SCRATCH = ".sv3d-partial"  # of the stage that runs
LOCK = ".lock"  # held while a job is at work here


def inside(folder: Path, relative: str) -> Path | None:
    """``folder / relative`` if that is inside ``folder`` also after following links, else None."""
    try:
        path = (folder / relative).resolve()
    except (OSError, ValueError, RuntimeError):
        return None
    return path if folder.resolve() in path.parents else None
