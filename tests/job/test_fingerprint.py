"""What a resumed job makes anew: the first stage that reads what has changed, and those after it, no other."""

from dataclasses import fields, is_dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from sv3d_engine.ground.settings import PRESETS
from sv3d_engine.job import fingerprint
from sv3d_engine.job.fingerprint import fingerprints
from sv3d_engine.job.job import FramesToMesh
from sv3d_engine.job.request import job_from_request
from sv3d_engine.job.stages import MESH_STAGES
from sv3d_engine.shared import protocol

FIRST = {  # setting: the stage that reads it first
    "coarse_steps": "field",
    "coarse_size": "field",
    "grid_resolution": "mesh",
    "fine_steps": "mesh",
    "losses": "mesh",
    "sweeps": "mesh",
    "sds": "",  # told by whether a network guides the job, which it does not here
    "distillation": "",
    "fine_size": "frames",
    "material": "material",
    "face_budget": "asset",
    "texture_size": "asset",
    "turntable_size": "turntable",
    "turntable_count": "turntable",
    "preset": "",
    "disk_bytes": "",
}


@pytest.fixture
def job(tmp_path: Path) -> FramesToMesh:
    for i in range(8):
        Image.new("RGBA", (64, 64)).save(tmp_path / f"{i:03d}.png")
    asked = protocol.MeshJob("ball", frames=str(tmp_path), out=str(tmp_path / "out"), device="cpu")
    found = job_from_request(asked)
    assert isinstance(found, FramesToMesh)
    return found


def made_anew(job: FramesToMesh, changed: FramesToMesh) -> list[str]:
    pairs = zip(*(fingerprints(j, MESH_STAGES, lambda: None) for j in (job, changed)), strict=True)
    return [stage.name for stage, (before, after) in zip(MESH_STAGES, pairs, strict=True) if before != after]


def another(value: Any) -> Any:
    """Something else of the same type."""
    if is_dataclass(value) and not isinstance(value, type):
        first = fields(value)[0].name
        return replace(value, **{first: another(getattr(value, first))})
    return f"{value}!" if isinstance(value, str) else not value if isinstance(value, bool) else value + 1


@pytest.mark.parametrize("name", [field.name for field in fields(PRESETS["draft"])])
def test_a_setting_concerns_the_first_stage_that_reads_it_and_all_after_it(job: FramesToMesh, name: str) -> None:
    changed = replace(job, settings=replace(job.settings, **{name: another(getattr(job.settings, name))}))
    stages = [stage.name for stage in MESH_STAGES]
    assert made_anew(job, changed) == (stages[stages.index(FIRST[name]) :] if FIRST[name] else [])


def test_another_seed_makes_all_of_it_anew(job: FramesToMesh) -> None:
    assert len(made_anew(job, replace(job, seed=job.seed + 1))) == len(MESH_STAGES)


def test_a_mesh_without_the_lpips_loss_is_made_anew_once_its_weights_are_here(
    job: FramesToMesh, monkeypatch: pytest.MonkeyPatch
) -> None:
    losses = replace(job.settings.losses, perceptual=0.02)
    job = replace(job, settings=replace(job.settings, losses=losses))
    before = fingerprints(job, MESH_STAGES, lambda: None)
    monkeypatch.setattr(fingerprint.catalogue, "state", lambda model: "ready")
    after = fingerprints(job, MESH_STAGES, lambda: None)
    kept = [stage.name for stage, a, b in zip(MESH_STAGES, before, after, strict=True) if a == b]
    assert kept == ["frames", "field"]
