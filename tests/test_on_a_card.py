"""The stages on a pretend graphics card: nothing lies on the wrong device, and a step asks little of the card.

Budgets are of the plain PyTorch twins, in kernel launches and in waits of the processor for the card, a step.
"""

from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path

import pytest
import torch
from scenes import EGG_VOLUME, egg_orbit, volume

from sv3d_engine.ground.progress import Progress
from sv3d_engine.ground.settings import Settings
from sv3d_engine.laboratory.training.batches import OrbitBatches, Share
from sv3d_engine.laboratory.training.networks import fresh
from sv3d_engine.laboratory.training.objectives import DiffusionObjective
from sv3d_engine.laboratory.training.optimiser import make_optimiser, trained
from sv3d_engine.laboratory.training.orbit_shards import Reader
from sv3d_engine.reconstruction.field import fit
from sv3d_engine.reconstruction.field.radiance_field import RadianceField, extract_mesh
from sv3d_engine.reconstruction.mesh.refine import refine
from sv3d_engine.shared.architecture import TINY
from sv3d_engine.shared.trajectory import static
from sv3d_engine.sv3d.diffusion.guidance import Guidance, constant, triangle
from sv3d_engine.sv3d.diffusion.schedule import edm_sigmas
from sv3d_engine.sv3d.generation.make_orbit import condition, decode_latents, sample_latents
from sv3d_engine.sv3d.generation.placement import Placement
from sv3d_engine.sv3d.network.sv3d import random_sv3d
from tests.laboratory.training.orbit_files import write_random_orbits
from tests.laboratory.training.runs import tiny
from tests.pretend_cuda import CUDA, Counts, DeviceMismatchError, PretendTensor, pretend_cuda

SMALL = Settings("small", coarse_steps=17, fine_steps=10, coarse_size=32, fine_size=64, grid_resolution=14)


class Meter(Progress):
    """What each step asked for: launches and syncs between two calls of the progress; what comes before has notes."""

    def __init__(self, counts: Counts) -> None:
        self._counts, self._last = counts, (0, 0)
        self.steps: list[tuple[int, int]] = []

    def __call__(self, fraction: float, note: str = "") -> None:
        if note:
            return
        now = self._counts.launches.total(), self._counts.syncs.total()
        self.steps.append((now[0] - self._last[0], now[1] - self._last[1]))
        self._last = now


@pytest.fixture(scope="module")
def card() -> Iterator[Counts]:
    with pretend_cuda() as counts:
        yield counts


def without_the_card(card: Counts, work: Callable[..., object]) -> Callable[..., object]:
    """The same work, which may not ask the card for anything."""

    def alone(*inputs: object) -> object:
        before = card.launches.total(), card.syncs.total()
        result = work(*inputs)
        assert (card.launches.total(), card.syncs.total()) == before
        return result

    return alone


@pytest.fixture(scope="module")
def fitted(card: Counts) -> tuple[RadianceField, list[tuple[int, int]]]:
    meter = Meter(card)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(fit, "RAYS", 512)  # as many launches as for more, in less time
        patch.setattr(fit, "PROBES", 256)
        patch.setattr(fit, "confirmed_depths", without_the_card(card, fit.confirmed_depths))
        return fit.fit_field(egg_orbit(), SMALL, CUDA, 0, meter)[0], meter.steps


def test_a_step_of_the_field(fitted: tuple[RadianceField, list[tuple[int, int]]]) -> None:
    steps = fitted[1][1:]  # the first one pays for what is made once
    usual = [step for i, step in enumerate(steps, start=2) if i % fit.OCCUPANCY_INTERVAL]
    assert max(launches for launches, _ in usual) <= 550
    assert max(syncs for _, syncs in usual) <= 1
    assert max(syncs for _, syncs in steps) <= 4


def test_the_fields_surface_comes_off_the_card(
    card: Counts, fitted: tuple[RadianceField, list[tuple[int, int]]]
) -> None:
    card.clear()
    vertices, faces = extract_mesh(fitted[0], 32)
    assert card.launches.total() <= 100
    assert card.syncs.total() == 1, "all distances are copied at once"
    assert volume(vertices, faces) == pytest.approx(EGG_VOLUME, rel=0.3)


def test_a_step_of_the_fine_stage(card: Counts, fitted: tuple[RadianceField, list[tuple[int, int]]]) -> None:
    meter = Meter(card)
    surface, *_ = refine(egg_orbit(), fitted[0], SMALL, CUDA, 0, meter)
    steps = meter.steps[1:]
    assert max(launches for launches, _ in steps) <= 1010
    assert max(syncs for _, syncs in steps) <= 10
    assert volume(surface.vertices, surface.faces) == pytest.approx(EGG_VOLUME, rel=0.3)
    assert type(surface.vertices) is torch.Tensor, "the surface is the processor's again"


@pytest.mark.parametrize(
    "work",
    [
        lambda here, there: here + there,
        lambda here, there: there[here.long().clamp(0, 2)],
        lambda here, there: torch.rand(3, device=CUDA, generator=torch.Generator().manual_seed(0)),
        lambda here, there: here.numpy(),
    ],
    ids=["two devices", "indices of the card's", "the processor's generator", "numpy"],
)
def test_the_pretend_card_refuses_what_cuda_refuses(card: Counts, work: Callable[..., object]) -> None:
    here, there = torch.zeros(3, device=CUDA), torch.zeros(3)
    with pytest.raises(DeviceMismatchError):
        work(here, there)


def test_the_pretend_card_counts_launches_and_waits(card: Counts) -> None:
    values = torch.arange(4.0).to(CUDA)
    card.clear()
    doubled = (values * 2).reshape(2, 2)
    assert (card.launches.total(), card.syncs.total()) == (1, 0), "a view costs nothing"
    assert float(doubled.sum()) == 12
    assert card.syncs.total() == 1
    assert doubled[doubled > 3].cpu().tolist() == [4, 6]
    assert card.syncs.total() == 3  # for the number of the chosen, and for the copy
    assert isinstance(values[torch.tensor([0, 1])], PretendTensor), "the processor's indices are taken along"


def test_an_orbit_of_a_small_sv3d(card: Counts) -> None:
    """Launches a step, of both sides in one batch, and one wait: the watcher's for the numbers to be finite."""
    placement = Placement(CUDA, "together")
    model = random_sv3d(TINY, torch.bfloat16, CUDA)
    picture = torch.rand(1, 3, 64, 64) * 2 - 1
    known = condition(model, picture, static(10.0), torch.zeros_like(picture), placement)
    noise = torch.randn(1, 21, 4, 8, 8)
    guidance = Guidance(triangle(21), constant(21, 1.0))
    marks: list[tuple[int, int]] = []

    def watch(done: int, clean: torch.Tensor) -> None:
        assert bool(torch.isfinite(clean).all())
        marks.append((card.launches.total(), card.syncs.total()))

    latents = sample_latents(model, known, noise, edm_sigmas(50)[:4], guidance, "euler", placement, watch)
    steps = [(b[0] - a[0], b[1] - a[1]) for a, b in pairwise(marks)]
    assert max(launches for launches, _ in steps) <= 1950
    assert max(syncs for _, syncs in steps) <= 1
    frames = decode_latents(model, latents[0], placement)
    assert type(frames) is torch.Tensor and frames.shape == (21, 3, 64, 64)


def test_a_training_step_of_the_diffusion_network(card: Counts, tmp_path: Path) -> None:
    stage = tiny().stages[-1]
    batch = OrbitBatches(Reader(write_random_orbits(tmp_path)), stage, 0, Share())(0).to(CUDA)
    objective = DiffusionObjective(fresh(tiny().architecture, 0), stage).to(CUDA)
    optimiser = make_optimiser(trained(objective).values(), stage.optimiser, CUDA)
    for _ in range(2):
        card.clear()
        optimiser.zero_grad(set_to_none=True)
        told = objective(batch)
        told["loss"].backward()
        optimiser.step()
    assert card.syncs.total() == 0, card.syncs
    assert card.launches.total() <= 5_000  # more than half of them AdamW's, weight by weight
