"""The way of the data: picture → orbit → frames → field → mesh → material → asset → turntable."""

from collections.abc import Callable, Sequence

from ..shared import protocol
from .asset_stages import make_asset, separate_material, show_turntable
from .fingerprint import (
    asset_inputs,
    field_inputs,
    frames_inputs,
    material_inputs,
    mesh_inputs,
    orbit_inputs,
    picture_inputs,
    turntable_inputs,
)
from .frames_stage import read_frames
from .job import FramesToMesh, Stage
from .orbit_stages import cut_out_picture, generate_orbit, generation_seconds
from .shape_stages import find_field, refine_mesh, refining_seconds
from .stage_device import on_faster_device, on_strongest_device

ORBIT_STAGES = (
    Stage("picture", "Cutting out the object", lambda job: 3.0, cut_out_picture, picture_inputs),
    Stage("orbit", "Imagining the other sides", generation_seconds, on_strongest_device(generate_orbit), orbit_inputs),
)


def _seconds(draft: float, standard: float, high: float) -> Callable[[FramesToMesh], float]:
    """What a stage takes on two CPU cores, by preset."""
    expected = {"draft": draft, "standard": standard, "high": high}
    return lambda job: expected[job.settings.preset]


MESH_STAGES = (
    Stage("frames", "Reading the frames", _seconds(2, 2, 2), read_frames, frames_inputs),
    Stage(
        "field", "Finding the rough shape", _seconds(23, 52, 60), on_faster_device("field", find_field), field_inputs
    ),
    Stage("mesh", "Refining the shape", refining_seconds, on_faster_device("mesh", refine_mesh), mesh_inputs),
    Stage("material", "Separating colour, gloss and light", _seconds(4, 5, 8), separate_material, material_inputs),
    Stage("asset", "Making the textured mesh", _seconds(7, 21, 75), make_asset, asset_inputs),
    Stage("turntable", "Rendering the turntable", _seconds(1, 4, 11), show_turntable, turntable_inputs),
)


def stages_for(request: protocol.Job) -> Sequence[Stage]:
    """The stages of this kind of job, in order."""
    match request:
        case protocol.MeshJob():
            return MESH_STAGES
        case protocol.GenerateJob():
            return (*ORBIT_STAGES, *MESH_STAGES)
        case protocol.OrbitJob():
            return ORBIT_STAGES
