"""A model's file by https: resumed where it was broken off, hashed as it comes, and to be stopped at any moment.

What has come lies in the model's ``.download`` file.  Beside it is noted which file of the server it is (its ETag), so
that another one that has taken its place since is fetched from its beginning.
"""

import http
import time
from collections.abc import Callable, Iterator, Sequence
from urllib.error import HTTPError

from ..shared.model_catalogue import Model, Web, is_sha256, partial_file
from .beginning import Beginning
from .failures import interrupted, refused, too_busy
from .metering import Fetched, Meter, Tell, check_room
from .web_stream import POLL, Broken, Stream, extent, host

_PAUSES = (1.0, 2.0, 4.0, 8.0)  # seconds before a broken connection is tried again


def download(model: Model, token: str | None, tell: Tell, pauses: Sequence[float] = _PAUSES) -> Fetched:
    """Fetch the model's file into its ``.download`` file, going on after what is there.

    ``token`` goes to the model's own server alone, as a header.  Whatever ends this, what has come is kept.
    Raises UserError, and whatever ``tell`` raises.
    """
    assert isinstance(model.source, Web)
    path = partial_file(model)
    path.parent.mkdir(parents=True, exist_ok=True)
    with Beginning(path) as kept:
        kept.read(tell, f"Checking what has come of {model.name}")
        tries: Iterator[float] = iter(())  # a server that does not answer at all is told at once
        if kept.done and kept.done == kept.total:  # stopped just before its end
            return Fetched(path, kept.digest.hexdigest(), kept.validator if is_sha256(kept.validator) else None)
        while True:
            before = kept.done
            try:
                announced = _go_on(model, model.source.url, kept, token, tell)
                return Fetched(path, kept.digest.hexdigest(), announced)
            except Broken as broken:
                if kept.done > before:
                    tries = iter(pauses)
                if (pause := next(tries, None)) is None:
                    raise interrupted(model, host(model.source.url), kept.done, broken.cause) from broken.cause
                _wait(pause, lambda: Meter(kept.total, f"Connecting again for {model.name}", tell)(kept.done))


def _go_on(model: Model, url: str, kept: "Beginning", token: str | None, tell: Tell) -> str | None:
    """Fetch what is lacking; returns the SHA-256 that the server names, if it does.  Raises Broken."""
    connecting = Meter(kept.total or model.bytes, f"Connecting for {model.name}", tell)
    start = kept.done
    with Stream(url, start, token) as stream:
        try:
            answer = stream.answer(lambda: connecting(start))
        except HTTPError as error:
            if error.code == http.HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE and start:
                kept.forget()
                return _go_on(model, url, kept, token, tell)
            raise _refusal(model, error) from None  # its text may hold an address that is as good as a key
        total, first = extent(answer)
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
            raise Broken(EOFError(f"{kept.done} of {total} bytes came"))
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
        time.sleep(min(left, POLL))
