"""Messages as lines: one JSON object each, every value checked against its annotation when it is read."""

import json
from dataclasses import MISSING, asdict, fields
from types import NoneType, UnionType
from typing import Any, get_args, get_origin, get_type_hints

from .choices import ProtocolError
from .replies import Cancelled, DoctorReport, Error, Hello, Looked, OrbitResult, Preview, Reply, Result, Stage
from .requests import Cancel, Doctor, Finish, GenerateJob, Job, Look, MeshJob, OrbitJob, Request, Shutdown

_HUGE = 1e300

_NAMES: dict[type, str] = {
    MeshJob: "mesh",
    OrbitJob: "orbit",
    GenerateJob: "generate",
    Cancel: "cancel",
    Finish: "finish",
    Look: "look",
    Doctor: "doctor",
    Shutdown: "shutdown",
    Hello: "hello",
    Stage: "stage",
    Preview: "preview",
    Result: "result",
    OrbitResult: "orbit_result",
    Error: "error",
    Cancelled: "cancelled",
    Looked: "looked",
    DoctorReport: "doctor_report",
}


def encode(message: Request | Reply) -> str:
    """One line without its newline, ASCII only, so that no pipe's encoding can harm it."""
    return json.dumps({"type": _NAMES[type(message)], **asdict(message)}, allow_nan=False)


def decode_request(line: str) -> Request:
    """The request in a line; raises ProtocolError."""
    return _decode(line, get_args(Request))


def decode_reply(line: str) -> Reply:
    """The reply in a line; raises ProtocolError."""
    return _decode(line, get_args(Reply))


def decode_job(fields: Any) -> Job:
    """The job whose fields a job folder's job.json holds; raises ProtocolError."""
    if not isinstance(fields, dict):
        raise ProtocolError(f"A job is a JSON object, not {fields!r:.80}")
    kind: type[Job] = MeshJob if "frames" in fields else GenerateJob if "preset" in fields else OrbitJob
    job: Job = _build(kind, fields, _NAMES[kind])
    return job


def _decode(line: str, expected: tuple[type, ...]) -> Any:
    try:
        data = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise ProtocolError(f"This line is not JSON ({error}): {line[:80]!r}") from error
    if not isinstance(data, dict):
        raise ProtocolError(f"A message is a JSON object, not {line[:80]!r}")
    kind = data.pop("type", None)
    for message_class in expected:
        if _NAMES[message_class] == kind:
            return _build(message_class, data, kind)
    raise ProtocolError(f"Unknown message type {kind!r}; known here: {', '.join(_NAMES[c] for c in expected)}")


def _build(message_class: type, data: Any, where: str) -> Any:
    """A dataclass from a JSON object, every value checked against its annotation."""
    if not isinstance(data, dict):
        raise ProtocolError(f"{where} must be an object, not {data!r:.80}")
    if unknown := data.keys() - {field.name for field in fields(message_class)}:
        raise ProtocolError(f"{where} has no field {', '.join(sorted(unknown))}")
    if missing := {field.name for field in fields(message_class) if field.default is MISSING} - data.keys():
        raise ProtocolError(f"{where} lacks {', '.join(sorted(missing))}")
    hints = get_type_hints(message_class)
    values = {name: _value(hints[name], value, f"{where}.{name}") for name, value in data.items()}
    try:
        return message_class(**values)
    except ProtocolError as error:
        raise ProtocolError(f"{where}: {error}") from error


def _value(hint: Any, value: Any, where: str) -> Any:
    """`value` as the annotation `hint` wants it; the annotations of messages use only what is handled here."""
    if isinstance(hint, UnionType):  # X | None
        inner = next(part for part in get_args(hint) if part is not NoneType)
        return None if value is None else _value(inner, value, where)
    if get_origin(hint) is tuple:  # tuple[X, ...]
        if not isinstance(value, list):
            raise ProtocolError(f"{where} must be a list, not {value!r:.80}")
        return tuple(_value(get_args(hint)[0], item, f"{where}[{i}]") for i, item in enumerate(value))
    if hint is float:
        if isinstance(value, bool) or not isinstance(value, int | float) or not -_HUGE < value < _HUGE:  # or NaN
            raise ProtocolError(f"{where} must be a finite number, not {value!r:.80}")
        return float(value)
    if hint in (str, int, bool):
        if type(value) is not hint:  # bool is an int, but not here
            raise ProtocolError(f"{where} must be {hint.__name__}, not {value!r:.80}")
        return value
    return _build(hint, value, where)
