"""One answer of a server: what its header tells, its body from any place on, and where it may lead."""

import pytest
from web_server import serving

from sv3d_engine.models.web_stream import Answer, Broken, Redirects, Stream, extent, host, request
from sv3d_engine.shared.errors import UserError

TOKEN = "hf_verySecretWord"
CONTENT = bytes(range(256)) * 1000


def nothing() -> None:
    """Goes on waiting."""


def test_the_body_comes_from_the_place_that_was_asked_for():
    with serving() as server:
        server.content = CONTENT
        with Stream(server.url(), 1000, None) as stream:
            answer = stream.answer(nothing)
            assert extent(answer) == (len(CONTENT), 1000)
            assert answer.validator
            assert b"".join(stream.chunks(nothing)) == CONTENT[1000:]


def test_nobody_there_is_a_broken_connection():
    with serving() as server:
        url = server.url()
    with Stream(url, 0, None) as stream, pytest.raises(Broken):
        stream.answer(nothing)


@pytest.mark.parametrize(
    ("status", "length", "told", "found"),
    [
        (200, "10", "", (10, 0)),
        (200, "", "", (None, 0)),
        (206, "6", "bytes 4-9/10", (10, 4)),
        (206, "6", "bytes 4-9/*", (None, 0)),
    ],
)
def test_the_header_tells_size_and_place(status, length, told, found):
    assert extent(Answer(status, "", length, told, "", None)) == found


def test_a_page_of_a_login_is_told_from_a_file():
    assert Answer(200, "text/html; charset=utf-8", "10", "", "", None).is_page
    assert not Answer(200, "application/octet-stream", "10", "", "", None).is_page


def test_a_secure_address_does_not_lead_to_one_that_is_not():
    redirects = Redirects("https://huggingface.co/a", TOKEN)
    with pytest.raises(UserError, match="not secure"):
        redirects.redirect_request(
            request("https://huggingface.co/a", 0, TOKEN), None, 302, "Found", {}, "http://huggingface.co/b"
        )


def test_the_server_is_named_without_names_and_keys():
    assert host("https://me:secret@huggingface.co:443/a?key=1") == "huggingface.co"
