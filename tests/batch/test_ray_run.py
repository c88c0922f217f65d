"""A batch on a Ray cluster of two workers that the test starts, one of which is killed in the middle of a job."""

import os
import signal
import threading
import time
from collections import Counter
from contextlib import suppress
from pathlib import Path

import pytest
import shared_stages

from sv3d_engine.batch.board import Board
from sv3d_engine.batch.making import CANCELLED, DONE, FAILED, KEPT, WAITING
from sv3d_engine.batch.ray_run import perform_on_ray
from sv3d_engine.batch.tasks import Task
from sv3d_engine.shared.errors import UserError

ray = pytest.importorskip("ray", reason="Ray is not installed (requirements/ray.txt)")
pytestmark = pytest.mark.skipif(os.name == "nt", reason="Ray starts no cluster of several nodes on Windows")
LONG = 240.0  # seconds: far more than it takes, for a machine that is busy
MEMORY = 80_000_000  # bytes of each node's object store, as little as Ray takes


@pytest.fixture(scope="module")
def machines():
    """A head that does no work, and two workers of one processor each."""
    from ray.cluster_utils import Cluster

    ray.cloudpickle.register_pickle_by_value(shared_stages)  # workers do not have the tests
    head = {"num_cpus": 0, "include_dashboard": False, "object_store_memory": MEMORY}
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("RAY_USAGE_STATS_ENABLED", "0")
        patch.setenv("RAY_worker_niceness", "0")  # other tests may keep the machine busy
        cluster = Cluster(True, head_node_args=head)
        workers = [cluster.add_node(num_cpus=1, object_store_memory=MEMORY) for _ in range(2)]
        yield cluster, workers
        cluster.shutdown()


def wait_for(what, seconds=LONG):
    end = time.monotonic() + seconds
    while not (found := what()):
        assert time.monotonic() < end, "it does not happen"
        time.sleep(0.05)
    return found


def marks(folder: Path, kind: str) -> list[tuple[str, int]]:
    """Names of jobs and the processes that did them, in the order of the names."""
    found = [path.name.split(".") for path in sorted(folder.glob(f"{kind}/*"))]
    return [(name, int(pid)) for name, pid, _ in found]


def meanwhile(action):
    """Do it in a thread; what goes wrong there is raised at the end."""
    wrong: list[BaseException] = []

    def run():
        try:
            action()
        except BaseException as error:
            wrong.append(error)

    thread = threading.Thread(target=run, daemon=True)
    thread.start()

    def joined():
        thread.join(LONG)
        assert not thread.is_alive()
        for error in wrong:
            raise error

    return joined


def parent(pid: int) -> int:
    return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])


def test_a_machine_that_dies_in_the_middle_of_a_job(machines, tasks: tuple[Task, ...], board: Board, tmp_path) -> None:
    """Every result is there, none is made twice, and what the dead one had finished is not done again."""
    cluster, workers = machines
    killed = []

    def kill():
        wait_for(lambda: len(marks(tmp_path, shared_stages.BEGUN)) == 2)
        name, pid = marks(tmp_path, shared_stages.BEGUN)[0]
        raylet = {node.all_processes["raylet"][0].process.pid: node for node in workers}
        node = raylet[parent(pid)]
        cluster.remove_node(node, allow_graceful=False)
        workers.remove(node)
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)  # with its machine; else it might end a moment later by itself
        killed.append(name)
        (tmp_path / shared_stages.GO).touch()

    killed_one = meanwhile(kill)
    (tmp_path / "out").mkdir()
    perform_on_ray(tasks, cluster.address, None, tmp_path / "out", board, shared_stages.stages_of)
    killed_one()

    assert [outcome.state for outcome in board.in_order()] == [DONE] * 3
    for task in tasks:
        assert (task.folder / "mesh.glb").read_text() == task.name
        assert board.outcomes[task.name].card == "Closed and clean"
    once = {"cow": 1, "mug": 1, "pot": 1}
    assert Counter(name for name, _ in marks(tmp_path, shared_stages.MADE)) == once
    assert Counter(name for name, _ in marks(tmp_path, shared_stages.READ)) == once
    assert Counter(name for name, _ in marks(tmp_path, shared_stages.BEGUN)) == once | {killed[0]: 2}
    assert not list((tmp_path / "out").glob(".*")), "no locks or marks stay"

    again = Board(tasks, board._line)
    perform_on_ray(tasks, cluster.address, None, tmp_path / "out", again, shared_stages.stages_of)
    assert {outcome.state for outcome in again.outcomes.values()} == {KEPT}


def test_a_process_that_dies_is_replaced_and_a_stop_leaves_whole_stages(
    machines, tasks: tuple[Task, ...], board: Board, tmp_path
) -> None:
    cluster, _ = machines

    def kill_and_stop():
        _, pid = wait_for(lambda: marks(tmp_path, shared_stages.BEGUN))[0]
        os.kill(pid, signal.SIGKILL)
        wait_for(lambda: len(marks(tmp_path, shared_stages.BEGUN)) == 2)
        os.kill(os.getpid(), signal.SIGINT)

    stopped = meanwhile(kill_and_stop)
    (tmp_path / "out").mkdir()
    with pytest.raises(KeyboardInterrupt):
        perform_on_ray(tasks, cluster.address, 1, tmp_path / "out", board, shared_stages.stages_of)
    stopped()
    assert [outcome.state for outcome in board.in_order()] == [CANCELLED, WAITING, WAITING]
    assert sorted(path.name for path in tasks[0].folder.iterdir()) == ["batch.json", "frames", "job.json", "work"]

    (tmp_path / shared_stages.GO).touch()
    board.outcomes.clear()
    perform_on_ray(tasks, cluster.address, None, tmp_path / "out", board, shared_stages.stages_of)
    assert {outcome.state for outcome in board.outcomes.values()} == {DONE}
    assert len(marks(tmp_path, shared_stages.READ)) == 3


def test_a_job_that_fails_does_not_stop_the_others(machines, tasks, board: Board, tmp_path) -> None:
    cluster, _ = machines
    (tmp_path / shared_stages.GO).touch()
    for file in Path(tasks[1].request.frames).iterdir():
        file.unlink()
    Path(tasks[1].request.frames).rmdir()
    (tmp_path / "out").mkdir()
    perform_on_ray(tasks, cluster.address, None, tmp_path / "out", board, shared_stages.stages_of)
    assert [outcome.state for outcome in board.in_order()] == [DONE, FAILED, DONE]
    assert "There is no folder" in board.outcomes["mug"].cause
    assert not tasks[1].folder.exists()


def test_pictures_that_the_machines_do_not_see(machines, tasks, board: Board, tmp_path) -> None:
    cluster, _ = machines
    (tmp_path / "out").mkdir()
    for orbit in (tmp_path / "in").iterdir():
        orbit.rename(tmp_path / orbit.name)
    (tmp_path / "in").rmdir()
    with pytest.raises(UserError, match=r"does not see .*in") as caught:
        perform_on_ray(tasks, cluster.address, None, tmp_path / "out", board, shared_stages.stages_of)
    assert "all machines share" in caught.value.remedy
    assert not board.outcomes


def test_a_cluster_of_this_machine_alone(machines, tasks, board: Board, tmp_path) -> None:
    """Last, for it is another cluster than that of the tests above."""
    (tmp_path / shared_stages.GO).touch()
    (tmp_path / "out").mkdir()
    perform_on_ray(tasks, "local", 2, tmp_path / "out", board, shared_stages.stages_of)
    assert [outcome.state for outcome in board.in_order()] == [DONE] * 3
