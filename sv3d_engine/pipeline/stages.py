"""The way of the data: picture → orbit → frames → field → mesh → asset → turntable."""

from collections.abc import Sequence

from .. import protocol
from .mesh_stages import MESH_STAGES
from .orbit_stages import ORBIT_STAGES
from .stage import Stage


def stages_for(request: protocol.Job) -> Sequence[Stage]:
    """The stages of this kind of job, in order."""
    match request:
        case protocol.MeshJob():
            return MESH_STAGES
        case protocol.GenerateJob():
            return (*ORBIT_STAGES, *MESH_STAGES)
        case protocol.OrbitJob():
            return ORBIT_STAGES
