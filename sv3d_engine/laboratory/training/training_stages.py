"""A whole training: orbits, autoencoder, latents, the diffusion network stage by stage, and the file at the end."""

from collections.abc import Callable
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path

from torch import nn

from ...ground.progress import Progress
from ...ground.tensor_store import load_tensors, save_tensors
from ...shared.model_facts import model_file
from ...sv3d.network.sv3d import SV3D
from ...sv3d.network.weights import inspect
from .batches import OrbitBatches, PictureBatches, Share, some_latents, write_latents
from .checkpoints import Checkpoint, export
from .config import AutoencoderTraining, Config, Stage
from .held_out import validate, write_sheet
from .networks import fresh, from_weights, lay_out_features, with_poses
from .objectives import AutoencoderObjective, DiffusionObjective, calibrate
from .orbit_shards import Reader, Shards, Source, from_dataset, render, sets
from .trainer import Run, fit

# What a stage is handed to tell of itself: from its name and its place among all of them.
Telling = Callable[[str, int, int], Progress]


@dataclass(frozen=True)
class Job:
    """A config, the folder of the run, and the folder of its orbits, which several runs may share."""

    config: Config
    run: Run
    out: Path
    orbits: Path
    source: Source = from_dataset

    @property
    def share(self) -> Share:
        return Share(self.run.accelerator.process_index, self.run.accelerator.num_processes)

    @property
    def mine(self) -> slice:
        """Which files of orbits are this process's to make."""
        return slice(self.share.rank, None, self.share.processes)


def train(job: Job, telling: Telling) -> Path:
    """Do all that is not done yet; the finished model's file.  Raises Cancelled, UserError.

    In ``job.out``: curves.jsonl, <stage>.safetensors of each finished stage, <stage>-000500.png contact sheets,
    checkpoint.safetensors of the one under way, latents, and the model.
    """
    config, device = job.config, job.run.accelerator.device
    titles = ["orbits", *(["autoencoder"] if config.autoencoder else []), "latents", *(s.name for s in config.stages)]
    tell = {title: telling(title, i, len(titles)) for i, title in enumerate(titles, 1)}
    train_set, held_out = sets(config, job.orbits, job.out / "latents")
    for shards, part in ((train_set, tell["orbits"].part(0, 0.95)), (held_out, tell["orbits"].part(0.95, 1))):
        render(config, shards, str(device), job.mine, part, job.source)
    job.run.accelerator.wait_for_everyone()

    first = config.architecture_of(config.stages[0].variant)
    start = None if config.start is None else model_file(config.start)
    model = fresh(first, config.seed) if start is None else from_weights(start)
    own_tower = config.train_image_encoder or start is None or inspect(start).own_tower
    if config.autoencoder:
        do = partial(_autoencoder, job, model, train_set, tell["autoencoder"])
        _once(job, "autoencoder", model.autoencoder, do)
    model.autoencoder.eval().requires_grad_(False)
    half = device.type == "cpu" and config.precision == "bfloat16"  # twice as fast there, and precise enough to learn
    for shards, part in ((train_set, tell["latents"].part(0, 0.95)), (held_out, tell["latents"].part(0.95, 1))):
        write_latents(model.autoencoder, shards, job.mine, device, part, half)
    job.run.accelerator.wait_for_everyone()

    readers = Reader(train_set), Reader(held_out)
    heard_poses = config.start is not None and model.architecture.variant == "p"
    for stage in config.stages:
        if stage.variant == "p":
            model = with_poses(model)
            if stage.camera_features and not heard_poses:
                lay_out_features(model.unet, config.seed)
            heard_poses = True
        both = nn.ModuleDict({"unet": model.unet, "clip": model.clip})
        _once(job, stage.name, both, partial(_diffusion, job, model, stage, readers, tell[stage.name]))
    file = job.out / (config.name.lower().replace("-", "_") + ".safetensors")
    if job.run.accelerator.is_main_process:
        trained = {s.name: s.optimiser.steps for s in config.stages}
        export(model, file, config.name, seed=config.seed, trained=trained, own_tower=own_tower, **asdict(config.usage))
    return file


def _once(job: Job, name: str, module: nn.Module, do: Callable[[], None]) -> None:
    """Do a stage unless its file is there; then every process has the file's weights."""
    path = job.out / f"{name}.safetensors"
    if not path.exists():
        do()
        if job.run.accelerator.is_main_process:
            save_tensors(module.state_dict(), {"stage": name}, path)
        job.run.accelerator.wait_for_everyone()
    module.to(job.run.accelerator.device).load_state_dict(load_tensors(path)[0])


def _autoencoder(job: Job, model: SV3D, shards: Shards, progress: Progress) -> None:
    training = job.config.autoencoder
    assert isinstance(training, AutoencoderTraining)
    scale = model.architecture.latent_scale
    batches = PictureBatches(shards, job.config.data.views, scale, training, job.config.seed, job.share)
    objective = AutoencoderObjective(model.autoencoder, training)
    fit(job.run, objective, batches, training.optimiser, _checkpoint(job, "autoencoder"), progress)
    calibrate(
        model.autoencoder,
        some_latents(model.autoencoder, shards, job.config.data.views, job.run.accelerator.device),
    )


def _diffusion(job: Job, model: SV3D, stage: Stage, readers: tuple[Reader, Reader], progress: Progress) -> None:
    config, (reader, held_out) = job.config, readers
    if stage.optimiser.checkpointing:
        model.unet.enable_gradient_checkpointing()
    device = job.run.accelerator.device
    batches = OrbitBatches(reader, stage, config.seed, job.share)

    def look(step: int) -> None:
        seen = validate(model, held_out, range(config.data.held_out), config.looks, device)
        mean = float(seen.psnr[:-1].mean())  # the last frame is the picture
        job.run.curves.add(stage.name, step, psnr=mean, psnr_frames=[round(float(v), 3) for v in seen.psnr])
        write_sheet(seen, job.out / f"{stage.name}-{step:06d}.png")
        progress(step / stage.optimiser.steps, f"Step {step}: {mean:.2f} dB on held-out objects")

    objective = DiffusionObjective(model, stage, config.train_image_encoder)
    fit(job.run, objective, batches, stage.optimiser, _checkpoint(job, stage.name), progress, look)
    model.unet.disable_gradient_checkpointing()


def _checkpoint(job: Job, stage: str) -> Checkpoint:
    return Checkpoint(job.out / "checkpoint.safetensors", stage)
