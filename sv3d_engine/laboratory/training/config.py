"""What a training run is: read from a TOML or JSON file, every name checked."""

import json
import tomllib
from collections.abc import Mapping
from dataclasses import MISSING, asdict, dataclass, field, fields, replace
from pathlib import Path
from typing import Any, Literal, get_args

from ...shared.architecture import COND_AUG_WIDTH, OFFICIAL_GROUPS, POSE_WIDTH, Architecture, Variant
from ...shared.errors import UserError
from ...shared.model_facts import STEPS, Usage, read_usage
from ...shared.protocol import MOST_GUIDANCE, MOST_STEPS
from ...shared.trajectory import SV3D_FRAME_COUNT

CONFIGS = Path(__file__).with_name("configs")
Kinds = Literal["static", "dynamic", "both"]
Precision = Literal["float32", "float16", "bfloat16"]
Method = Literal["adamw", "muon"]

_FILES = ("autoencoder", "checkpoint")  # that are in a run's folder beside the stages'
_DERIVED = {"vector_width"}  # of an Architecture: by the stage's variant


@dataclass(frozen=True)
class Data:
    """Where orbits come from; object i has the seed ``first_seed`` + i, or is the folder's next file, over and over."""

    orbits: int
    folder: str | None = None  # of GLB, glTF and OBJ files; without one, generated objects
    folder_share: float = 1.0  # of orbits that are of the folder's objects, where there is one; others are generated
    first_seed: int = 0
    held_out_seed: int = 1_500_000_000  # what a run looks at; apart from dataset.generator's VALIDATION and TEST
    held_out: int = 8  # orbits of the validation
    dynamic: float = 0.5  # share of orbits whose elevation varies
    sine: float = 0.0  # share of these that go up and down once, as orbits for meshes do
    fill: tuple[float, float] = (0.84, 0.98)  # of half the frame, that an object's furthest point comes to
    views: int = SV3D_FRAME_COUNT  # that are made of each orbit, chance ones and the last: fewer, for more objects
    white: float = 0.9  # share of white backgrounds
    shard: int = 32  # orbits a file
    workers: int = 1  # processes that render; 1 is this one, as it must be on a GPU


@dataclass(frozen=True)
class Optimiser:
    """Steps along a warmed-up cosine, clipped gradients and an average of the weights."""

    steps: int
    batch: int  # of all processes together, for one step
    rate: float
    method: Method = "adamw"  # or "muon" for matrices, with AdamW for the rest; see optimiser.MuonAdamW
    final_rate: float = 0.02  # share of ``rate`` that is left at the end
    warmup: int = 100  # steps
    weight_decay: float = 0.01
    betas: tuple[float, float] = (0.9, 0.99)
    clip: float = 1.0  # the gradient's greatest norm
    ema: float = 0.999  # reached as (1 + step)/(10 + step) grows to it
    checkpointing: bool = False  # features are worked out twice and not kept


@dataclass(frozen=True)
class AutoencoderTraining:
    """The autoencoder's stage; see autoencoder.AutoencoderObjective for the weights."""

    optimiser: Optimiser
    crop: int = 64  # pixels a side of what is learnt from for the first steps
    crop_steps: float = 0.5  # share of the steps
    kl: float = 1e-4
    absolute: float = 0.2
    edges: float = 0.2
    colour: float = 1.0  # weight of an error of colour beside one of lightness


@dataclass(frozen=True)
class Stage:
    """A stage of the diffusion network; ``name`` is that of its file."""

    name: str
    variant: Variant
    optimiser: Optimiser
    orbits: Kinds = "both"
    noise_mean: float = 0.7  # of ln σ
    noise_spread: float = 1.6
    front: float = (
        0.5  # weight of frames at the front view, where those at the back have 1, before their mean is made 1
    )
    drop_token: float = 0.05  # shares of samples that learn without CLIP's token,
    drop_latents: float = 0.05  # without the picture's latents,
    drop_both: float = 0.1  # without either, as guidance wants it
    camera_features: bool = False  # poses are heard through fixed features; see networks.lay_out_features
    frames: int = SV3D_FRAME_COUNT  # of an orbit a sample learns from, chance ones and the picture: fewer, more orbits
    roll: float = 0.0  # share of orbits whose picture is any of their frames, not the last


@dataclass(frozen=True)
class Looks:
    """How often the run shows how it goes."""

    every: int = 500  # steps between validations
    steps: int = 20  # of the sampler
    guidance: float = 1.5  # at the back view
    log: int = 20  # steps a line of the loss curve
    save: int = 500  # steps between checkpoints


@dataclass(frozen=True)
class Config:
    """A whole run."""

    name: str  # of the model, as artists will see it
    architecture: Architecture
    data: Data
    stages: tuple[Stage, ...]
    autoencoder: AutoencoderTraining | None = None  # without it, ``start`` brings one
    start: str | None = None  # SV3D weights to go on from: a file, or "mini" for those that come along
    train_image_encoder: bool = True  # else CLIP's tower stays as ``start`` brings it
    seed: int = 0
    precision: Precision = "float32"
    compile: bool = False
    looks: Looks = field(default_factory=Looks)
    usage: Usage = field(default_factory=Usage)  # how the model will be sampled unless told otherwise

    def architecture_of(self, variant: Variant) -> Architecture:
        """The architecture with the camera vector of a variant."""
        return replace(self.architecture, vector_width=POSE_WIDTH if variant == "p" else COND_AUG_WIDTH)


def read_config(name: str) -> Config:
    """A config by its file, or by the name of one of those that come with SV3D ("mini").  Raises UserError."""
    path = Path(name)
    if not path.exists() and (CONFIGS / f"{name}.toml").exists():
        path = CONFIGS / f"{name}.toml"
    try:
        text = path.read_text(encoding="utf-8")
        return parse_config(json.loads(text) if path.suffix == ".json" else tomllib.loads(text))
    except OSError as error:
        known = ", ".join(sorted(p.stem for p in CONFIGS.glob("*.toml")))
        raise UserError(f"The config {name} cannot be read.", f"Give a file, or one of {known}.", str(error)) from error
    except ValueError as error:
        raise UserError(f"The config {path.name} is not valid: {error}.", "Correct it in a text editor.") from error


def parse_config(told: Mapping[str, Any]) -> Config:
    """A config from the tables of its file.  Raises ValueError that names what is wrong."""
    tables = dict(told)
    shared = tables.pop("optimiser", {})
    architecture = _made(Architecture, "architecture", {**tables.pop("architecture", {}), "vector_width": POSE_WIDTH})
    data = _made(Data, "data", tables.pop("data", {}))
    stages = tuple(_stage(Stage, "stages", table, shared) for table in tables.pop("stages", []))
    autoencoder = tables.pop("autoencoder", None)
    trained = None if autoencoder is None else _stage(AutoencoderTraining, "autoencoder", autoencoder, {})
    looks = _made(Looks, "looks", tables.pop("looks", {}))
    usage = _usage(tables.pop("usage", {}))
    parts = {
        "architecture": architecture,
        "data": data,
        "stages": stages,
        "autoencoder": trained,
        "looks": looks,
        "usage": usage,
    }
    config: Config = _made(Config, "config", {**tables, **parts})
    _check(config)
    return config


def _stage(kind: type, name: str, table: Mapping[str, Any], shared: Mapping[str, Any]) -> Any:
    """A stage whose optimiser's values stand beside its own, over the shared ones."""
    own = {f.name for f in fields(Optimiser)}
    optimiser = {**shared, **{key: value for key, value in table.items() if key in own}}
    rest = {key: value for key, value in table.items() if key not in own}
    return _made(kind, name, {**rest, "optimiser": _made(Optimiser, name, optimiser)})


def _usage(table: Mapping[str, Any]) -> Usage:
    """How the model will be sampled; a sampler without steps takes its own number of them."""
    steps = {"steps": STEPS[table["sampler"]]} if table.get("sampler") in STEPS else {}
    usage: Usage = _made(Usage, "usage", {**steps, **table})
    if usage != read_usage(asdict(usage)):
        raise ValueError(
            f"[usage] takes a sampler of {', '.join(STEPS)}, steps from 1 to {MOST_STEPS}, and guidance_scale and "
            f"camera_guidance from 0 to {MOST_GUIDANCE:g}"
        )
    return usage


def _made(kind: type, name: str, values: Mapping[str, Any]) -> Any:
    known = {f.name: f for f in fields(kind)}
    if unknown := sorted(set(values) - set(known)):
        raise ValueError(f"[{name}] has no “{unknown[0]}”")
    needed = {k for k, f in known.items() if f.default is MISSING and f.default_factory is MISSING}
    if missing := sorted(needed - set(values) - _DERIVED):
        raise ValueError(f"[{name}] lacks “{missing[0]}”")
    return kind(**{key: tuple(value) if isinstance(value, list) else value for key, value in values.items()})


def _check(config: Config) -> None:
    if not config.stages:
        raise ValueError("there is no [[stages]]")
    if config.autoencoder is None and config.start is None:
        raise ValueError("there is neither an [autoencoder] to train nor weights to start from")
    _check_architecture(config.architecture, config.autoencoder is not None)
    if not 0 <= config.looks.guidance <= MOST_GUIDANCE:
        raise ValueError(f"[looks] guidance is {config.looks.guidance}, not a number from 0 to {MOST_GUIDANCE:g}")
    if config.precision not in get_args(Precision):
        raise ValueError(f"precision is “{config.precision}”, not one of {', '.join(get_args(Precision))}")
    _check_stages(config)
    data = config.data
    shares = {name: getattr(data, name) for name in ("folder_share", "dynamic", "sine", "white")}
    if wrong := [name for name, share in shares.items() if not 0 <= share <= 1]:
        raise ValueError(f"[data] {wrong[0]} is {shares[wrong[0]]}, not a share from 0 to 1")
    if len(data.fill) != 2 or not 0 < data.fill[0] <= data.fill[1] < 1:
        raise ValueError(f"[data] fill is {list(data.fill)}, not two shares of the frame, the smaller first")
    # A stage of all frames is content with fewer where each is told its pose.
    takes = [s.frames for s in config.stages if s.variant == "u" or s.frames < SV3D_FRAME_COUNT]
    if not max([2, *takes]) <= data.views <= SV3D_FRAME_COUNT:
        raise ValueError(f"[data] views is {data.views}, not from 2, or what a stage takes, to {SV3D_FRAME_COUNT}")
    if min(data.orbits, data.held_out, data.shard) < 1:
        raise ValueError("[data] needs at least one orbit, one held out, and one a shard")
    if data.first_seed < data.held_out_seed + data.held_out and data.held_out_seed < data.first_seed + data.orbits:
        raise ValueError("seeds of the training are held out as well")


def _check_stages(config: Config) -> None:
    trained = [*([config.autoencoder.optimiser] if config.autoencoder else []), *(s.optimiser for s in config.stages)]
    for optimiser in trained:
        if optimiser.method not in get_args(Method):
            raise ValueError(f"method is “{optimiser.method}”, not one of {', '.join(get_args(Method))}")
    for stage in config.stages:
        if stage.variant not in get_args(Variant) or stage.orbits not in get_args(Kinds):
            raise ValueError(f"stage “{stage.name}” has variant “{stage.variant}” and orbits “{stage.orbits}”")
        if not 2 <= stage.frames <= SV3D_FRAME_COUNT:
            raise ValueError(f"stage “{stage.name}” has {stage.frames} frames, not 2 to {SV3D_FRAME_COUNT}")
        if stage.variant == "u" and stage.frames < SV3D_FRAME_COUNT:
            raise ValueError(f"stage “{stage.name}” hears no poses (u) and so needs all frames of an orbit")
    if [s.variant for s in config.stages] != sorted((s.variant for s in config.stages), reverse=True):
        raise ValueError("a stage without poses (u) comes after one with them (p)")
    names = [*_FILES, *(s.name for s in config.stages)]
    if len(set(names)) < len(names):
        raise ValueError(f"stages need different names, none of them {' or '.join(_FILES)}")


def _check_architecture(architecture: Architecture, new_autoencoder: bool) -> None:
    groups = architecture.groups
    if type(groups) is not int or groups < 1 or OFFICIAL_GROUPS % groups:
        raise ValueError(f"[architecture] groups is {groups!r}, not a divisor of {OFFICIAL_GROUPS}")
    if any(c % OFFICIAL_GROUPS for c in (*architecture.channels, *architecture.vae_channels)):
        raise ValueError(f"[architecture] has channels that are no multiple of {OFFICIAL_GROUPS}")
    if new_autoencoder and min(architecture.vae_channels) < 4 * groups:
        raise ValueError(
            f"[architecture] has {min(architecture.vae_channels)} vae_channels in {groups} groups: fewer than four a "
            "group lose colour; make groups fewer"
        )
