"""How fast SV3D runs here and how much memory it takes: ``python -m sv3d_engine bench orbit``."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from ...ground import memory
from ...ground.device import device_name, resolve_device, synchronize
from ...shared.architecture import LATENT_CHANNELS, OFFICIAL, TINY, Architecture
from ...shared.errors import UserError
from ...shared.trajectory import static
from ...sv3d.diffusion.conditioning import Conditioning
from ...sv3d.diffusion.guidance import Guidance, constant, triangle
from ...sv3d.diffusion.schedule import edm_sigmas
from ...sv3d.generation.make_orbit import condition, decode_latents, sample_latents
from ...sv3d.generation.memory_plan import FRAMES, MODES, Budget, plan
from ...sv3d.generation.placement import Placement, use_channels_last
from ...sv3d.generation.precision import dtype_for, name_of
from ...sv3d.network.sv3d import SV3D, random_sv3d
from ...sv3d.network.weights import inspect, load_sv3d
from .tracing import cost_of_step

_SIDE = {"cpu": 2048, "cuda": 8192, "mps": 4096}  # rows and columns of the matrix product
_REPEATS = 5


class Stopwatch:
    """Seconds of named parts, and the most memory that was held in them."""

    def __init__(self, device: torch.device, tell: Callable[[str], None] = lambda text: None) -> None:
        self._device = device
        self._tell = tell
        self.seconds: dict[str, float] = {}
        self.peak = 0  # bytes: on CUDA of tensors, on MPS as seen at the ends of parts, else of the whole process

    @contextmanager
    def timed(self, name: str) -> Iterator[None]:
        """Time what is done in the context."""
        self._tell(name)
        started = self.now()
        yield
        self.seconds[name] = self.now() - started

    def now(self) -> float:
        """Seconds, when all that was asked of the device is done."""
        synchronize(self._device)
        if self._device.type == "cuda":
            self.peak = torch.cuda.max_memory_allocated(self._device)
        elif self._device.type == "mps":
            self.peak = max(self.peak, torch.mps.driver_allocated_memory())
        else:
            self.peak = memory.peak()
        return time.perf_counter()


def matmul_rate(device: torch.device, dtype: torch.dtype) -> float:
    """FLOP/s of a large matrix product: the best of several, after one that warms up."""
    side = _SIDE[device.type]
    left, right = (torch.randn(side, side, device=device).to(dtype) for _ in range(2))
    watch = Stopwatch(device)
    seconds = []
    for _ in range(_REPEATS + 1):
        started = watch.now()
        torch.mm(left, right)
        seconds.append(watch.now() - started)
    return float(2 * side**3 / min(seconds[1:]))


ORBIT_STEPS = (10, 20, 50)  # that a whole orbit's time is told for
_ELEVATION = 10.0  # degrees; any orbit takes as long


@dataclass(frozen=True)
class BenchSettings:
    """What to measure; the words are those of protocol.OrbitJob."""

    weights: Path | None = None  # None: random ones
    tiny: bool = False  # random weights of a small network, to try the command out
    frame_size: int | None = None  # pixels along a side, a multiple of 64; None: the weights' own
    steps: int = 1  # measured after one that warms up; on the CPU there is none of these
    precision: str = "auto"
    device: str = "auto"
    memory: str = "auto"
    compiled: bool = False


def bench_orbit(settings: BenchSettings, tell: Callable[[str], None] = lambda text: None) -> dict[str, Any]:
    """Measure: seconds, bytes and FLOP by name.  ``tell`` hears what is being done.  Raises UserError."""
    if settings.steps < 1 or (settings.frame_size or 64) % 64:
        raise UserError(
            "This cannot be measured.", "Give at least one step, and a frame size that is a multiple of 64."
        )
    device = resolve_device(settings.device)
    dtype = dtype_for(settings.precision, device)
    architecture = _architecture(settings)
    size = settings.frame_size or architecture.frame_size
    planned = plan(architecture, size, dtype, device, settings.memory)
    placement = Placement(device, planned.mode, planned.chunk)
    watch = Stopwatch(device, tell)

    with watch.timed("loading"):
        home = device if placement.resident else torch.device("cpu")
        model = load_sv3d(settings.weights, dtype, home) if settings.weights else random_sv3d(architecture, dtype, home)
        placement.networks = [network for _, network in model.parts()]
        use_channels_last(model, device)
    if settings.compiled:
        model.unet.compile()
    random = torch.Generator().manual_seed(0)
    picture = torch.rand(1, 3, size, size, generator=random) * 2 - 1
    with watch.timed("encoding"):
        known = condition(model, picture, static(_ELEVATION), torch.zeros_like(picture), placement)
    tell("sampling")
    latents, step = _steps(model, known, settings.steps, placement, watch)
    with watch.timed("decoding"):
        decode_latents(model, latents[0], placement)

    sides = 2 if placement.together else 1
    flop = 2 // sides * cost_of_step(architecture, size, dtype, sides).flop
    around = watch.seconds["encoding"] + watch.seconds["decoding"]
    budget = Budget.of(architecture, size, dtype)
    return {
        "device": device_name(device),
        "precision": name_of(dtype),
        "frame_size": size,
        "memory": placement.mode,
        "random_weights": settings.weights is None,
        "compiled": settings.compiled,
        **{f"{name}_s": seconds for name, seconds in watch.seconds.items()},
        "step_s": step,
        "steps_measured": settings.steps,
        "orbit_s": {steps: around + steps * step for steps in ORBIT_STEPS},
        "step_flop": flop,
        "step_flop_per_s": flop / step,
        "matmul_flop_per_s": matmul_rate(device, dtype),
        "peak": watch.peak,
        "predicted_peak": {mode: budget.peak(mode) for mode in MODES},
    }


def as_text(result: dict[str, Any]) -> str:
    """The result as a table, with what was measured and what follows from it told apart."""
    achieved, possible = result["step_flop_per_s"], result["matmul_flop_per_s"]
    kind = "random weights" if result["random_weights"] else "weights from the file"
    mode = f"{result['memory']}{', compiled' if result['compiled'] else ''}"
    head = f"{result['device']}, {result['precision']}, {result['frame_size']}² pixels, memory mode {mode}, {kind}\n"
    rows = [
        ("loading", f"{result['loading_s']:.1f} s", "measured"),
        ("encoding", f"{result['encoding_s']:.2f} s", "measured"),
        ("one step, both sides", f"{result['step_s']:.2f} s", f"measured, mean of {result['steps_measured']}"),
        ("decoding 21 frames", f"{result['decoding_s']:.2f} s", "measured"),
        *((f"orbit of {n} steps", f"{s:.0f} s", "projected") for n, s in result["orbit_s"].items()),
        ("a step's operations", f"{result['step_flop'] / 1e12:.2f} TFLOP", "counted"),
        ("a step's rate", f"{achieved / 1e12:.3f} TFLOP/s", "measured"),
        ("a matrix product's rate", f"{possible / 1e12:.3f} TFLOP/s", "measured"),
        ("the step against it", f"{100 * achieved / possible:.0f} %", "measured"),
        ("peak memory", f"{result['peak'] / 1e9:.2f} GB", "measured"),
        *((f"peak in mode {m}", f"{b / 1e9:.2f} GB", "predicted") for m, b in result["predicted_peak"].items()),
    ]
    return head + "".join(f"{name:<26}{value:>16}   {how}\n" for name, value, how in rows)


def _architecture(settings: BenchSettings) -> Architecture:
    if settings.weights:
        return inspect(settings.weights).architecture
    return TINY if settings.tiny else OFFICIAL


def _steps(
    model: SV3D, known: Conditioning, count: int, placement: Placement, watch: Stopwatch
) -> tuple[Tensor, float]:
    """Latents after ``count`` steps from noise, and seconds a step."""
    warm_up = 0 if placement.device.type == "cpu" else 1
    noise = torch.randn(1, FRAMES, LATENT_CHANNELS, *known.latents.shape[-2:])
    ends = [watch.now()]
    latents = sample_latents(
        model,
        known,
        noise,
        edm_sigmas(max(50, count + warm_up))[: count + warm_up + 1],
        Guidance(triangle(FRAMES), constant(FRAMES, 1.0)),  # a picture's of 1 would leave one side out
        "euler",
        placement,
        lambda done, clean: ends.append(watch.now()),
    )
    return latents, (ends[-1] - ends[warm_up]) / count
