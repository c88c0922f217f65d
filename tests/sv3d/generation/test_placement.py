import gc

import pytest
import torch

from sv3d_engine.ground.progress import Cancelled
from sv3d_engine.laboratory.bench.tracing import LiveStorage
from sv3d_engine.sv3d.generation import make_orbit
from sv3d_engine.sv3d.generation.memory_plan import MODES
from sv3d_engine.sv3d.generation.offload import streamed
from sv3d_engine.sv3d.generation.placement import Placement
from sv3d_engine.sv3d.network.unet import OrbitUNet
from tests.sv3d.generation.small_model import CPU, frames, latents, model


@pytest.fixture(scope="module")
def reference():
    return frames(model(), Placement(CPU, "together", chunk=21))


@pytest.mark.parametrize("mode", MODES[1:])
def test_every_mode_gives_the_same_frames(mode, reference):
    assert torch.allclose(frames(model(), Placement(CPU, mode, chunk=5)), reference, atol=1e-3)


@pytest.mark.parametrize("mode", ["offload", "blocks"])
def test_weights_are_again_those_in_ram_when_the_work_is_done(mode):
    made = model()
    before = {name: p.detach().clone() for name, p in made.unet.named_parameters()}
    with LiveStorage(made.unet) as storage:
        latents(made, Placement(CPU, mode))
        gc.collect()
    homes = sum(p.numel() * p.element_size() for p in made.unet.parameters())
    packed = homes if mode == "blocks" else 0  # the streamed blocks' weights lie in packs made meanwhile
    assert storage.now < packed + homes / 10
    assert all(torch.equal(p, before[name]) for name, p in made.unet.named_parameters())


def test_streaming_has_two_blocks_on_the_device_at_most():
    made = model()
    with streamed(made.unet, CPU):
        pass  # the weights lie in packs from now on
    whole = sum(p.numel() * p.element_size() for p in made.unet.parameters())
    peaks = {}
    for mode in ("offload", "blocks"):
        with LiveStorage(made.unet) as storage, Placement(CPU, mode).using(made.unet):
            peaks[mode] = storage.peak
    packs = whole  # made anew for each sampling
    assert peaks["blocks"] - packs < whole / 3
    assert peaks["offload"] == whole


@pytest.mark.parametrize("mode", ["offload", "blocks"])
def test_a_cancelled_run_leaves_no_hooks_and_nothing_on_the_device(mode):
    made = model()

    def watch(done, clean):
        raise Cancelled

    with pytest.raises(Cancelled):
        latents(made, Placement(CPU, mode), watch)
    assert not any(module._forward_hooks or module._forward_pre_hooks for module in made.unet.modules())
    assert torch.isfinite(latents(made, Placement(CPU, "apart"))).all()


@pytest.fixture
def full_when(monkeypatch):
    """Let the UNet run out of memory whenever a function says so; returns the batch sizes that it was asked for."""

    def arrange(full, error):
        batches, forward = [], OrbitUNet.forward

        def limited(unet, sample, *rest):
            batches.append(len(sample))
            if full():
                raise error
            return forward(unet, sample, *rest)

        monkeypatch.setattr(OrbitUNet, "forward", limited)
        return batches

    return arrange


@pytest.mark.parametrize(
    "error",
    [
        torch.cuda.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB"),
        RuntimeError("MPS backend out of memory (MPS allocated: 9.00 GB)"),
        RuntimeError("[enforce fail at alloc_cpu.cpp] DefaultCPUAllocator: can't allocate memory"),
        MemoryError(),
    ],
)
def test_every_kind_of_memory_error_leads_to_the_next_mode(error):
    placement = Placement(CPU, "together")
    placement.fall_back(error)
    assert (placement.mode, placement.chunk) == ("apart", 1)


def test_when_memory_runs_out_less_is_taken_until_it_fits(reference, full_when):
    placement, made = Placement(CPU, "together", modes=MODES), model()
    placement.networks = [network for _, network in made.parts()]
    full_when(lambda: placement.mode != "blocks", torch.cuda.OutOfMemoryError("CUDA out of memory."))
    assert torch.allclose(frames(made, placement), reference, atol=1e-3)
    assert placement.notes == (
        "Memory ran out, so SV3D went on with the network brought to the graphics card block by block, "
        "which takes longer.",
    )


def test_steps_that_are_done_stay_done_when_memory_runs_out(full_when):
    placement, steps = Placement(CPU, "together", modes=MODES), []
    batches = full_when(lambda: steps and placement.together, RuntimeError("CUDA error: out of memory"))
    latents(model(), placement, lambda done, clean: steps.append(done))
    assert steps == [1, 2, 3]
    assert batches == [2, 2, *[1] * 4]  # the second step fails with both sides, and goes on with one at a time


def test_other_errors_and_the_end_of_the_modes_are_told():
    with pytest.raises(ValueError, match="a fault"):
        Placement(CPU).fall_back(ValueError("a fault"))
    placement = Placement(CPU, "apart", chunk=1)
    with pytest.raises(MemoryError):
        placement.fall_back(MemoryError())
    assert not placement.ran_out


def test_a_chunk_that_is_too_large_is_decoded_frame_by_frame(monkeypatch, reference):
    placement = Placement(CPU, "apart", chunk=21)
    decode, sizes = make_orbit.decode, []

    def small_only(autoencoder, part):
        sizes.append(len(part))
        if len(part) > 1:
            raise RuntimeError("out of memory")
        return decode(autoencoder, part)

    monkeypatch.setattr(make_orbit, "decode", small_only)
    assert torch.allclose(frames(model(), placement), reference, atol=1e-3)
    assert sizes == [21, *[1] * 21]
