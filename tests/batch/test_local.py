"""Tasks by runner processes whose stages are stand-ins (the source's name chooses what they do)."""

import io
import json
import os
import sys
import threading
import time
from pathlib import Path

import pytest
from PIL import Image

from sv3d_engine.batch import local
from sv3d_engine.batch.board import Board
from sv3d_engine.batch.local import perform, visible_card
from sv3d_engine.batch.making import CANCELLED, DONE, FAILED, WAITING
from sv3d_engine.batch.planning import plan
from sv3d_engine.batch.sources import Wish
from sv3d_engine.job.terminal import LiveLine

FAKE_ENGINE = Path(__file__).parents[1] / "job" / "worker" / "fake_engine.py"
RUNNER = [sys.executable, str(FAKE_ENGINE), "work"]


@pytest.fixture
def prepared(tmp_path, options):
    """Tasks whose frames lie in folders of these names, their board and their folder."""

    def prepare(*names: str):
        (tmp_path / "out").mkdir(exist_ok=True)
        for name in names:
            folder = tmp_path / "in" / name
            folder.mkdir(parents=True, exist_ok=True)
            for i in range(8):
                Image.new("RGB", (8, 8), (len(name), i, 0)).save(folder / f"{i}.png")
        tasks = plan([Wish(tmp_path / "in" / name, options) for name in names], tmp_path / "out", again=False).tasks
        return tasks, Board(tasks, LiveLine(io.StringIO())), tmp_path / "out"

    return prepare


def test_one_that_fails_or_crashes_does_not_stop_the_others(prepared) -> None:
    tasks, board, out = prepared("cow", "fails", "crashes", "mug", "surprises", "pot")
    perform(tasks, 2, 0, out, board, RUNNER)
    states = [outcome.state for outcome in board.in_order()]
    assert states == [DONE, FAILED, FAILED, DONE, FAILED, DONE]
    assert (board.outcomes["fails"].cause, board.outcomes["fails"].remedy) == ("The cup is broken.", "Glue it.")
    assert "in the middle of the job" in board.outcomes["crashes"].cause
    assert "one by zero" in board.outcomes["surprises"].details
    assert (tasks[0].folder / "mesh.glb").read_text() == "whole"


def test_each_runner_has_its_share_and_does_one_job_after_another(prepared, monkeypatch) -> None:
    monkeypatch.setenv("OMP_NUM_THREADS", "6")
    tasks, board, out = prepared("cow", "mug", "pot", "environment")
    perform(tasks, 2, 2, out, board, RUNNER)
    pids = {json.loads((task.folder / "report.json").read_text())["stages"]["mesh"]["pid"] for task in tasks}
    assert len(pids) <= 2
    assert os.getpid() not in pids
    told = json.loads((tasks[3].folder / "report.json").read_text())["stages"]["mesh"]
    assert told["OMP_NUM_THREADS"] == told["NUMBA_NUM_THREADS"] == "3"
    assert told["CUDA_VISIBLE_DEVICES"] in ("0", "1")


def test_a_stop_cancels_all_and_the_next_run_goes_on(prepared) -> None:
    tasks, board, out = prepared("obeys", "stuck", "mug")
    begun = threading.Event()

    class Stopping(Board):
        def hear(self, message):
            super().hear(message)
            if {"obeys", "stuck"} == {name for name, share in self._fractions.items() if share >= 0.5}:
                begun.set()

        def show(self):
            if begun.is_set():
                raise KeyboardInterrupt

    stopping = Stopping(tasks, LiveLine(io.StringIO()))
    started = time.monotonic()
    with pytest.raises(KeyboardInterrupt):
        perform(tasks, 2, 0, out, stopping, RUNNER)
    assert time.monotonic() - started < 60
    assert [outcome.state for outcome in stopping.in_order()] == [CANCELLED, CANCELLED, WAITING]
    for task in tasks[:2]:
        assert sorted(path.name for path in task.folder.iterdir()) == ["batch.json", "frames", "job.json", "work"]
    assert not tasks[2].folder.exists()
    perform(tasks[2:], 1, 0, out, board, RUNNER)
    assert board.outcomes["mug"].state == DONE


@pytest.mark.parametrize(
    ("cards", "listed", "seen"),
    [
        (0, None, [None] * 3),
        (2, None, ["0", "1", "0"]),
        (2, "3,GPU-5", ["3", "GPU-5", "3"]),
        (1, "", ["0", "0", "0"]),
    ],
)
def test_each_worker_sees_one_card(cards, listed, seen) -> None:
    environment = {} if listed is None else {"CUDA_VISIBLE_DEVICES": listed}
    assert [visible_card(i, cards, environment).get("CUDA_VISIBLE_DEVICES") for i in range(3)] == seen


def test_the_runner_is_this_engines_own_without_a_word(prepared, monkeypatch) -> None:
    monkeypatch.setattr(local, "engine_command", lambda: RUNNER[:-1])
    tasks, board, out = prepared("cow")
    perform(tasks, 1, 0, out, board)
    assert board.outcomes["cow"].state == DONE
