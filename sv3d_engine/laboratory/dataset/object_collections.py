"""Real objects to train on, out of two free collections as their packages have them; with their authors and licences.

A folder ``train``, a folder ``held-out`` that is for measuring alone, and SOURCES.md, which credits every object.  Only
what a list allows is taken of the furniture, and of the controllers what no benchmark shows.
"""

import hashlib
import shutil
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from ...shared.errors import UserError

LICENCES = {
    "BlendSwap-CC-0": "CC0 1.0",
    "BlendSwap-CC-BY": "CC BY 3.0",
    "KatorLegaz": "CC BY 3.0 US",
    "Reallusion": "CC BY 3.0 US",
    "Scopia": "CC BY 3.0",
}
FURNITURE = "Debian sweethome3d-furniture 1.8-1"
CONTROLLERS = "npm @webxr-input-profiles/assets 1.0.20"
CONTROLLERS_AUTHOR, CONTROLLERS_LICENCE = "WebXR input profiles contributors", "MIT, © 2019 Amazon"
_MEASURED = ("pico-4", "valve-index")  # controllers in benchmarks
_ONE_IN = 16  # objects are held out


@dataclass(frozen=True)
class Source:
    """One object: where it lies in its collection, and who is to be credited."""

    collection: str
    name: str
    author: str
    licence: str

    @property
    def held_out(self) -> bool:
        """Chosen by the name's checksum, so that it stays so whatever else is collected."""
        return zlib.crc32(self.name.encode()) % _ONE_IN == 0


def collect(listing: Path, furniture: Path | None, controllers: Path | None, out: Path) -> list[Source]:
    """Fill the folder ``out`` and tell what is in it.

    ``listing`` is the table of the furniture that may be trained on: library, path, triangles, textured share and
    creator, parted by tabs.  ``furniture`` holds the package's .sh3f libraries, ``controllers`` its ``profiles``.
    Raises UserError.
    """
    if out.exists() and any(out.iterdir()):
        raise UserError(f"{out} is not empty.", "Give a new folder for the objects.")
    sources: list[Source] = []
    if furniture is not None:
        sources += _furniture(listing, furniture, out)
    if controllers is not None:
        sources += _controllers(controllers, out)
    if not sources:
        raise UserError("There is no object to collect.", "Give the furniture's folder, the controllers', or both.")
    (out / "SOURCES.md").write_text(credits_of(sources), encoding="utf-8")
    return sources


def credits_of(sources: list[Source]) -> str:
    """Markdown: every object with its collection, author and licence."""
    lines = ["| object | collection | author | licence | for |", "| --- | --- | --- | --- | --- |"]
    for s in sources:
        use = "measuring" if s.held_out else "training"
        lines.append(f"| {s.name} | {s.collection} | {s.author} | {s.licence} | {use} |")
    return "\n".join(lines) + "\n"


def read_listing(listing: Path) -> list[tuple[str, str, str]]:
    """Library, path and creator of each object that may be trained on.  Raises UserError."""
    try:
        rows = [line.split("\t") for line in listing.read_text(encoding="utf-8").splitlines()]
    except OSError as error:
        raise UserError(f"The list {listing} cannot be read.", "Give the table of objects.", str(error)) from error
    return [(row[0], row[1], row[4].strip()) for row in rows if len(row) >= 5 and not row[0].startswith("#")]


def _furniture(listing: Path, folder: Path, out: Path) -> Iterator[Source]:
    opened: dict[str, zipfile.ZipFile] = {}
    for library, path, creator in read_listing(listing):
        if library not in opened:
            file = folder / f"{library}.sh3f"
            if not file.is_file():
                raise UserError(f"{file} is not there.", "Give the folder that holds the package's .sh3f libraries.")
            opened[library] = zipfile.ZipFile(file)
        source = Source(f"{FURNITURE}, {library}", path, creator, LICENCES[library])
        inside = f"{PurePosixPath(path).parent}/"
        place = _place(source, out) / library
        for name in opened[library].namelist():
            target = place / name
            if name.startswith(inside) and not name.endswith("/") and ".." not in target.parts:
                target.parent.mkdir(parents=True, exist_ok=True)
                target.write_bytes(opened[library].read(name))
        yield source


def _controllers(folder: Path, out: Path) -> Iterator[Source]:
    seen: set[str] = set()
    for file in sorted(folder.glob("*/*.glb")):
        profile = file.parent.name
        digest = hashlib.sha256(file.read_bytes()).hexdigest()
        if profile.startswith(_MEASURED) or digest in seen:  # many profiles show one and the same model
            continue
        seen.add(digest)
        source = Source(CONTROLLERS, profile, CONTROLLERS_AUTHOR, CONTROLLERS_LICENCE)
        target = _place(source, out) / "webxr" / profile / file.name
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(file, target)
        yield source


def _place(source: Source, out: Path) -> Path:
    return out / ("held-out" if source.held_out else "train")
