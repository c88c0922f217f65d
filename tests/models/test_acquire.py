"""A file that stands under a model's name is whole and the right one."""

import hashlib
from dataclasses import replace
from pathlib import Path

import pytest
from web_server import serving
from wheels import CONTENT

from sv3d_engine.ground.progress import Cancelled
from sv3d_engine.models import acquire, web_download
from sv3d_engine.models.acquire import expect, find, get, remove, verify
from sv3d_engine.models.metering import Fetched, sha256_of
from sv3d_engine.shared.errors import UserError
from sv3d_engine.shared.model_catalogue import (
    Web,
    checksum_file,
    expected_sha256,
    model_called,
    models_folder,
    partial_file,
    partial_note,
    state,
)

SHA256 = hashlib.sha256(CONTENT).hexdigest()
OTHER = hashlib.sha256(b"other").hexdigest()


@pytest.fixture
def server():
    with serving() as told:
        told.content = CONTENT
        yield told


@pytest.fixture
def known(server):
    """A model whose hash the catalogue knows."""
    return replace(model_called("isnet"), source=Web(server.url()), bytes=len(CONTENT), sha256=SHA256)


@pytest.fixture
def unknown(server):
    """One whose hash it does not."""
    return replace(model_called("sv3d_p"), source=Web(server.url(), needs_token=True), bytes=len(CONTENT))


def quiet(transfer):
    """Tell nobody."""


def there() -> list[str]:
    return sorted(path.name for path in models_folder().iterdir())


def test_fetched_and_kept(known):
    got = get(known, quiet)
    assert got.state == "ready" and got.path == known.path and got.sha256 == got.expected == SHA256
    assert there() == [known.file] and known.path.read_bytes() == CONTENT and find(known) == known.path


def test_what_is_here_and_right_is_not_fetched_again(known, server):
    get(known, quiet)
    server.status = 500
    assert get(known, quiet).state == "ready" and len(server.asked) == 1


def test_what_is_damaged_is_fetched_again(known, server):
    get(known, quiet)
    known.path.write_bytes(bytes(len(CONTENT)))  # of the right size
    assert verify(known, quiet).state == "damaged"
    get(known, quiet)
    assert verify(known, quiet).state == "ready" and known.path.read_bytes() == CONTENT


def test_another_file_than_expected_is_not_kept(known, server):
    known.path.parent.mkdir(parents=True)
    known.path.write_bytes(b"old")
    server.content = CONTENT[::-1]
    with pytest.raises(UserError, match="not isnet") as error:
        get(known, quiet)
    assert SHA256 in error.value.details and there() == [known.file] and known.path.read_bytes() == b"old"


def test_the_hash_of_what_came_is_noted_where_none_was_known(unknown):
    got = get(unknown, quiet, "token")
    assert got.sha256 == SHA256 and got.expected is None
    assert checksum_file(unknown).read_text() == f"{SHA256}  sv3d_p.safetensors\n"
    assert expected_sha256(unknown) == SHA256
    unknown.path.write_bytes(CONTENT[:-1])
    assert verify(unknown, quiet).state == "damaged"


def test_a_hash_may_be_given_beforehand(unknown):
    expect(unknown, OTHER)
    with pytest.raises(UserError, match="not sv3d_p") as error:
        get(unknown, quiet, "token")
    assert OTHER in error.value.details and "remove sv3d_p" in error.value.remedy
    expect(unknown, SHA256.upper())
    assert get(unknown, quiet, "token").expected == SHA256


def test_no_hash_is_given_where_one_is_known(known, unknown):
    with pytest.raises(UserError, match="is known"):
        expect(known, OTHER)
    with pytest.raises(UserError, match="not a SHA-256"):
        expect(unknown, "../../etc")


def test_the_servers_own_word_is_held_against_what_came(unknown, monkeypatch):
    def damaged(model, token, tell):
        path = partial_file(model)
        path.write_bytes(b"damaged")
        return Fetched(path, sha256_of(path, tell), announced=SHA256)

    monkeypatch.setattr(web_download, "download", damaged)
    with pytest.raises(UserError, match="not sv3d_p"):
        get(unknown, quiet, "token")
    assert there() == []


def test_what_cannot_be_the_model_is_not_kept(unknown):
    def refuse(path, model):
        assert path == partial_file(unknown) and path.read_bytes() == CONTENT
        raise UserError("It is a cake.", "Eat it.")

    with pytest.raises(UserError, match="cake"):
        get(unknown, quiet, "token", refuse)
    assert there() == []


def test_stopping_keeps_what_came_and_shows_it(known):
    def stop(transfer):
        if transfer.note.startswith("Downloading") and transfer.done:
            raise Cancelled

    with pytest.raises(Cancelled):
        get(known, stop)
    assert state(known) == "partial" and find(known) is None and not known.path.exists()
    assert remove(known) > 0 and there() == []


def test_without_a_token_nobody_is_asked(unknown, server):
    for token in (None, "", "  \n"):
        with pytest.raises(UserError, match="accepted its licence"):
            get(unknown, quiet, token)
    assert server.asked == []


@pytest.mark.parametrize("token", ["two words", "line\r\nX-Other: header", "tök", "a\0b"])
def test_what_cannot_be_a_token_goes_nowhere_and_is_not_told(unknown, server, token):
    with pytest.raises(UserError, match="not a token") as error:
        get(unknown, quiet, token)
    assert server.asked == [] and token not in str(vars(error.value))


def test_spaces_of_copying_do_not_matter(unknown, server):
    server.token = "hf_word"
    assert get(unknown, quiet, " hf_word\n").state == "ready"


def test_two_at_once_fetch_it_once(known, server):
    """The second waits, and finds it there."""
    waited = []

    def tell(transfer):
        if not waited and transfer.note.startswith("Downloading"):
            waited.append(transfer)

            def look(second):
                if second.note.startswith("Waiting"):
                    raise Cancelled

            with pytest.raises(Cancelled):
                get(known, look)

    assert get(known, tell).state == "ready" and waited and len(server.asked) == 1


def test_removing_takes_all_of_it_and_nothing_else(known, unknown):
    get(known, quiet)
    get(unknown, quiet, "token")
    partial_file(unknown).write_bytes(b"1")
    partial_note(partial_file(unknown)).write_bytes(b"1")
    assert remove(unknown) >= len(CONTENT) and there() == [known.file]
    assert remove(unknown) == 0


def test_a_disk_that_fails_is_told(known, monkeypatch):
    def full(source, **kwargs):
        raise OSError(28, "No space left on device", "x")

    monkeypatch.setattr(acquire, "_download", lambda *args: full(1))
    with pytest.raises(UserError, match="disk became full"):
        get(known, quiet)


def test_a_folder_that_may_not_be_written_is_told(known, home):
    home.write_text("a file where the folder should be")
    with pytest.raises(UserError, match="could not be written or read"):
        get(known, quiet)


def test_rembgs_own_copies_are_found_and_stay(known, monkeypatch, tmp_path: Path):
    rembg = tmp_path / "rembg"
    monkeypatch.setenv("U2NET_HOME", str(rembg))
    for place in (rembg / "models" / "isnet-general-use" / known.file, rembg / known.file):
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(b"too short")
        assert find(known) != place
        place.write_bytes(CONTENT)
        assert find(known) == place and get(known, quiet).path == place
    assert remove(known) == 0 and find(known) == rembg / known.file
    get(known, quiet)
    monkeypatch.delenv("U2NET_HOME")
    monkeypatch.setattr(Path, "home", lambda: tmp_path)
    assert find(known) is None
    (tmp_path / ".u2net").mkdir()
    (tmp_path / ".u2net" / known.file).write_bytes(CONTENT)
    assert find(known) == tmp_path / ".u2net" / known.file
