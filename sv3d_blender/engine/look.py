"""A look at an orbit's frames before a mesh is made of them: one immutable state, as of a job."""

from dataclasses import dataclass, replace

from ...sv3d_engine.shared import protocol
from .job import Failure, engine_gone, other_version
from .process import Ended, Event


@dataclass(frozen=True)
class Look:
    """What was asked, and what has come of it."""

    request: protocol.MeshJob
    answer: protocol.Looked | None = None
    failure: Failure | None = None

    @property
    def active(self) -> bool:
        """True while the engine owes an answer."""
        return self.answer is None and self.failure is None


def told(look: Look, event: Event) -> Look:
    """The look after ``event``; what concerns something else, or comes after the answer, changes nothing."""
    if not look.active:
        return look
    match event:
        case protocol.Looked(job=look.request.job):
            return replace(look, answer=event)
        case protocol.Error(job=look.request.job):
            return replace(look, failure=Failure(event.cause, event.remedy, event.details))
        case protocol.Hello() if event.protocol != protocol.VERSION:
            return replace(look, failure=other_version(event))
        case Ended():
            return replace(look, failure=engine_gone(event, at_job=False))
    return look
