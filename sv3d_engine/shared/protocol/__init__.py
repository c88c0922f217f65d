"""What the Blender add-on and the engine say to each other: one JSON object a line, UTF-8, each way.

The add-on starts ``python -m sv3d_engine serve`` and writes requests to its stdin; the engine writes replies to its
stdout and ends when stdin closes.  The first reply is always ``Hello``.  Every job ends with exactly one of ``Result``
(``OrbitResult`` for an ``OrbitJob``), ``Error`` or ``Cancelled`` that carries the same ``job`` name; jobs sent
meanwhile wait their turn.  A ``Look`` is no job: it is answered beside them.

All of it is told by one name before it, as in ``protocol.Result`` and ``protocol.Error``: engine and add-on have
results and errors of their own.  Only the standard library is used here, because Blender's Python imports this, too.
"""

from .choices import (
    DEVICES,
    DOUBTS,
    FEWEST_FACES,
    GUIDANCES,
    LIGHTS,
    MATERIALS,
    MEMORY_MODES,
    MOST_FACES,
    MOST_GUIDANCE,
    MOST_STEPS,
    ORBITS,
    PRECISIONS,
    PRESETS,
    PREVIEW_KINDS,
    SAMPLERS,
    SDS,
    STAGE_NAMES,
    TEXTURE_SIZES,
    VARIANTS,
    ProtocolError,
)
from .replies import (
    Cancelled,
    Check,
    DoctorReport,
    End,
    Error,
    Hello,
    Looked,
    OrbitResult,
    Preview,
    Reply,
    Result,
    Stage,
)
from .requests import Cancel, Doctor, Finish, GenerateJob, Job, Look, MeshJob, OrbitJob, Request, Shutdown
from .wire import decode_job, decode_reply, decode_request, encode

VERSION = 7

__all__ = [
    "DEVICES",
    "DOUBTS",
    "FEWEST_FACES",
    "GUIDANCES",
    "LIGHTS",
    "MATERIALS",
    "MEMORY_MODES",
    "MOST_FACES",
    "MOST_GUIDANCE",
    "MOST_STEPS",
    "ORBITS",
    "PRECISIONS",
    "PRESETS",
    "PREVIEW_KINDS",
    "SAMPLERS",
    "SDS",
    "STAGE_NAMES",
    "TEXTURE_SIZES",
    "VARIANTS",
    "VERSION",
    "Cancel",
    "Cancelled",
    "Check",
    "Doctor",
    "DoctorReport",
    "End",
    "Error",
    "Finish",
    "GenerateJob",
    "Hello",
    "Job",
    "Look",
    "Looked",
    "MeshJob",
    "OrbitJob",
    "OrbitResult",
    "Preview",
    "ProtocolError",
    "Reply",
    "Request",
    "Result",
    "Shutdown",
    "Stage",
    "decode_job",
    "decode_reply",
    "decode_request",
    "encode",
]
