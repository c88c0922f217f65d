"""Paths that a job folder's own files name stay in it."""

import os

import pytest

from sv3d_engine.shared.job_files import inside


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
