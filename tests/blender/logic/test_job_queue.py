"""The jobs that wait their turn."""

from dataclasses import replace

from sv3d.sv3d_blender.engine.job import Failure, Job, Phase
from sv3d.sv3d_blender.engine.job_queue import Batch, Entry, JobQueue
from sv3d.sv3d_engine.shared import protocol


def entry(name: str, batch: str = "") -> Entry:
    return Entry(protocol.MeshJob(name, "/frames", f"/out/{name}"), name.upper(), "/python", batch)


def over(which: Entry, phase: Phase, *, began: bool = True) -> Job:
    failure = Failure("It broke.", "Glue it.") if phase is Phase.FAILED else None
    return Job(which.request, which.title, phase, began=began, failure=failure)


A, B, C = entry("a"), entry("b"), entry("c")


def test_the_first_to_come_is_the_first_to_go():
    queue = JobQueue().add(A).add(B)
    taken, queue = queue.next()
    assert (taken, queue.waiting) == (A, (B,))
    taken, queue = queue.next()
    assert (taken, queue.next()) == (B, (None, JobQueue()))


def test_one_that_fails_does_not_stop_the_rest_and_is_listed():
    queue = JobQueue((B,)).ended(A, over(A, Phase.FAILED))
    assert queue.next()[0] == B
    assert [(f.entry, f.failure.cause) for f in queue.failed] == [(A, "It broke.")]
    assert queue.without_failed("a").failed == ()
    assert queue.dismiss().failed == ()
    assert JobQueue().ended(A, over(A, Phase.FAILED)).failed == (), "the last one has a card of its own"


def test_an_engine_that_does_not_come_up_holds_the_others():
    queue = JobQueue((B,)).ended(A, over(A, Phase.FAILED, began=False))
    assert queue.held
    assert queue.next() == (None, queue)
    assert queue.released().next()[0] == B
    assert not queue.remove(["b"]).held
    assert not JobQueue().ended(A, over(A, Phase.FAILED, began=False)).held, "nobody is there to be held"


def test_what_waits_can_be_removed():
    queue = JobQueue((A, B, C)).remove(["b", "x"])
    assert queue.waiting == (A, C)


def test_a_batch_counts_what_became_of_its_jobs():
    jobs = [entry(name, "batch") for name in "abcd"]
    queue = JobQueue().add(*jobs, batch=Batch("batch", "cups", 4)).add(C)
    for phase in (Phase.DONE, Phase.FAILED, Phase.CANCELLED):
        taken, queue = queue.next()
        queue = queue.ended(taken, over(taken, phase))
    (batch,) = queue.batches
    assert (batch.done, batch.cancelled, [f.entry.title for f in batch.failed]) == (1, 1, ["B"])
    assert (batch.ended, batch.over) == (3, False)
    assert queue.failed == ()
    assert queue.dismiss().batches == (batch,), "it is not over"
    assert queue.of_batch("batch") == (jobs[3],)
    queue = queue.remove([e.request.job for e in queue.of_batch("batch")])
    assert queue.waiting == (C,)
    assert queue.batches[0].over
    assert queue.dismiss().batches == ()


def test_one_of_a_batch_that_is_put_in_again_is_no_longer_counted():
    batch = Batch("batch", "cups", 2, done=1)
    lost = entry("a", "batch")
    queue = JobQueue(batches=(batch,)).ended(lost, over(lost, Phase.FAILED))
    assert queue.without_failed("a").batches == (replace(batch, total=1),)
