"""The beginning of a file: gone on with if it is known of which, hashed, and forgotten where it is of no use."""

import hashlib
from pathlib import Path

import pytest

from sv3d_engine.models.beginning import Beginning
from sv3d_engine.shared.model_catalogue import partial_note


def tell(_transfer) -> None:
    """Goes on."""


@pytest.fixture
def begun(tmp_path) -> Path:
    """A file of which five bytes of ten have come."""
    path = tmp_path / "model.download"
    with Beginning(path) as kept:
        kept.begin("etag", 10)
        kept.append(b"01234")
    return path


def test_what_has_come_is_gone_on_with(begun):
    with Beginning(begun) as kept:
        kept.read(tell, "Checking")
        assert (kept.done, kept.total, kept.validator) == (5, 10, "etag")
        kept.append(b"56789")
        assert kept.digest.hexdigest() == hashlib.sha256(b"0123456789").hexdigest()
    assert begun.read_bytes() == b"0123456789"


def test_without_a_note_it_is_forgotten(begun):
    partial_note(begun).unlink()
    with Beginning(begun) as kept:
        kept.read(tell, "Checking")
        assert kept.done == 0
    assert not begun.exists(), "of nothing, nothing is left"


def test_another_file_begins_anew(begun):
    with Beginning(begun) as kept:
        kept.read(tell, "Checking")
        kept.begin("other", 3)
        kept.append(b"abc")
        assert kept.digest.hexdigest() == hashlib.sha256(b"abc").hexdigest()
    assert begun.read_bytes() == b"abc"
    with Beginning(begun) as kept:
        kept.read(tell, "Checking")
        assert (kept.validator, kept.total) == ("other", 3)


def test_where_nothing_came_no_note_stays(tmp_path):
    path = tmp_path / "model.download"
    with Beginning(path) as kept:
        kept.begin("etag", 10)
    assert not path.exists() and not partial_note(path).exists()
