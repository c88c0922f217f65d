"""Paths that a job folder's own files name stay in it."""

import os

import pytest

from sv3d_engine.shared.job_files import inside, is_plain_name, json_object


def test_what_is_inside(tmp_path):
    assert inside(tmp_path, "frames/000.png") == tmp_path.resolve() / "frames" / "000.png"


@pytest.mark.parametrize("path", ["../else.png", "/etc/passwd", "frames/../../else.png", "", ".", "a\0b"])
def test_what_is_not(tmp_path, path):
    assert inside(tmp_path, path) is None


@pytest.mark.skipif(os.name == "nt", reason="links need rights there")
def test_a_link_leads_nowhere_else(tmp_path):
    (tmp_path / "job").mkdir()
    (tmp_path / "job" / "frames").symlink_to(tmp_path)
    assert inside(tmp_path / "job", "frames/000.png") is None


@pytest.mark.parametrize("name", ["000.png", "Bär 猫.png", ".hidden", "a.b.c", "console.png", "com10.png", "x" * 255])
def test_plain_names(name):
    assert is_plain_name(name)


@pytest.mark.parametrize(
    "name",
    [
        *(
            "",
            ".",
            "..",
            "a/b",
            "a\\b",
            "/a",
            "C:a",
            "a\0",
            "a\nb",
            "a\x7f",
            "a.",
            "a ",
            "a?",
            "a*",
            '"a"',
            "a|b",
            "<a>",
        ),
        *("CON", "con.png", "Aux", "nul.tar.gz", "prn .txt", "COM1.png", "lpt9", "com¹", "CONIN$"),
        *("x" * 256, "猫" * 100),
    ],
)
def test_names_that_are_more_than_a_name_or_too_long(name):
    assert not is_plain_name(name)


@pytest.mark.parametrize("content", [b"", b"[1]", b"null", b"\xff", b"[" * 100_000])
def test_what_is_no_object_counts_as_an_empty_one(tmp_path, content):
    (tmp_path / "job.json").write_bytes(content)
    assert json_object(tmp_path, "job.json") == {}


def test_an_object_is_read_from_inside_the_folder_alone(tmp_path):
    (tmp_path / "job").mkdir()
    (tmp_path / "secret.json").write_text('{"a": 1}', encoding="utf-8")
    assert json_object(tmp_path, "secret.json") == {"a": 1}
    assert json_object(tmp_path / "job", "../secret.json") == {}
    if hasattr(os, "mkfifo"):
        os.mkfifo(tmp_path / "job" / "report.json")
        assert json_object(tmp_path / "job", "report.json") == {}
