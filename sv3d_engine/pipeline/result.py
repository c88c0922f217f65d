"""What a finished job hands back."""

from collections.abc import Sequence

from .. import protocol
from .folder import StageRecord
from .job import Job, PictureToMesh, PictureToOrbit


def result_of(job: Job, records: Sequence[StageRecord], seconds: float) -> protocol.Result | protocol.OrbitResult:
    """Where everything lies, and what the stages have to tell the artist."""
    folder, notes = job.folder, tuple(note for record in records for note in record.facts.get("notes", ()))
    if isinstance(job, PictureToOrbit) and not isinstance(job, PictureToMesh):
        return protocol.OrbitResult(
            job=job.name,
            out=str(folder),
            picture=str(folder / "picture.png"),
            frames=str(folder / "frames"),
            cameras=str(folder / "cameras.json"),
            contact_sheet=str(folder / "contact_sheet.png"),
            report=str(folder / "report.json"),
            seconds=round(seconds, 3),
            notes=notes,
        )
    return protocol.Result(
        job=job.name,
        out=str(folder),
        mesh=str(folder / "mesh.glb"),
        frames=str(folder / "frames"),
        cameras=str(folder / "cameras.json"),
        light=str(folder / "light.json"),
        panorama=str(folder / "light.hdr"),
        turntable=str(folder / "turntable"),
        report=str(folder / "report.json"),
        seconds=round(seconds, 3),
        orbit=str(job.orbit_folder) if isinstance(job, PictureToMesh) else None,
        notes=notes,
    )
