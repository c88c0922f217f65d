"""A web server of a few files in this process, which can be told to break off, to send one elsewhere, to refuse."""

import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


class Server:
    """What it has, what it does, and what it was asked."""

    def __init__(self) -> None:
        self.content = b""
        self.etag: str | None = '"one"'
        self.kind = "application/octet-stream"
        self.ranges = True  # whether it can send a part
        self.status = 0  # sent instead of the file, if it is none
        self.cut: list[int] = []  # bytes of the body after which the next answers break off
        self.token = ""  # that it wants
        self.elsewhere = ""  # address that it sends one to who asks for /file.bin
        self.linked = ""  # X-Linked-Etag that it tells with that
        self.hold = threading.Event()  # while not set, ...
        self.held_after: int | None = None  # ... nothing comes after so many bytes
        self.asked: list[dict[str, str]] = []  # the headers of each request
        self.port = 0

    def url(self, host: str = "127.0.0.1") -> str:
        return f"http://{host}:{self.port}/file.bin"


class _Handler(BaseHTTPRequestHandler):
    server: Any
    protocol_version = "HTTP/1.1"

    def log_message(self, *args: object) -> None:
        """Be quiet."""

    def do_GET(self) -> None:
        self.close_connection = True
        told: Server = self.server.told
        told.asked.append({name.lower(): value for name, value in self.headers.items()})
        if told.token and self.headers.get("Authorization") != f"Bearer {told.token}":
            return self.send_error(401)
        if told.elsewhere and self.path == "/file.bin":
            return self._send_elsewhere(told)
        if told.status:
            return self.send_error(told.status)
        self._send(told)

    def _send_elsewhere(self, told: Server) -> None:
        self.send_response(302)
        self.send_header("Location", told.elsewhere)
        if told.linked:
            self.send_header("X-Linked-Etag", told.linked)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def _send(self, told: Server) -> None:
        whole = len(told.content)
        wanted = re.fullmatch(r"bytes=(\d+)-", self.headers.get("Range", ""))
        start = int(wanted[1]) if wanted and told.ranges else 0
        if start and start >= whole:
            return self.send_error(416)
        self.send_response(206 if start else 200)
        self.send_header("Content-Type", told.kind)
        self.send_header("Content-Length", str(whole - start))
        if start:
            self.send_header("Content-Range", f"bytes {start}-{whole - 1}/{whole}")
        if told.etag:
            self.send_header("ETag", told.etag)
        self.end_headers()
        body = told.content[start:]
        if told.cut:
            body = body[: told.cut.pop(0)]
        if told.held_after is not None:
            self.wfile.write(body[: told.held_after])
            self.wfile.flush()
            told.hold.wait(30)
            body = body[told.held_after :]
        self.wfile.write(body)


@contextmanager
def serving() -> Iterator[Server]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    server.daemon_threads = True
    told = server.told = Server()  # type: ignore[attr-defined]
    told.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield told
    finally:
        told.hold.set()
        server.shutdown()
        server.server_close()
        thread.join()
