"""What is installed in an environment, and whether it is whole, by the records that pip leaves (PEP 376, 627)."""

import base64
import csv
import hashlib
import re
import zipfile
from dataclasses import dataclass
from pathlib import Path

from .lock import Requirement, canonical_name


@dataclass(frozen=True)
class Installed:
    """A package in an environment."""

    name: str
    version: str
    record: Path

    @property
    def folder(self) -> Path:
        """The folder of its record."""
        return self.record.parent


def site_packages(environment: Path) -> Path | None:
    """Where an environment's packages lie."""
    folders = [environment / "Lib" / "site-packages", *sorted(environment.glob("lib/python3*/site-packages"))]
    return next((folder for folder in folders if folder.is_dir()), None)


def installed(environment: Path) -> dict[str, Installed]:
    """The packages in an environment by name."""
    site, found = site_packages(environment), {}
    for folder in site.glob("*.dist-info") if site else ():
        name, _, version = folder.name.removesuffix(".dist-info").partition("-")
        found[canonical_name(name)] = Installed(canonical_name(name), version, folder / "RECORD")
    return found


def is_whole(package: Installed, *, thorough: bool = False) -> bool:
    """Whether a package's files have the size that its record tells; ``thorough``: and the same content."""
    site = package.folder.parent
    try:
        with package.record.open(encoding="utf-8", newline="") as stream:
            rows = [row for row in csv.reader(stream) if len(row) == 3]
        # What has no size has been compiled since, or is the record itself.
        files = [(site / path, digest, int(size)) for path, digest, size in rows if size]
        return bool(files) and all(_is_file(*told, thorough) for told in files)
    except (OSError, ValueError):
        return False


def _is_file(path: Path, digest: str, size: int, thorough: bool) -> bool:
    if path.stat().st_size != size:
        return False
    method, _, value = digest.partition("=")
    if not thorough or method != "sha256":
        return True
    with path.open("rb") as stream:
        found = hashlib.file_digest(stream, "sha256").digest()
    return base64.urlsafe_b64encode(found).rstrip(b"=").decode() == value


def release_of(version: str) -> tuple[int, ...]:
    """The numbers that a version begins with, to be compared: (25, 1) of "25.1" and of "25.1rc1"."""
    found = re.match(r"\d+(\.\d+)*", version)
    return tuple(map(int, found[0].split("."))) if found else ()


def fits(package: Installed, wanted: Requirement, torch_build: str) -> bool:
    """Whether the installed version is the wanted one; its suffix counts where one is asked for."""
    version, _, suffix = package.version.partition("+")
    asked, _, asked_suffix = wanted.version.partition("+")
    if version != asked or (asked_suffix and suffix != asked_suffix):
        return False
    return not (wanted.name == "torch" and torch_build == "cpu" and suffix.startswith("cu"))


def wheel_of(wheels: Path, wanted: Requirement) -> Path | None:
    """The wheel that has been fetched for a package."""
    for wheel in wheels.glob("*.whl"):
        name, version = wheel.name.split("-")[:2]
        if canonical_name(name) == wanted.name and version == wanted.version:
            return wheel
    return None


def drop_torn(wheels: Path) -> None:
    """Remove wheels that were cut off while they were written, which pip would take for good ones."""
    for wheel in wheels.glob("*.whl"):
        if not zipfile.is_zipfile(wheel):
            wheel.unlink()


def needed_by(wheel: Path) -> set[str]:
    """The names of the packages that a wheel needs, whatever the system, without its extras."""
    with zipfile.ZipFile(wheel) as archive:
        name = next(n for n in archive.namelist() if re.fullmatch(r"[^/]+\.dist-info/METADATA", n))
        return _needed(archive.read(name).decode("utf-8", "replace"))


def needed_by_installed(package: Installed) -> set[str]:
    """The same of a package that is installed."""
    try:
        return _needed((package.folder / "METADATA").read_text(encoding="utf-8", errors="replace"))
    except OSError:
        return set()


def _needed(text: str) -> set[str]:
    needs = re.findall(r"^Requires-Dist:\s*([\w.-]+)(.*)$", text, re.M)
    return {canonical_name(needed) for needed, rest in needs if "extra ==" not in rest}
