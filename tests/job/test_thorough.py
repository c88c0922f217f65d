"""The thorough doctor: what it says of results that are right, wrong, or do not come."""

import json
from contextlib import ExitStack
from types import SimpleNamespace

import pytest
import torch

from sv3d_engine.ground import device, lock
from sv3d_engine.ground.progress import Progress
from sv3d_engine.job import command_line, thorough
from sv3d_engine.job.thorough import compare, examine_thoroughly
from sv3d_engine.job.thorough_operations import CPU, Operation, operations
from tests.pretend_cuda import CUDA, pretend_cuda


def fails(device):
    raise RuntimeError("CUDA error: an illegal memory access\nmore of it")


RIGHT = Operation("right", lambda device: [torch.ones(4)])
WRONG = Operation("wrong", lambda device: [torch.ones(4)], lambda device: [torch.full((4,), 0.8)])
EMPTY = Operation("empty", lambda device: [torch.full((4,), torch.nan)], lambda device: [torch.ones(4)])
BROKEN = Operation("broken", fails)


@pytest.fixture
def only(monkeypatch):
    """Let there be these operations alone."""
    return lambda *chosen: monkeypatch.setattr(thorough, "operations", lambda device: chosen)


@pytest.fixture(scope="module")
def report():
    return examine_thoroughly(CPU)


def test_the_processor_agrees_with_the_plain_twins_and_with_itself(report):
    assert [o.operation for o in report.outcomes if o.verdict != "ok"] == []
    assert report.ok
    assert all(o.error < 1e-5 for o in report.outcomes)


@pytest.mark.parametrize(
    "part",
    [
        *("hash grid", "march", "composit", "tetra", "faces", "interpolate", "antialias", "light", "losses"),
        *("steps of the field", "steps of the fine mesh", "UNet", "encoding", "decoding", "CLIP"),
    ],
)
def test_every_part_that_works_on_a_device_is_tried(report, part):
    assert any(part in outcome.operation for outcome in report.outcomes)


def test_a_card_is_also_tried_in_half_precision(monkeypatch):
    monkeypatch.setattr(torch.cuda, "get_device_capability", lambda device: (8, 9))
    assert [o.name for o in operations(torch.device("cuda"))][-1] == "UNet, one step in bfloat16"
    assert not {"half", "block"} & set(" ".join(o.name for o in operations(CPU)).split())


def test_nothing_lies_on_the_wrong_device():
    with pretend_cuda():
        on_card = {o.name: o for o in operations(CUDA) if "steps of" not in o.name}  # these have tests of their own
    streamed = on_card.pop("UNet, block by block")  # needs a true card's streams and page-locked memory
    assert compare(streamed.run(CPU), streamed.reference(CPU), streamed.tolerance)[1] == 0
    assert len(on_card) == 14
    for operation in on_card.values():
        expected = (operation.reference or operation.run)(CPU)
        with pretend_cuda():
            found = [tensor.cpu() for tensor in operation.run(CUDA)]
        assert compare(found, expected, operation.tolerance)[1] <= operation.strays, operation.name


def test_the_card_is_had_while_the_operations_run_and_waiting_for_it_is_told_once(only, tmp_path, monkeypatch):
    monkeypatch.setattr(lock, "user_folder", lambda kind: tmp_path)
    monkeypatch.setattr(thorough, "card_key", lambda device: "card")
    had = []
    only(Operation("look", lambda device: had.append((tmp_path / "card.lock").exists()) or [torch.ones(1)]))
    told, polls = [], []
    with ExitStack() as another:
        another.enter_context(lock.card_locked("card", Progress()))

        def sleep(seconds):
            polls.append(seconds)
            if len(polls) == 3:
                another.close()

        monkeypatch.setattr(lock, "time", SimpleNamespace(sleep=sleep))
        examine_thoroughly(CPU, told.append)
    assert told == [lock.WAITING, "look: ok"]
    assert had[-1]


def test_the_report_tells_whose_kernels_run(only, monkeypatch):
    only(RIGHT)
    assert "It runs numba's kernels." in examine_thoroughly(CPU).as_text().splitlines()
    monkeypatch.setattr(thorough, "kernels_on", lambda device: "the kernels of warp 1.9")
    assert "It runs the kernels of warp 1.9." in examine_thoroughly(CPU).as_text().splitlines()


def test_results_are_never_empty():
    for operation in operations(CPU):
        if "step" not in operation.name:  # these take seconds, and are tried above
            results = operation.run(CPU)
            assert results and all(r.numel() and r.any() for r in results), operation.name


def test_each_verdict_has_its_line(only, capsys):
    only(RIGHT, WRONG, EMPTY, BROKEN)
    report = examine_thoroughly(CPU)
    assert [o.verdict for o in report.outcomes] == ["ok", "differs", "differs", "failed"]
    lines = report.as_text().splitlines()
    assert "torch 2" in report.as_text()
    assert "max error 0.0e+00" in next(line for line in lines if line.startswith("ok "))
    assert "max error 2.5e-01" in next(line for line in lines if line.startswith("differs "))
    assert "RuntimeError: CUDA error: an illegal memory access" in next(
        line for line in lines if line.startswith("failed ")
    )
    assert "more of it" not in report.as_text()
    assert lines[-1] == "1 of 4 operations are well."


@pytest.mark.parametrize(("operation", "status"), [(RIGHT, 0), (WRONG, 2), (BROKEN, 2)])
def test_the_command_ends_with_2_where_something_is_wrong(only, capsys, operation, status):
    only(operation)
    assert command_line.main(["doctor", "--thorough", "--device", "cpu", "--json"]) == status
    told = json.loads(capsys.readouterr().out)
    assert told["device"] == "cpu"
    assert told["versions"]["torch"]
    assert [outcome["operation"] for outcome in told["outcomes"]] == [operation.name]


def test_the_text_is_for_pasting(only, capsys, monkeypatch):
    only(RIGHT)
    monkeypatch.setattr(thorough.nvidia, "find_driver", lambda: thorough.nvidia.Driver("580.65", "RTX 4090"))
    assert command_line.main(["doctor", "--thorough", "--device", "cpu"]) == 0
    said = capsys.readouterr()
    assert device.processor_name() in said.out
    assert "driver 580.65" in said.out
    assert said.err == "right: ok\n"


def test_a_device_that_is_not_there(capsys, monkeypatch):
    monkeypatch.setattr(device, "available_devices", lambda: ("cpu",))
    assert command_line.main(["doctor", "--thorough", "--device", "mps"]) == 2
    assert "not usable here" in capsys.readouterr().err


def test_an_engine_without_pytorch_says_so(capsys, monkeypatch):
    def missing(name):
        raise ModuleNotFoundError("No module named 'torch'", name="torch")

    monkeypatch.setattr(device, "resolve_device", missing)
    assert command_line.main(["doctor", "--thorough"]) == 2
    assert "lacks the package torch" in capsys.readouterr().err


def test_errors_are_shares_of_the_largest_value():
    expected = torch.tensor([1.0, -10.0])
    worst, strays = compare([expected + torch.tensor([0.0, 0.1])], [expected], tolerance=0.02)
    assert (worst, strays) == (pytest.approx(0.01, rel=1e-4), 0)
    assert compare([expected + torch.tensor([0.0, 0.1])], [expected], tolerance=0.005)[1] == 0.5


@pytest.mark.parametrize("odd", [torch.nan, torch.inf])
def test_what_is_no_number_is_infinitely_wrong(odd):
    worst, strays = compare([torch.tensor([odd, 1.0])], [torch.ones(2)], tolerance=1.0)
    assert (worst, strays) == (torch.inf, 0.5)


def test_whole_numbers_have_to_be_the_same_and_shapes_as_well():
    assert compare([torch.tensor([1, 2, 3, 4])], [torch.tensor([1, 2, 3, 5])], 1e-3) == (1, 0.25)
    assert compare([torch.ones(3)], [torch.ones(4)], 1e-3) == (torch.inf, 1)


def test_a_few_pixels_on_an_edge_may_stray(only):
    expected = torch.zeros(200)
    found = expected.clone()
    found[0] = 1
    seen = Operation("seen", lambda device: [found], lambda device: [expected], strays=0.01)
    many = Operation("many", lambda device: [1 - found], lambda device: [expected], strays=0.01)
    only(seen, many)
    assert [o.verdict for o in examine_thoroughly(CPU).outcomes] == ["ok", "differs"]
