"""What is known of a job beside its files: whom it is for (``delivery.json``), and what its result was made of.

Plain data; everything in a job folder or a .blend file may come from a stranger and is taken for no more than text.
"""

import json
import shutil
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any
from uuid import uuid4

from ...sv3d_engine import __version__
from ...sv3d_engine.shared import protocol
from ...sv3d_engine.shared.crop import ORIGINAL, Crop, read_crop
from ...sv3d_engine.shared.job_files import REPORT, inside, json_object
from ...sv3d_engine.shared.job_files import REQUEST as ASKED
from ..results_folder import SOURCE

RUN = uuid4().hex  # of this Blender: numbers that it gives its data mean nothing to the next
DELIVERY = "delivery.json"
ORIGIN = f"{SOURCE}.origin.json"  # what the frames of a job came from, which its own notes do not tell
PREFIX = "sv3d_"  # of an object's custom properties
REQUEST = PREFIX + "request"  # the job as it was asked for; "Generate Again" works from it

PICTURE = f"{SOURCE}.{ORIGINAL}"  # the whole picture that they are of
_PICTURES = (f"orbit/{ORIGINAL}", ORIGINAL, PICTURE)  # where a job folder may have it
_OF_FRAMES = ("picture", "picture_sha256", "model", "licence")
_LONGEST = 4000  # characters of one property


@dataclass(frozen=True)
class Destination:
    """The scene and collection that a job was started from."""

    title: str  # what the artist calls the job
    blend: str = ""  # the file's path; "" while it has none
    run: str = ""
    file: int = 0  # how many files that run had opened before
    scene: str = ""
    scene_uid: int = 0
    collection: str = ""
    collection_uid: int = 0
    quads: bool = False
    playback: bool = False


def write_delivery(folder: Path, destination: Destination) -> None:
    """Note in a job's folder, made if need be, whom its result is for.  Raises OSError."""
    folder.mkdir(parents=True, exist_ok=True)
    partial = folder / f".{DELIVERY}.part"
    partial.write_text(json.dumps(asdict(destination), indent=1), encoding="utf-8")
    partial.replace(folder / DELIVERY)


def read_delivery(folder: Path) -> Destination | None:
    """Whom a job's result is for; None where nothing, or nothing that can be used, tells it."""
    told = json_object(folder, DELIVERY)
    kept = {f.name: told[f.name] for f in fields(Destination) if f.name in told}
    with suppress(TypeError):
        if all(type(value) is type(getattr(Destination(""), name)) for name, value in kept.items()):
            usable: dict[str, Any] = {n: _text(v) if isinstance(v, str) else v for n, v in kept.items()}
            return Destination(**usable)
    return None


def forget_delivery(folder: Path) -> None:
    """Take the note back, and with it the folder of a job that has left nothing else."""
    with suppress(OSError):
        if {path.name for path in folder.iterdir()} <= {DELIVERY}:
            (folder / DELIVERY).unlink(missing_ok=True)
            folder.rmdir()


def write_origin(folder: Path, job: Path) -> None:
    """Note in a job's folder whose frames it has: an earlier ``job``'s, with its picture and model.  Raises OSError.

    The whole picture comes along, with its crop: the last frame is still that part of it.
    """
    told = read_facts(job)
    origin: dict[str, Any] = {name: told[PREFIX + name] for name in _OF_FRAMES if PREFIX + name in told}
    crop, picture = picture_of(job)
    if crop:
        origin["crop"] = asdict(crop)
    if picture:
        shutil.copyfile(picture, folder / PICTURE)
    (folder / ORIGIN).write_text(json.dumps(origin, indent=1), encoding="utf-8")


def picture_of(job: Path) -> tuple[Crop | None, Path | None]:
    """The part of the artist's picture that a job's last frame shows, and the picture, if there is one."""
    stages = json_object(job, REPORT).get("stages")
    facts = stages.get("picture") if isinstance(stages, Mapping) else None
    told = facts if isinstance(facts, Mapping) else json_object(job, ORIGIN)
    files = (inside(job, place) for place in _PICTURES)
    return read_crop(told.get("crop")), next((file for file in files if file and file.is_file()), None)


def read_facts(folder: Path) -> dict[str, str | int]:
    """What a finished job's result was made of, as an object's custom properties; what nothing tells is left out."""
    report, request = json_object(folder, REPORT), json_object(folder, ASKED)
    stages = report.get("stages")
    picture = stages.get("picture") if isinstance(stages, Mapping) else None
    origin = json_object(folder, ORIGIN)
    of_frames = {
        "picture": request.get("picture"),
        "picture_sha256": picture.get("picture_sha256") if isinstance(picture, Mapping) else None,
        "model": report.get("model"),
        "licence": _licence(request, report),
    }
    facts: dict[str, Any] = {
        **{name: value or origin.get(name) for name, value in of_frames.items()},
        "job": str(folder),
        "seed": request.get("seed"),
        "versions": _versions(report),
        "request": _request_line(request),
    }
    told = {PREFIX + name: value for name, value in facts.items() if isinstance(value, str | int) and value != ""}
    # A custom property holds no whole number of more than 32 bits.
    return {n: v if type(v) is int and abs(v) < 2**31 else _text(str(v))[:_LONGEST] for n, v in told.items()}


def _text(told: str) -> str:
    """As Blender can keep it: without halves of characters, and without its end in the middle."""
    return told.replace("\0", "").encode("utf-8", "replace").decode("utf-8")


def request_of(properties: Mapping[str, Any]) -> protocol.Job | None:
    """The job that an object's custom properties tell; None if they tell none that could be asked for."""
    with suppress(protocol.ProtocolError):
        request = protocol.decode_request(str(properties.get(REQUEST, "")))
        if isinstance(request, protocol.Job):
            return request
    return None


def _licence(request: Mapping[str, Any], report: Mapping[str, Any]) -> str:
    """Of the model's weights, if a model was at work."""
    if "model" not in report:
        return ""
    return "Stability AI Community License" if request.get("weights") else "GPL-3.0-or-later"


def _versions(report: Mapping[str, Any]) -> str:
    versions = report.get("versions")
    told = versions if isinstance(versions, Mapping) else {}
    chosen = {"SV3D": __version__, "engine": told.get("sv3d_engine"), "torch": told.get("torch")}
    return ", ".join(f"{name} {version}" for name, version in chosen.items() if version)


def _request_line(request: Mapping[str, Any]) -> str:
    """The request as one line of the protocol; empty if it is none."""
    with suppress(protocol.ProtocolError):
        return protocol.encode(protocol.decode_job(dict(request)))
    return ""
