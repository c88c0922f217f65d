"""Failures in words, without a key in any of them."""

import errno

import pytest

from sv3d_engine.models.failures import disk_failed, refused, without_keys
from sv3d_engine.shared.model_catalogue import model_called


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("at https://me:secret@index.org/simple/a/ now", "at https://…@index.org/simple/a/ now"),
        ("'https://cdn.org/f.bin?Signature=secret&x=1', 'b'", "'https://cdn.org/f.bin?…', 'b'"),
        ("socks5://me:secret@proxy:1080?x=secret", "socks5://…@proxy:1080?…"),
        ("what? a@b.org", "what? a@b.org"),
    ],
)
def test_addresses_lose_their_keys(text, kept):
    assert without_keys(text) == kept


def test_the_licence_is_spoken_of_only_where_an_account_has_to_accept_it():
    assert "licence" in refused(model_called("sv3d_u"), "", 403).cause
    assert "licence" not in refused(model_called("isnet"), "", 403).cause


@pytest.mark.parametrize(("number", "cause"), [(errno.ENOSPC, "disk became full"), (errno.EACCES, "/models/x")])
def test_a_full_disk_is_told_from_a_forbidden_folder(number, cause):
    assert cause in disk_failed(model_called("u2netp"), OSError(number, "no", "/models/x")).cause
