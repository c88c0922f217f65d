"""A model's file by https: resumed where it was broken off, hashed as it comes, and to be stopped at any moment.

What has come lies in the model's ``.download`` file.  Beside it is noted which file of the server it is (its ETag), so
that another one that has taken its place since is fetched from its beginning.
"""

import hashlib
import http.client
import json
import queue
import re
import ssl
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import IO, Any
from urllib.error import HTTPError, URLError
from urllib.parse import urljoin, urlsplit
from urllib.request import HTTPRedirectHandler, HTTPSHandler, OpenerDirector, Request, build_opener

from .. import __version__
from ..ground.files import write_json
from ..shared.errors import UserError
from ..shared.model_catalogue import Model, Web, is_sha256, partial_file, partial_note
from .failures import interrupted, refused, too_busy, untrusted
from .metering import Fetched, Meter, Tell, check_room

_CHUNK = 1 << 18  # bytes
_PATIENCE = 30.0  # seconds without a byte
_POLL = 0.2  # seconds between two chances to stop
_AHEAD = 8  # chunks read before they are written
_PAUSES = (1.0, 2.0, 4.0, 8.0)  # seconds before a broken connection is tried again


def download(model: Model, token: str | None, tell: Tell, pauses: Sequence[float] = _PAUSES) -> Fetched:
    """Fetch the model's file into its ``.download`` file, going on after what is there.

    ``token`` goes to the model's own server alone, as a header.  Whatever ends this, what has come is kept.
    Raises UserError, and whatever ``tell`` raises.
    """
    assert isinstance(model.source, Web)
    path = partial_file(model)
    path.parent.mkdir(parents=True, exist_ok=True)
    with _Kept(path) as kept:
        kept.read(tell, f"Checking what has come of {model.name}")
        tries: Iterator[float] = iter(())  # a server that does not answer at all is told at once
        if kept.done and kept.done == kept.total:  # stopped just before its end
            return Fetched(path, kept.digest.hexdigest(), kept.validator if is_sha256(kept.validator) else None)
        while True:
            before = kept.done
            try:
                announced = _go_on(model, model.source.url, kept, token, tell)
                return Fetched(path, kept.digest.hexdigest(), announced)
            except _Broken as broken:
                if kept.done > before:
                    tries = iter(pauses)
                if (pause := next(tries, None)) is None:
                    raise interrupted(model, _host(model.source.url), kept.done, broken.cause) from broken.cause
                _wait(pause, lambda: Meter(kept.total, f"Connecting again for {model.name}", tell)(kept.done))


def _go_on(model: Model, url: str, kept: "_Kept", token: str | None, tell: Tell) -> str | None:
    """Fetch what is lacking; returns the SHA-256 that the server names, if it does.  Raises _Broken."""
    connecting = Meter(kept.total or model.bytes, f"Connecting for {model.name}", tell)
    start = kept.done
    with _Stream(url, start, token) as stream:
        try:
            answer = stream.answer(lambda: connecting(start))
        except HTTPError as error:
            if error.code == http.HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE and start:
                kept.forget()
                return _go_on(model, url, kept, token, tell)
            raise _refusal(model, error) from None  # its text may hold an address that is as good as a key
        total, first = _extent(answer)
        same = kept.validator == answer.validator and kept.total == total
        if start and first == start and not (same and (answer.validator or model.sha256)):
            kept.forget()  # what came then is no beginning of what would come now
            return _go_on(model, url, kept, token, tell)
        if answer.is_page or first not in (0, start) or total is None or not _plausible(model, total):
            raise refused(model, f"{answer.kind}, {total} bytes from {first}, where {model.bytes} were expected")
        check_room(kept.path.parent, total - first)
        if first == 0:
            kept.begin(answer.validator, total)
        meter = Meter(total, f"Downloading {model.name}", tell)
        meter(kept.done)
        for chunk in stream.chunks(lambda: meter(kept.done)):
            if kept.done + len(chunk) > total:
                kept.forget()
                raise refused(model, f"more than the {total} bytes that were announced")
            kept.append(chunk)
            meter(kept.done)
        if kept.done < total:
            raise _Broken(EOFError(f"{kept.done} of {total} bytes came"))
    return answer.sha256


def _plausible(model: Model, total: int) -> bool:
    """Whether a file of so many bytes can be the model; they are known exactly where its hash is."""
    return total == model.bytes if model.sha256 else model.bytes / 2 < total < model.bytes * 2


def _refusal(model: Model, error: HTTPError) -> Exception:
    if error.code == http.HTTPStatus.TOO_MANY_REQUESTS or error.code >= http.HTTPStatus.INTERNAL_SERVER_ERROR:
        return too_busy(model, error.code)
    return refused(model, f"HTTP status {error.code}", error.code)


def _wait(seconds: float, poll: Callable[[], None]) -> None:
    end = time.monotonic() + seconds
    while (left := end - time.monotonic()) > 0:
        poll()
        time.sleep(min(left, _POLL))


class _Broken(Exception):
    """The connection failed; what came is good."""

    def __init__(self, cause: BaseException) -> None:
        super().__init__(str(cause))
        self.cause = cause


class _Kept:
    """What has come so far, its hash, and of which of the server's files it is."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.validator, self.total = "", 0
        self.done, self.digest = 0, hashlib.sha256()
        self._note = partial_note(path)

    def __enter__(self) -> "_Kept":
        self._stream: IO[bytes] = self.path.open("ab")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stream.close()
        if not self.done:
            self.path.unlink(missing_ok=True)
            self._note.unlink(missing_ok=True)

    def read(self, tell: Tell, note: str) -> None:
        """Go through what an earlier run has left, if it is known what that is."""
        try:
            told = json.loads(self._note.read_text(encoding="utf-8"))
            self.validator, self.total = str(told["validator"]), int(told["total"])
        except (OSError, ValueError, KeyError, TypeError):
            self.forget()
            return
        meter = Meter(self.path.stat().st_size, note, tell)
        with self.path.open("rb") as stream:
            while chunk := stream.read(1 << 20):
                self.digest.update(chunk)
                self.done += len(chunk)
                meter(self.done)

    def begin(self, validator: str, total: int) -> None:
        """Forget what there is and note what now comes."""
        self.forget()
        self.validator, self.total = validator, total
        write_json(self._note, {"validator": validator, "total": total})

    def forget(self) -> None:
        """Begin anew."""
        self._stream.truncate(0)
        self.done, self.digest = 0, hashlib.sha256()

    def append(self, chunk: bytes) -> None:
        self._stream.write(chunk)
        self.digest.update(chunk)
        self.done += len(chunk)


@dataclass(frozen=True)
class _Answer:
    """The header of a server's answer."""

    status: int
    kind: str  # Content-Type
    length: str
    range: str
    validator: str  # changes with the file; "" if the server tells none
    sha256: str | None

    @property
    def is_page(self) -> bool:
        """Whether it is a web page: of a login, most likely, and not the file."""
        return self.kind.startswith("text/html")


def _extent(answer: _Answer) -> tuple[int | None, int]:
    """Size of the server's file, None if it is not told, and the place in it where the answer begins."""
    if answer.status == http.HTTPStatus.PARTIAL_CONTENT:
        told = re.fullmatch(r"bytes (\d+)-\d+/(\d+)", answer.range)
        return (int(told[2]), int(told[1])) if told else (None, 0)
    return (int(answer.length), 0) if answer.length.isdecimal() else (None, 0)


class _Stream:
    """One answer of the server, read by a thread, so that whoever waits for it can be stopped meanwhile."""

    def __init__(self, url: str, start: int, token: str | None) -> None:
        self._request, self._redirects = _request(url, start, token), _Redirects(url, token)
        self._items: queue.Queue[Any] = queue.Queue(_AHEAD)
        self._closed = threading.Event()

    def __enter__(self) -> "_Stream":
        threading.Thread(target=self._read, name="download", daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._closed.set()

    def answer(self, poll: Callable[[], None]) -> _Answer:
        """Wait for the header.  Raises HTTPError, UserError, _Broken, and whatever ``poll`` raises."""
        found: _Answer = self._next(poll)
        return found

    def chunks(self, poll: Callable[[], None]) -> Iterator[bytes]:
        """The body as it comes.  Raises _Broken, and whatever ``poll`` raises."""
        while chunk := self._next(poll):
            yield chunk

    def _next(self, poll: Callable[[], None]) -> Any:
        while True:
            try:
                item = self._items.get(timeout=_POLL)
            except queue.Empty:
                poll()
                continue
            if isinstance(item, BaseException):
                raise item
            return item

    def _read(self) -> None:
        try:
            with _opener(self._redirects).open(self._request, timeout=_PATIENCE) as response:
                self._put(self._redirects.answer(response.status, response.headers))
                while (chunk := response.read1(_CHUNK)) and not self._closed.is_set():
                    self._put(chunk)
            self._put(b"")
        except (HTTPError, UserError) as error:
            self._put(error)
        except Exception as error:  # of sockets, TLS and HTTP: they have no other class in common
            reason = error.reason if isinstance(error, URLError) else error
            if isinstance(reason, ssl.SSLCertVerificationError):
                self._put(untrusted(_host(self._request.full_url), reason))
            else:
                self._put(_Broken(reason if isinstance(reason, BaseException) else error))

    def _put(self, item: Any) -> None:
        while not self._closed.is_set():
            try:
                return self._items.put(item, timeout=_POLL)
            except queue.Full:
                continue


class _Redirects(HTTPRedirectHandler):
    """Follows a server elsewhere, but never with the token to another one, and never out of https.

    On its way Hugging Face tells the file's SHA-256, which the servers that it sends one to do not know.
    """

    def __init__(self, url: str, token: str | None) -> None:
        self._origin, self._token = _origin(url), token
        self._linked = ""

    def redirect_request(
        self, req: Request, fp: IO[bytes], code: int, msg: str, headers: http.client.HTTPMessage, newurl: str
    ) -> Request | None:
        self._linked = self._linked or headers.get("X-Linked-Etag", "")
        target = urljoin(req.full_url, newurl)
        if urlsplit(req.full_url).scheme == "https" != urlsplit(target).scheme:
            raise UserError(
                f"{_host(req.full_url)} sends the download to an address that is not secure.",
                "Try again later, or download the file with a browser.",
            )
        new = super().redirect_request(req, fp, code, msg, headers, newurl)
        if new and self._token and _origin(target) == self._origin:
            _authorise(new, self._token)
        return new

    def answer(self, status: int, headers: http.client.HTTPMessage) -> _Answer:
        linked = self._linked.strip('"')
        return _Answer(
            status,
            kind=headers.get("Content-Type", ""),
            length=headers.get("Content-Length", ""),
            range=headers.get("Content-Range", ""),
            validator=linked or headers.get("ETag") or headers.get("Last-Modified") or "",
            sha256=linked.lower() if is_sha256(linked) else None,
        )


def _request(url: str, start: int, token: str | None) -> Request:
    request = Request(url, headers={"User-Agent": f"sv3d/{__version__}"})
    if start:
        request.add_header("Range", f"bytes={start}-")
    if token:
        _authorise(request, token)
    return request


def _authorise(request: Request, token: str) -> None:
    request.add_unredirected_header("Authorization", f"Bearer {token}")  # urllib hands all others on to any server


def _opener(redirects: _Redirects) -> OpenerDirector:
    """With the proxies that the environment names, and the system's certificates."""
    return build_opener(redirects, HTTPSHandler(context=_certificates()))


def _certificates() -> ssl.SSLContext:
    try:
        import truststore  # asks macOS and Windows, and finds Linux' files where a Python from elsewhere does not
    except ImportError:
        return ssl.create_default_context()
    return truststore.SSLContext(ssl.PROTOCOL_TLS_CLIENT)


def _origin(url: str) -> tuple[str, str]:
    parts = urlsplit(url)
    return parts.scheme, parts.netloc


def _host(url: str) -> str:
    return urlsplit(url).hostname or url
