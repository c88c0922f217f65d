"""One answer of a web server: asked for from anywhere in its file, read beside whoever waits for it, and stoppable."""

import http
import http.client
import queue
import re
import ssl
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from types import TracebackType
from typing import IO, Any
from urllib.error import HTTPError, URLError
from urllib.parse import urljoin, urlsplit
from urllib.request import HTTPRedirectHandler, HTTPSHandler, OpenerDirector, Request, build_opener

from .. import __version__
from ..shared.errors import UserError
from ..shared.model_catalogue import is_sha256
from .failures import untrusted

_CHUNK = 1 << 18  # bytes
_PATIENCE = 30.0  # seconds without a byte
POLL = 0.2  # seconds between two chances to stop
_AHEAD = 8  # chunks read before they are written


class Broken(Exception):
    """The connection failed; what came is good."""

    def __init__(self, cause: BaseException) -> None:
        super().__init__(str(cause))
        self.cause = cause


@dataclass(frozen=True)
class Answer:
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


def extent(answer: Answer) -> tuple[int | None, int]:
    """Size of the server's file, None if it is not told, and the place in it where the answer begins."""
    if answer.status == http.HTTPStatus.PARTIAL_CONTENT:
        told = re.fullmatch(r"bytes (\d+)-\d+/(\d+)", answer.range)
        return (int(told[2]), int(told[1])) if told else (None, 0)
    return (int(answer.length), 0) if answer.length.isdecimal() else (None, 0)


class Stream:
    """One answer of the server, read by a thread, so that whoever waits for it can be stopped meanwhile."""

    def __init__(self, url: str, start: int, token: str | None) -> None:
        self._request, self._redirects = request(url, start, token), Redirects(url, token)
        self._items: queue.Queue[Any] = queue.Queue(_AHEAD)
        self._closed = threading.Event()

    def __enter__(self) -> "Stream":
        threading.Thread(target=self._read, name="download", daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._closed.set()

    def answer(self, poll: Callable[[], None]) -> Answer:
        """Wait for the header.  Raises HTTPError, UserError, Broken, and whatever ``poll`` raises."""
        found: Answer = self._next(poll)
        return found

    def chunks(self, poll: Callable[[], None]) -> Iterator[bytes]:
        """The body as it comes.  Raises Broken, and whatever ``poll`` raises."""
        while chunk := self._next(poll):
            yield chunk

    def _next(self, poll: Callable[[], None]) -> Any:
        while True:
            try:
                item = self._items.get(timeout=POLL)
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
                self._put(untrusted(host(self._request.full_url), reason))
            else:
                self._put(Broken(reason if isinstance(reason, BaseException) else error))

    def _put(self, item: Any) -> None:
        while not self._closed.is_set():
            try:
                return self._items.put(item, timeout=POLL)
            except queue.Full:
                continue


class Redirects(HTTPRedirectHandler):
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
                f"{host(req.full_url)} sends the download to an address that is not secure.",
                "Try again later, or download the file with a browser.",
            )
        new = super().redirect_request(req, fp, code, msg, headers, newurl)
        if new and self._token and _origin(target) == self._origin:
            _authorise(new, self._token)
        return new

    def answer(self, status: int, headers: http.client.HTTPMessage) -> Answer:
        linked = self._linked.strip('"')
        return Answer(
            status,
            kind=headers.get("Content-Type", ""),
            length=headers.get("Content-Length", ""),
            range=headers.get("Content-Range", ""),
            validator=linked or headers.get("ETag") or headers.get("Last-Modified") or "",
            sha256=linked.lower() if is_sha256(linked) else None,
        )


def request(url: str, start: int, token: str | None) -> Request:
    """For what comes from ``start`` on; the ``token`` goes to this server alone."""
    asked = Request(url, headers={"User-Agent": f"sv3d/{__version__}"})
    if start:
        asked.add_header("Range", f"bytes={start}-")
    if token:
        _authorise(asked, token)
    return asked


def _authorise(request: Request, token: str) -> None:
    request.add_unredirected_header("Authorization", f"Bearer {token}")  # urllib hands all others on to any server


def _opener(redirects: Redirects) -> OpenerDirector:
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


def host(url: str) -> str:
    """The server in an address, for the artist."""
    return urlsplit(url).hostname or url
