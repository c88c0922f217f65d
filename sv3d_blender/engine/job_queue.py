"""The jobs that wait their turn, and what became of those that others followed; immutable, and without Blender."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from ...sv3d_engine.shared import protocol
from .job import Failure, Job, Phase


@dataclass(frozen=True)
class Entry:
    """A job as it was ordered."""

    request: protocol.Job
    title: str  # what the artist calls it
    python: str  # of the engine, as the preferences had it
    batch: str = ""  # the name of the batch it belongs to
    seconds: float | None = None  # that it may take, without the engine's start


@dataclass(frozen=True)
class Failed:
    """A job that has failed, and why; it can be put in again."""

    entry: Entry
    failure: Failure


@dataclass(frozen=True)
class Batch:
    """Jobs that were ordered together and have one card."""

    name: str  # any text that no other batch has
    title: str
    total: int
    done: int = 0
    cancelled: int = 0
    failed: tuple[Failed, ...] = ()

    @property
    def ended(self) -> int:
        return self.done + self.cancelled + len(self.failed)

    @property
    def over(self) -> bool:
        return self.ended >= self.total


@dataclass(frozen=True)
class JobQueue:
    """What waits behind the job that runs.  Every method answers with the queue as it is then."""

    waiting: tuple[Entry, ...] = ()
    failed: tuple[Failed, ...] = ()  # single jobs; the last job's failure is told by its own card
    batches: tuple[Batch, ...] = ()
    held: bool = False  # nothing is taken until ``released``

    def add(self, *entries: Entry, batch: Batch | None = None) -> "JobQueue":
        """With these at the end."""
        batches = (*self.batches, batch) if batch else self.batches
        return replace(self, waiting=(*self.waiting, *entries), batches=batches)

    def next(self) -> tuple[Entry | None, "JobQueue"]:
        """The entry whose turn it is, if any, and the queue without it."""
        if self.held or not self.waiting:
            return None, self
        return self.waiting[0], replace(self, waiting=self.waiting[1:])

    def ended(self, entry: Entry, job: Job) -> "JobQueue":
        """After the end of a job.  If its engine never came up, the others would fare no better: they are held."""
        lost = Failed(entry, job.failure) if job.failure else None
        held = self.held or (lost is not None and not job.began and bool(self.waiting))
        if not entry.batch:
            failed = (*self.failed, lost) if lost and self.waiting else self.failed
            return replace(self, failed=failed, held=held)
        return replace(self, batches=tuple(_counted(b, entry, job.phase, lost) for b in self.batches), held=held)

    def remove(self, names: Sequence[str]) -> "JobQueue":
        """Without the waiting jobs of these names; their batches count them as cancelled."""
        gone = [entry for entry in self.waiting if entry.request.job in names]
        batches = self.batches
        for entry in gone:
            batches = tuple(_counted(batch, entry, Phase.CANCELLED, None) for batch in batches)
        waiting = tuple(entry for entry in self.waiting if entry not in gone)
        return replace(self, waiting=waiting, batches=batches, held=self.held and bool(waiting))

    def of_batch(self, name: str) -> tuple[Entry, ...]:
        """The waiting jobs of a batch."""
        return tuple(entry for entry in self.waiting if entry.batch == name)

    def dismiss(self) -> "JobQueue":
        """Without what is over and has been read."""
        return replace(self, failed=(), batches=tuple(batch for batch in self.batches if not batch.over))

    def without_failed(self, name: str) -> "JobQueue":
        """Without the note of a job that has failed, as it is put in again."""
        batches = tuple(
            replace(b, failed=tuple(f for f in b.failed if f.entry.request.job != name), total=b.total - had)
            for b in self.batches
            for had in [sum(f.entry.request.job == name for f in b.failed)]
        )
        return replace(self, failed=tuple(f for f in self.failed if f.entry.request.job != name), batches=batches)

    def released(self) -> "JobQueue":
        return replace(self, held=False)


def _counted(batch: Batch, entry: Entry, phase: Phase, lost: Failed | None) -> Batch:
    if batch.name != entry.batch:
        return batch
    if lost:
        return replace(batch, failed=(*batch.failed, lost))
    if phase is Phase.CANCELLED:
        return replace(batch, cancelled=batch.cancelled + 1)
    return replace(batch, done=batch.done + 1)
