"""Files by https: whole, resumed where they broke off, and a token that goes to one server alone."""

import hashlib
import shutil
from collections import namedtuple
from dataclasses import replace

import pytest
from web_server import serving

from sv3d_engine.ground.progress import Cancelled
from sv3d_engine.models.beginning import Beginning
from sv3d_engine.models.web_download import download
from sv3d_engine.models.web_stream import Stream
from sv3d_engine.shared.errors import UserError
from sv3d_engine.shared.model_catalogue import Model, Web, model_called, partial_file, partial_note

CONTENT = bytes(range(256)) * 12_000  # 3 MB
SHA256 = hashlib.sha256(CONTENT).hexdigest()
TOKEN = "hf_verySecretWord"


@pytest.fixture
def server():
    with serving() as told:
        told.content = CONTENT
        yield told


@pytest.fixture
def other():
    with serving() as told:
        told.content = CONTENT
        yield told


@pytest.fixture
def model(server) -> Model:
    return a_model(server)


def a_model(server, sha256=SHA256) -> Model:
    source = Web(server.url(), needs_token=sha256 is None)
    return replace(model_called("isnet"), source=source, bytes=len(CONTENT), sha256=sha256)


def fetch(model, token=None, tell=lambda transfer: None, pauses=(0.0, 0.0)):
    return download(model, token, tell, pauses)


def come(model) -> int:
    """Bytes that are kept."""
    path = partial_file(model)
    return path.stat().st_size if path.exists() else 0


def stop_after(count):
    def tell(transfer):
        if transfer.note.startswith("Downloading") and transfer.done >= count:
            raise Cancelled

    return tell


def test_fetched_whole_with_its_hash(model):
    told = []
    fetched = fetch(model, tell=told.append)
    assert fetched.path.read_bytes() == CONTENT and fetched.sha256 == SHA256
    fractions = [t.fraction for t in told if t.note.startswith("Downloading")]
    assert len(fractions) > 5 and fractions == sorted(fractions) and fractions[-1] == 1.0
    assert all(t.total == len(CONTENT) for t in told)


def test_what_was_stopped_goes_on(server, model):
    with pytest.raises(Cancelled):
        fetch(model, tell=stop_after(1_000_000))
    kept = come(model)
    assert 1_000_000 <= kept < len(CONTENT)
    first = []
    fetched = fetch(model, tell=lambda t: first.append(t) if t.note.startswith("Downloading") else None)
    assert server.asked[-1]["range"] == f"bytes={kept}-"
    assert first[0].done == kept
    assert fetched.sha256 == SHA256 and fetched.path.read_bytes() == CONTENT


def test_a_connection_that_breaks_goes_on_by_itself(server, model):
    server.cut = [900_000, 1_000_000]
    assert fetch(model).sha256 == SHA256
    assert [asked.get("range") for asked in server.asked] == [None, "bytes=900000-", "bytes=1900000-"]


def test_a_server_that_sends_nothing_more_is_given_up_and_what_came_is_kept(server, model):
    server.cut = [900_000, 0, 0]
    with pytest.raises(UserError, match=r"cannot be reached; 0\.9 MB have come and are kept"):
        fetch(model)
    assert come(model) == 900_000 and len(server.asked) == 3


def test_a_file_that_has_changed_since_is_fetched_from_its_beginning(server, model):
    server.content = bytes(len(CONTENT))
    with pytest.raises(Cancelled):
        fetch(model, tell=stop_after(1_000_000))
    server.content, server.etag = CONTENT, '"two"'
    assert fetch(model).sha256 == SHA256
    assert "range" not in server.asked[-1]


def test_a_server_without_ranges_is_asked_for_the_whole(server, model):
    with pytest.raises(Cancelled):
        fetch(model, tell=stop_after(1_000_000))
    server.ranges = False
    fetched = fetch(model)
    assert fetched.sha256 == SHA256 and fetched.path.read_bytes() == CONTENT


def test_without_etag_and_hash_nothing_is_taken_for_a_beginning(server):
    model = a_model(server, None)
    server.etag = None
    with pytest.raises(Cancelled):
        fetch(model, tell=stop_after(1_000_000))
    assert fetch(model).sha256 == SHA256
    assert "range" not in server.asked[-1]


def test_what_was_stopped_at_its_very_end_needs_no_server(server, model):
    with pytest.raises(Cancelled):
        fetch(model, tell=stop_after(len(CONTENT)))
    count = len(server.asked)
    assert fetch(model).sha256 == SHA256 and len(server.asked) == count


@pytest.mark.parametrize("note", [None, b"", b"[]", b'{"validator": "x"}', b"\xff", b'{"validator": "x", "total": 5}'])
def test_a_beginning_of_which_nothing_is_known_is_not_used(server, model, note):
    partial = partial_file(model)
    partial.parent.mkdir(parents=True)
    partial.write_bytes(b"somewhat else")
    if note is not None:
        partial_note(partial).write_bytes(note)
    assert fetch(model).sha256 == SHA256


def test_a_beginning_that_is_longer_than_the_file_is_not_used(server, model):
    """As when the server's file has become shorter: it then says that there is no such part."""
    with pytest.raises(Cancelled):
        fetch(model, tell=stop_after(2_000_000))
    server.content = CONTENT[:1_000_000]
    shorter = replace(model, bytes=1_000_000, sha256=hashlib.sha256(server.content).hexdigest())
    assert fetch(shorter).path.read_bytes() == server.content


def test_stopped_while_nothing_comes(server, model):
    server.held_after = 500_000
    calls = []

    def tell(transfer):
        calls.append(transfer.done)
        if calls.count(500_000) > 3:  # chances to stop, though no byte comes
            raise Cancelled

    with pytest.raises(Cancelled):
        fetch(model, tell=tell)
    assert come(model) == 500_000


def test_stopped_while_it_connects(server, model, monkeypatch):
    monkeypatch.setattr(Stream, "_read", lambda self: self._closed.wait(30))

    def tell(transfer):
        assert transfer.note.startswith("Connecting")
        raise Cancelled

    with pytest.raises(Cancelled):
        fetch(model, tell=tell)
    assert come(model) == 0 and not partial_file(model).exists()


def test_a_full_disk_is_told_before_anything_is_written(server, model, monkeypatch):
    free = namedtuple("usage", "free")
    monkeypatch.setattr(shutil, "disk_usage", lambda folder: free(2_000_000))
    with pytest.raises(UserError, match=r"disk is too full: 103 MB are needed, 2\.0 MB are free"):
        fetch(model)
    assert not partial_file(model).exists()


def test_a_disk_that_becomes_full_keeps_what_came(server, model, monkeypatch):
    append = Beginning.append

    def full(kept, chunk):
        if kept.done > 1_000_000:
            raise OSError(28, "No space left on device")
        append(kept, chunk)

    monkeypatch.setattr(Beginning, "append", full)
    with pytest.raises(OSError):
        fetch(model)
    assert come(model) > 1_000_000


@pytest.mark.parametrize(
    ("status", "cause"),
    [
        (401, "does not give"),
        (404, "no longer where it was"),
        (410, "no longer where it was"),
        (400, "does not give"),
        (429, "too busy"),
        (503, "too busy"),
    ],
)
def test_what_a_server_refuses_is_told(server, model, status, cause):
    server.status = status
    with pytest.raises(UserError, match=cause) as error:
        fetch(model)
    assert str(status) in error.value.details and come(model) == 0


@pytest.mark.parametrize("status", [401, 403])
def test_a_licence_that_is_not_accepted_is_told_with_its_page(server, status):
    server.status = status
    with pytest.raises(UserError, match="accepted its licence") as error:
        fetch(a_model(server, None), TOKEN)
    assert "https://github.com/xuebinqin/DIS" in error.value.remedy and TOKEN not in repr(vars(error.value))


def test_a_page_of_a_login_does_not_take_the_place_of_what_has_come(server, model):
    with pytest.raises(Cancelled):
        fetch(model, tell=stop_after(1_000_000))
    kept = come(model)
    server.kind, server.content, server.etag = "text/html; charset=utf-8", b"<html>" + bytes(len(CONTENT) - 6), None
    server.ranges = False
    with pytest.raises(UserError, match="does not give"):
        fetch(model)
    assert come(model) == kept


@pytest.mark.parametrize("sha256", [SHA256, None])
def test_a_file_of_quite_another_size_is_not_fetched(server, sha256):
    server.content = b"no" * 10
    with pytest.raises(UserError, match="does not give"):
        fetch(a_model(server, sha256))


def test_nobody_there_is_told_at_once(model):
    nobody = replace(model, source=Web("http://127.0.0.1:9/file.bin"))
    with pytest.raises(UserError, match=r"127\.0\.0\.1 cannot be reached") as error:
        fetch(nobody, pauses=(1000.0,))
    assert "proxy" in error.value.remedy and "refused" in error.value.details


def test_a_proxy_of_the_environment_is_asked(server, model, monkeypatch):
    for name in ("NO_PROXY", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("http_proxy", server.url())
    behind = replace(model, source=Web("http://example.invalid/file.bin"))
    assert fetch(behind).sha256 == SHA256
    assert server.asked[-1]["host"] == "example.invalid"


# ---- the token ---------------------------------------------------------------------------------------------------


def test_the_token_goes_to_its_server(server):
    server.token = TOKEN
    assert fetch(a_model(server, None), TOKEN).sha256 == SHA256


@pytest.mark.parametrize("elsewhere", ["other server", "other name"])
def test_the_token_goes_nowhere_else(server, other, elsewhere):
    server.token = TOKEN
    server.elsewhere = other.url() if elsewhere == "other server" else other.url("localhost")
    assert fetch(a_model(server, None), TOKEN).sha256 == SHA256
    assert len(other.asked) == 1 and "authorization" not in other.asked[0]
    assert TOKEN not in str(other.asked)


def test_the_token_goes_along_on_the_same_server(server):
    """A model that has moved there."""
    server.token = TOKEN
    server.elsewhere = "/moved.bin"
    assert fetch(a_model(server, None), TOKEN).sha256 == SHA256
    assert [a["authorization"] for a in server.asked] == [f"Bearer {TOKEN}"] * 2


def test_the_token_stands_in_no_error_and_no_file(server, other, home):
    server.token = "another"
    server.elsewhere = other.url() + "?key=" + TOKEN  # as good as one
    model = a_model(server, None)
    with pytest.raises(UserError) as refusal:
        fetch(model, TOKEN)
    server.token = TOKEN
    other.cut = [900_000, 0, 0]
    with pytest.raises(UserError) as broken:
        fetch(model, TOKEN)
    other.status = 404
    with pytest.raises(UserError) as gone:
        fetch(model, TOKEN)
    for error in (refusal, broken, gone):
        chain = [error.value]
        while chain[-1].__cause__ or chain[-1].__context__:
            chain.append(chain[-1].__cause__ or chain[-1].__context__)
        assert all(TOKEN not in f"{link!r} {vars(link)}" for link in chain if isinstance(link, UserError))
        assert TOKEN not in error.value.details
    written = [path.read_bytes() for path in home.rglob("*") if path.is_file()]
    assert written and all(TOKEN.encode() not in content for content in written)


@pytest.mark.parametrize(("linked", "announced"), [(f'"{SHA256}"', SHA256), ('"not a hash"', None), ("", None)])
def test_the_hash_that_hugging_face_names_is_told(server, other, linked, announced):
    server.elsewhere, server.linked = other.url(), linked
    assert fetch(a_model(server, None), TOKEN).announced == announced


def test_another_cdn_with_another_etag_goes_on_with_the_same_file(server, other):
    server.elsewhere, server.linked = other.url(), f'"{SHA256}"'
    model = a_model(server, None)
    with pytest.raises(Cancelled):
        fetch(model, TOKEN, tell=stop_after(1_000_000))
    kept, other.etag = come(model), '"of another machine"'
    assert fetch(model, TOKEN).sha256 == SHA256
    assert other.asked[-1]["range"] == f"bytes={kept}-"
