"""Everything a preset decides, in one place."""

from dataclasses import dataclass


@dataclass(frozen=True)
class LossWeights:
    """How much each loss of the fine stage counts; they are added up in this order, and one with 0 moves nothing."""

    photometric: float = 1.0
    mask: float = 1.0
    depth: float = 5.0
    normals: float = 0.15
    albedo: float = 0.05
    illumination: float = 0.005
    highlight: float = 0.01
    perceptual: float = 0.0  # LPIPS, where its weights are here
    mono_normals: float = 0.5  # where something tells the frames' normals


@dataclass(frozen=True)
class Distillation:
    """Masked SDS at the end of the fine stage: what SV3D imagines on random orbits counts where no frame looks."""

    steps: int = 200  # the paper's
    weight: float = 100.0  # beside the frames' losses, of the latents' mean
    # Noise levels σ that are drawn: SV3D-mini's answers lead to the truth from 2 on (cosine .55 to .65, at .2 only .2).
    quietest: float = 2.0
    noisiest: float = 20.0
    shape_rate: float = 0.3  # of the fine stage's first, at which the shape moves again
    appearance_rate: float = 0.3  # likewise of its colours
    occlusion: bool = False  # what other parts hide counts as unseen, too
    masked: bool = True  # without the mask it counts everywhere, also against what the frames show


@dataclass(frozen=True)
class Settings:
    """How much work the mesh stage does and how fine its result is; sizes are pixels along one side."""

    preset: str
    coarse_steps: int = 400  # the paper's 600 do no better
    fine_steps: int = 100  # of DMTet; the paper's 1000 also find colour and light, which a stage of their own does here
    losses: LossWeights = LossWeights()
    sds: bool = False  # whether the fine stage ends with masked SDS where there is a network for it
    distillation: Distillation = Distillation()
    sweeps: int = 5  # of the frames along the fine surface's normals
    coarse_size: int = 160
    fine_size: int = 576  # frames larger than this are scaled down
    grid_resolution: int = 64  # cells of the tetrahedral lattice along one side
    face_budget: int = 30_000
    texture_size: int = 2048
    material: str = "pbr"  # or "lambert", the paper's: nothing glossy; or "baked": the light stays in the colours
    turntable_size: int = 512
    turntable_count: int = 24
    disk_bytes: int = 500_000_000  # free space asked for before work starts


PRESETS: dict[str, Settings] = {
    "draft": Settings(
        "draft",
        coarse_steps=90,
        fine_steps=25,
        sweeps=2,
        coarse_size=112,
        fine_size=288,
        grid_resolution=48,
        face_budget=10_000,
        texture_size=1024,
        turntable_size=256,
        turntable_count=8,
        disk_bytes=200_000_000,
    ),
    "standard": Settings("standard"),
    "high": Settings(
        "high",
        fine_steps=150,
        sds=True,
        coarse_size=192,
        fine_size=1024,
        grid_resolution=96,
        face_budget=50_000,
        texture_size=4096,
        turntable_size=768,
        disk_bytes=1_500_000_000,
    ),
}
