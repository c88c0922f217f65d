from functools import partial

import pytest
import torch

from sv3d_engine.laboratory.bench.orbit_bench import OFFICIAL, TINY
from sv3d_engine.laboratory.bench.tracing import LiveStorage, cost_of_decode, cost_of_encode, cost_of_step
from sv3d_engine.shared.architecture import read_architecture
from sv3d_engine.shared.model_catalogue import SV3D_MEMORY
from sv3d_engine.sv3d.generation import memory_plan
from sv3d_engine.sv3d.generation.memory_plan import MODES, Budget, choose, encoded_at_once
from sv3d_engine.sv3d.network.sv3d import AUTOENCODER_DTYPE, build_autoencoder
from sv3d_engine.sv3d.network.unet import build_unet
from tests.sv3d.generation.small_model import architecture
from tests.sv3d.network.small import manifest

CUDA = torch.device("cuda")
FULL = Budget.of(OFFICIAL, 576, torch.float16)


@pytest.mark.parametrize(("made", "size"), [(TINY, 64), (OFFICIAL, 576)])
def test_the_figures_are_those_of_the_shapes(made, size):
    """What the budget says is enough for what tracing sees, and not much more."""
    dtype = torch.float16
    said = Budget.of(made, size, dtype)
    seen = {
        "step": cost_of_step(made, size, dtype, sides=2).peak / 2,
        "step_chunked": cost_of_step(made, size, dtype, chunked=True).peak,
        "encode": cost_of_encode(made, size, AUTOENCODER_DTYPE).peak,
        "decode": cost_of_decode(made, size, AUTOENCODER_DTYPE).peak,
    }
    for name, peak in seen.items():
        assert peak <= getattr(said, name) * 1.02 + (256 << 10), name
        assert peak >= getattr(said, name) * 0.85, name


def test_the_add_on_tells_the_same_figures():
    assert tuple(SV3D_MEMORY) == MODES
    for mode, told in SV3D_MEMORY.items():
        assert told == pytest.approx(FULL.needed(mode), rel=0.02), mode


def _step(unet):
    return unet(torch.zeros(1, 21, 8, 8, 8), torch.zeros(1), torch.zeros(1, 1, 64), torch.zeros(1, 21, 1280))


def _decode(autoencoder):
    return autoencoder.decode(torch.zeros(2, 4, 8, 8))


@pytest.mark.parametrize(
    ("trace", "build", "run"),
    [
        (cost_of_step, build_unet, _step),
        (partial(cost_of_decode, frames=2), build_autoencoder, _decode),
    ],
    ids=["step", "decode"],
)
def test_traced_memory_is_what_the_allocator_gives(trace, build, run):
    """The same run on true tensors, as PyTorch's profiler sees its allocator."""
    traced = trace(TINY, 64, torch.float32)
    network = build(TINY).eval()
    with torch.no_grad(), LiveStorage(network) as storage:
        run(network)
    with torch.no_grad(), torch.profiler.profile(profile_memory=True) as profiler:
        run(network)
    assert storage.peak == pytest.approx(traced.peak, rel=0.02)
    assert _allocated(profiler) == pytest.approx(traced.peak, rel=0.15)


def _allocated(profiler) -> int:
    now = most = 0
    for event in profiler.profiler.kineto_results.events():
        if event.name() == "[memory]":
            now += event.nbytes()
            most = max(most, now)
    return most


def test_official_and_tiny_are_what_their_files_hold():
    shapes = {key: tuple(shape) for key, shape in manifest("p").items()}
    assert read_architecture(shapes, {"head_width": 16, "clip_head_width": 16, "frame_size": 64}, "") == TINY
    assert architecture() == TINY


def test_a_full_size_orbit_fits_into_8_gb():
    assert FULL.needed("offload") < 8e9
    assert FULL.needed("blocks") < 4e9


def test_each_mode_takes_less_than_the_one_before():
    peaks = [FULL.peak(mode) for mode in MODES]
    assert peaks == sorted(peaks, reverse=True)


@pytest.mark.parametrize(
    ("free", "mode"), [(24e9, "together"), (8.0e9, "apart"), (6.5e9, "offload"), (4e9, "blocks"), (1e9, "blocks")]
)
def test_the_fastest_mode_that_fits_is_chosen(free, mode):
    assert choose(FULL, CUDA, int(free)) == mode


def test_without_memory_of_its_own_a_device_has_no_use_for_offloading():
    assert choose(FULL, torch.device("cpu"), int(1e9)) == "apart"
    assert choose(FULL, torch.device("cpu"), None) == "together"


def test_more_frames_are_decoded_at_a_time_where_there_is_room():
    chunks = [FULL.chunk("together", int(free)) for free in (24e9, 8e9, 6e9, 1e9)]
    assert chunks[0] == 7
    assert chunks == sorted(chunks, reverse=True)
    assert chunks[-1] == 1


@pytest.mark.parametrize(("free", "count"), [(80e9, 42), (24e9, 24), (8e9, 7), (1e9, 1), (None, 42)])
def test_as_many_pictures_are_encoded_at_once_as_there_is_room_for(free, count):
    """At full size all 42 would take 36 GB."""
    with torch.device("meta"):
        autoencoder = build_autoencoder(OFFICIAL)
    assert encoded_at_once(autoencoder, 576, free and int(free), 42) == count
    assert free is None or count == 1 or 1.1 * count * FULL.encode < free - (400 << 20)


@pytest.mark.parametrize(
    ("asked", "free", "mode", "notes"),
    [
        ("auto", 24e9, "together", ""),
        ("auto", 6.5e9, "offload", "only the network at work on the graphics card, which takes longer: 6.5 GB"),
        ("auto", 1e9, "blocks", "There may not be enough memory: 1.0 GB are free"),
        ("apart", 1e9, "apart", ""),
    ],
)
def test_the_plan_says_what_was_chosen_and_why(monkeypatch, asked, free, mode, notes):
    monkeypatch.setattr(memory_plan, "free_memory", lambda device: int(free))
    planned = memory_plan.plan(OFFICIAL, 576, torch.float16, CUDA, asked)
    assert planned.mode == mode
    assert notes in "".join(planned.notes)
    assert bool(planned.notes) == bool(notes)
    assert planned.facts["memory_free"] == free
    assert planned.facts["memory_needed"].keys() == set(MODES)


def test_a_mode_for_graphics_cards_is_not_used_elsewhere():
    planned = memory_plan.plan(TINY, 64, torch.float32, torch.device("cpu"), "blocks")
    assert planned.mode == "apart"
    assert planned.notes == ("The memory mode “blocks” is for graphics cards; here “apart” takes the least memory.",)


def test_free_memory_of_this_machine_can_be_told():
    assert memory_plan.free_memory(torch.device("cpu")) is None or memory_plan.free_memory(torch.device("cpu")) > 1e8
