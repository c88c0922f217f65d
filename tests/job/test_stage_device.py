"""Which processor does which stage, with cards that are made believe."""

import json
import os
from types import SimpleNamespace
from unittest.mock import patch

import pytest
import torch

from sv3d_engine.ground import device, lock, warp_kernels
from sv3d_engine.ground.progress import Cancelled, Progress
from sv3d_engine.job import stage_device
from sv3d_engine.job.request import result_of
from sv3d_engine.job.stage_device import FAILURE_NOTE, MEMORY_NOTE, TRYING, Trial, on_faster_device, on_strongest_device
from sv3d_engine.job.state_file import StageRecord
from sv3d_engine.shared.nvidia import Driver
from tests.pretend_cuda import CUDA, pretend_cuda

FULL = torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2 GiB")


class Told(Progress):
    def __init__(self):
        self.notes, self.begun_after = [], []  # of restarts, how many notes came before

    def __call__(self, fraction, note=""):
        self.notes.append(note)

    def restarted(self):
        self.begun_after.append(len(self.notes))


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    for module in (stage_device, lock):
        monkeypatch.setattr(module, "user_folder", lambda kind: tmp_path / "cache")
    monkeypatch.setattr(stage_device, "_known", {})
    monkeypatch.setattr(stage_device, "card_key", lambda device: "" if device.type == "cpu" else device.type)
    return tmp_path / "cache"


@pytest.fixture
def with_devices(monkeypatch):
    """Let there be these devices, with these seconds a step or errors; returns how often they were tried."""

    def put(field, mesh=None):
        tried = []

        def trial(devices, progress):
            tried.append(devices)
            progress(0.0, TRYING)
            return {"field": trial_of(field), "mesh": trial_of(mesh or field)}

        names = tuple(name for name in ("cuda", "mps", "cpu") if name in (mesh or field))
        for module in (device, stage_device):
            monkeypatch.setattr(module, "available_devices", lambda: names)
        monkeypatch.setattr(stage_device, "device_name", lambda device: f"the {device.type}")
        monkeypatch.setattr(stage_device, "kernels_on", lambda device: "kernels")
        monkeypatch.setattr(stage_device.nvidia, "find_driver", lambda: Driver("580.65"))
        monkeypatch.setattr(stage_device, "try_devices", trial)
        return tried

    return put


def trial_of(told):
    return Trial(
        {name: seconds for name, seconds in told.items() if not isinstance(seconds, str)},
        {name: error for name, error in told.items() if isinstance(error, str)},
    )


def forget():
    """Be another process."""
    stage_device._known.clear()


def stage_on(used, error=None):
    """A stage that notes its device, and fails on a card if there is an error."""

    def run(job, out, progress, device):
        used.append(device.type)
        if error is not None and device.type != "cpu":
            raise error
        return {"faces": 1, "notes": ["A note of its own."]}

    return run


def job(asked="auto"):
    return SimpleNamespace(device_name=asked)


def do(stage, asked="auto", progress=None):
    return stage(job(asked), None, progress or Progress())


def test_the_networks_take_the_strongest_device_and_the_mesh_the_faster_one(with_devices):
    with_devices({"mps": 0.9, "cpu": 0.1}, {"mps": 0.2, "cpu": 0.3})
    used = []
    facts = do(on_strongest_device(stage_on(used)))
    assert facts["device"] == "mps"
    assert "device_seconds" not in facts
    facts = do(on_faster_device("field", stage_on(used)))
    assert (facts["device"], facts["device_seconds"]) == ("cpu", {"mps": 0.9, "cpu": 0.1})
    assert do(on_faster_device("mesh", stage_on(used)))["device"] == "mps"
    assert used == ["mps", "cpu", "mps"]


@pytest.mark.parametrize("asked", ["cuda", "cpu"])
def test_a_device_that_is_named_is_used_for_all_stages_and_nothing_is_tried(with_devices, asked):
    tried = with_devices({"cuda": 0.5, "cpu": 0.1}, {"cuda": 0.1, "cpu": 0.5})
    used = []
    for stage in (
        on_strongest_device(stage_on(used)),
        on_faster_device("field", stage_on(used)),
        on_faster_device("mesh", stage_on(used)),
    ):
        facts = do(stage, asked)
        assert facts["device"] == asked
        assert "device_seconds" not in facts
    assert used == [asked] * 3
    assert tried == []


def test_nothing_is_tried_where_there_is_no_choice(with_devices):
    tried = with_devices({"cpu": 0.1})
    facts = do(on_faster_device("field", stage_on([])))
    assert facts == {"faces": 1, "notes": ["A note of its own."], "device": "cpu"}
    assert tried == []


def test_a_trial_is_kept_for_the_machine_the_versions_and_all_kinds_of_work(with_devices, cache, monkeypatch):
    tried = with_devices({"cuda": 0.1, "cpu": 0.2})
    told = Told()
    for work in ("field", "mesh", "field"):
        forget()
        do(on_faster_device(work, stage_on([])), progress=told)
    assert told.begun_after == [1, 1, 1], "the trial is no part of the stage's time"
    assert tried == [("cuda", "cpu")]
    (known,) = json.loads((cache / "device_trials.json").read_text())
    assert "the cuda with kernels; the cpu with kernels; driver 580.65;" in known
    assert torch.__version__ in known


@pytest.mark.parametrize(
    ("place", "name", "other"),
    [
        (stage_device, "__version__", "99.0"),
        (stage_device, "device_name", lambda device: "another"),
        (stage_device, "kernels_on", lambda device: "other kernels"),
        (stage_device.nvidia, "find_driver", lambda: Driver("590.1")),
        (torch, "__version__", "99.0"),
    ],
)
def test_another_machine_driver_or_version_is_tried_anew(with_devices, monkeypatch, place, name, other):
    tried = with_devices({"cuda": 0.1, "cpu": 0.2})
    do(on_faster_device("field", stage_on([])))
    monkeypatch.setattr(place, name, other)
    do(on_faster_device("field", stage_on([])))
    assert len(tried) == 2


@pytest.mark.parametrize(
    ("asked", "works", "told"),
    [
        ("1", True, "the kernels of warp 1.9"),
        ("1", False, "the kernels' plain twins"),
        ("0", True, "the kernels' plain twins"),
    ],
)
def test_a_card_runs_warps_kernels_only_where_they_work(monkeypatch, asked, works, told):
    monkeypatch.setattr(warp_kernels, "_works_on", lambda device: works)
    monkeypatch.setattr(stage_device, "package_version", lambda name: "1.9")
    with pretend_cuda(), patch.dict(os.environ, SV3D_WARP=asked):
        assert stage_device.kernels_on(CUDA) == told
    assert stage_device.kernels_on(torch.device("cpu")) == "numba's kernels"


@pytest.mark.parametrize("content", ["", "[]", '{"x": 1}', None])
def test_a_damaged_or_unwritable_cache_only_costs_another_trial(with_devices, cache, content):
    tried = with_devices({"cuda": 0.1, "cpu": 0.2})
    do(on_faster_device("field", stage_on([])))
    file = cache / "device_trials.json"
    if content is None:
        file.unlink()
        file.mkdir()
    else:
        file.write_text(content)
    forget()
    assert do(on_faster_device("field", stage_on([])))["device"] == "cuda"
    assert len(tried) == 2


def test_a_card_that_fails_is_not_used_and_the_artist_is_told(with_devices, cache):
    with_devices({"cuda": "RuntimeError: no kernel image", "cpu": 0.2}, {"cuda": 0.1, "cpu": 0.2})
    facts = do(on_faster_device("field", stage_on([])))
    assert (facts["device"], facts["device_seconds"]) == ("cpu", {"cpu": 0.2})
    assert facts["notes"] == ["A note of its own.", FAILURE_NOTE + "RuntimeError: no kernel image"]
    facts = do(on_faster_device("mesh", stage_on([])))
    assert (facts["device"], facts["notes"]) == ("cuda", ["A note of its own."])


def test_a_processor_that_fails_is_no_failure_of_the_card(with_devices):
    with_devices({"cuda": 0.1, "cpu": "TypeError: a kernel"})
    facts = do(on_faster_device("field", stage_on([])))
    assert (facts["device"], facts["notes"]) == ("cuda", ["A note of its own."])


@pytest.mark.parametrize("cuda", ["RuntimeError: no kernel image", None], ids=["failed", "no memory"])
def test_a_trial_without_the_card_holds_for_this_process_alone(with_devices, cache, cuda):
    told = {"cpu": 0.2} if cuda is None else {"cuda": cuda, "cpu": 0.2}
    tried = with_devices(told, {"cuda": 0.1, "cpu": 0.2})
    for work in ("field", "mesh", "field"):
        do(on_faster_device(work, stage_on([])))
    assert len(tried) == 1
    assert not list(cache.glob("*.json"))
    forget()
    do(on_faster_device("field", stage_on([])))
    assert len(tried) == 2


def test_a_trial_that_cannot_be_kept_is_not_repeated_for_every_stage(with_devices, cache):
    tried = with_devices({"cuda": 0.1, "cpu": 0.2})
    (cache / "device_trials.json").mkdir(parents=True)
    for work in ("field", "mesh"):
        assert do(on_faster_device(work, stage_on([])))["device"] == "cuda"
    assert len(tried) == 1


@pytest.mark.parametrize("asked", ["auto", "cuda"])
def test_a_card_with_too_little_memory_leaves_the_stage_to_the_processor(with_devices, monkeypatch, asked):
    with_devices({"cuda": 0.1, "cpu": 0.2})
    released, used, told = [], [], Told()
    monkeypatch.setattr(stage_device, "release_memory", released.append)
    facts = do(on_faster_device("mesh", stage_on(used, FULL)), asked, told)
    assert used == ["cuda", "cpu"]
    assert facts["device"] == "cpu"
    assert facts["notes"] == ["A note of its own.", MEMORY_NOTE]
    assert released == [torch.device("cuda")]
    assert "takes over" in told.notes[-1]
    assert len(told.begun_after) == 2, "what the card did in vain is no part of the stage's time"


def test_the_artist_is_told_of_it_once_though_it_be_two_stages(tmp_path):
    records = [StageRecord(name, "", {}, (), 1.0, 1, {"notes": [MEMORY_NOTE]}) for name in ("field", "mesh")]
    assert result_of(SimpleNamespace(name="a", folder=tmp_path), records, 2.0).notes == (MEMORY_NOTE,)


@pytest.mark.parametrize(
    ("asked", "error"), [("cuda", RuntimeError("CUDA error: launch failure")), ("cuda", Cancelled()), ("cpu", FULL)]
)
def test_no_other_error_is_hidden(with_devices, asked, error):
    with_devices({"cuda": 0.1, "cpu": 0.2})

    used = []

    def run(job, out, progress, device):
        used.append(device.type)
        raise error

    with pytest.raises(type(error)):
        do(on_faster_device("mesh", run), asked)
    assert used == [asked]


def test_the_card_is_had_while_a_stage_computes_on_it_and_not_for_the_processor(with_devices, cache):
    with_devices({"cuda": 0.1, "cpu": 0.2})
    locks = []

    def run(job, out, progress, device):
        locks.append([file.name for file in cache.glob("*.lock")])
        if device.type == "cuda":
            raise FULL
        return {}

    do(on_faster_device("mesh", run))
    do(on_strongest_device(lambda *args: run(*args[:3], torch.device("cpu"))), "cuda")
    assert locks == [["cuda.lock"], [], ["cuda.lock"]]


# ---- the trial itself, on the one device there is ----------------------------------------------------------------


@pytest.fixture
def quick_trial(monkeypatch):
    small = {"coarse_steps": 4, "fine_steps": 4, "coarse_size": 24, "fine_size": 32, "grid_resolution": 12}
    monkeypatch.setattr(stage_device, "_TRIAL", stage_device.replace(stage_device._TRIAL, **small))


def test_the_trial_times_steps_of_field_and_mesh(quick_trial):
    told = Told()
    trials = stage_device.try_devices(["cpu"], told)
    assert trials.keys() == {"field", "mesh"}
    assert all(0 < trial.seconds["cpu"] < 10 and not trial.failures for trial in trials.values())
    assert set(told.notes) == {TRYING}


def test_the_trial_tells_a_device_that_fails_from_one_whose_memory_is_taken(quick_trial, monkeypatch):
    from sv3d_engine.reconstruction.mesh import refine

    def full(frames, field, settings, device, seed, progress):
        raise FULL

    monkeypatch.setattr(refine, "refine", full)
    trials = stage_device.try_devices(["mps"], Progress())
    assert [trial.seconds for trial in trials.values()] == [{}, {}]
    assert trials["field"].failures["mps"]
    assert "\n" not in trials["field"].failures["mps"]
    assert trials["mesh"].failures == {}


def test_the_trial_has_the_card_for_all_steps_there_and_not_for_the_processors(cache, monkeypatch):
    from sv3d_engine.reconstruction.field import fit
    from sv3d_engine.reconstruction.mesh import refine

    seen = []

    def look(*arguments):
        *_, device, _, steps = arguments
        seen.append((device.type, [file.name for file in cache.glob("*.lock")]))
        steps(0.0)
        steps(1.0)
        return None, 1.0

    monkeypatch.setattr(fit, "fit_field", look)
    monkeypatch.setattr(refine, "refine", look)
    stage_device.try_devices(["meta", "cpu"], Progress())
    assert seen[1:] == [("meta", ["meta.lock"])] * 2 + [("cpu", [])] * 2  # the first makes the field to start from


def test_the_trial_can_be_cancelled(quick_trial):
    class Stop(Progress):
        def __call__(self, fraction, note=""):
            raise Cancelled

    with pytest.raises(Cancelled):
        stage_device.try_devices(["cpu"], Stop())


def test_a_slow_device_is_not_timed_for_long(monkeypatch):
    clock = iter(range(100))
    monkeypatch.setattr(stage_device.time, "perf_counter", lambda: next(clock))
    steps = stage_device._Steps(torch.device("cpu"), Progress())
    with pytest.raises(stage_device._Slow):
        for _ in range(100):
            steps(0.5)
    assert steps.seconds() == 1
    assert next(clock) < 6


def test_what_leads_up_to_the_steps_does_not_count(monkeypatch):
    clock = iter(range(100))
    monkeypatch.setattr(stage_device.time, "perf_counter", lambda: next(clock))
    told = Told()
    steps = stage_device._Steps(torch.device("cpu"), told)
    for _ in range(5):
        steps(0.1, "Looking into hollows")
    assert next(clock) == 0
    assert told.notes == [TRYING] * 5  # which a Cancel may answer


def test_one_step_that_is_held_up_does_not_count(monkeypatch):
    ends = iter([0.0, 0.1, 0.2, 5.0, 5.1, 5.2])
    monkeypatch.setattr(stage_device.time, "perf_counter", lambda: next(ends))
    monkeypatch.setattr(stage_device, "_SECONDS", 60)
    steps = stage_device._Steps(torch.device("cpu"), Progress())
    for _ in range(6):
        steps(0.5)
    assert steps.seconds() == pytest.approx(0.1)
