"""Real objects to train on, out of two free collections as their packages have them; with their authors and licences.

A folder ``train``, a folder ``held-out`` that is for measuring alone, and SOURCES.md, which credits every object.  Only
what a list allows is taken of the furniture, and of the controllers what no benchmark shows.
"""

import hashlib
import zipfile
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from pathlib import Path, PurePosixPath

from ...shared.errors import UserError

LICENCES = {
    "BlendSwap-CC-0": "CC0 1.0",
    "BlendSwap-CC-BY": "CC BY 3.0",
    "KatorLegaz": "CC BY 3.0 US",
    "Reallusion": "CC BY 3.0 US",
    "Scopia": "CC BY 3.0",
}
FURNITURE = "Debian sweethome3d-furniture"
CONTROLLERS = "npm @webxr-input-profiles/assets"
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


_Found = tuple[Source, Mapping[PurePosixPath, Callable[[], bytes]]]  # and its files, by their places in ``out``


def collect(listing: Path | None, furniture: Path | None, controllers: Path | None, out: Path) -> list[Source]:
    """Fill the folder ``out`` and tell what is in it.

    ``listing`` is the table of the furniture that may be trained on: library, path, triangles, textured share and
    creator, parted by tabs.  ``furniture`` holds the package's .sh3f libraries, ``controllers`` its ``profiles``.
    Raises UserError, for what is not there before anything is written.
    """
    if out.exists() and any(out.iterdir()):
        raise UserError(f"{out} is not empty.", "Give a new folder for the objects.")
    with ExitStack() as opened:
        found: list[_Found] = []
        if furniture is not None:
            if listing is None:
                raise UserError("Which furniture may be trained on is not told.", "Give the table with --list FILE.")
            found += _furniture(read_listing(listing), furniture, opened)
        if controllers is not None:
            found += _controllers(controllers)
        if not found:
            raise UserError("There is no object to collect.", "Give the furniture's folder, the controllers', or both.")
        for source, files in found:
            for relative, read in files.items():
                target = out / ("held-out" if source.held_out else "train") / relative
                target.parent.mkdir(parents=True, exist_ok=True)
                target.write_bytes(read())
    sources = [source for source, _ in found]
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


def _furniture(listed: Iterable[tuple[str, str, str]], folder: Path, opened: ExitStack) -> Iterator[_Found]:
    libraries: dict[str, zipfile.ZipFile] = {}
    for library, path, creator in listed:
        if library not in LICENCES:
            raise UserError(f"The licence of the library {library} is not known.", f"Known: {', '.join(LICENCES)}.")
        if library not in libraries:
            libraries[library] = opened.enter_context(_library(folder / f"{library}.sh3f"))
        names = libraries[library].namelist()
        if path not in names:
            raise UserError(f"{library}.sh3f has no {path}.", "Give the package that the list is of.")
        mine = [name for name in names if name == path or _goes_with(name, path)]
        read = {PurePosixPath(library, name): partial(libraries[library].read, name) for name in mine}
        yield Source(f"{FURNITURE}, {library}", path, creator, LICENCES[library]), read


def _library(file: Path) -> zipfile.ZipFile:
    try:
        return zipfile.ZipFile(file)
    except FileNotFoundError as error:
        remedy = "Give the folder that holds the package's .sh3f libraries."
        raise UserError(f"{file} is not there.", remedy) from error
    except (OSError, zipfile.BadZipFile) as error:
        raise UserError(f"{file} cannot be read as a library.", "Get the package anew.", str(error)) from error


def _goes_with(name: str, path: str) -> bool:
    """Whether a library's file is an object's material or texture: of its folder, and no other object."""
    place = PurePosixPath(name)
    beside = PurePosixPath(path).parent in place.parents and not name.endswith("/")
    return beside and place.suffix.lower() != ".obj" and ".." not in place.parts


def _controllers(folder: Path) -> Iterator[_Found]:
    seen: set[str] = set()
    for file in sorted(folder.glob("*/*.glb")):
        profile = file.parent.name
        digest = hashlib.sha256(file.read_bytes()).hexdigest()
        if profile.startswith(_MEASURED) or digest in seen:  # many profiles show one and the same model
            continue
        seen.add(digest)
        source = Source(CONTROLLERS, profile, CONTROLLERS_AUTHOR, CONTROLLERS_LICENCE)
        yield source, {PurePosixPath("webxr", profile, file.name): file.read_bytes}
