"""Where results lie, and the memory of where they have lain."""

import json
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime

import pytest
from sv3d.sv3d_blender import results_folder
from sv3d.sv3d_blender.results_folder import (
    Index,
    is_job_name,
    job_time,
    job_title,
    new_job_folder,
    read_index,
    refusal,
    remember,
)

NOON = datetime(2026, 11, 28, 12, 0, 0)


def test_a_job_has_a_folder_of_its_own(tmp_path):
    first = new_job_folder(tmp_path, "cow", NOON)
    assert first == tmp_path / "cow-20261128-120000"
    assert first.is_dir()
    assert new_job_folder(tmp_path, "cow", NOON).name == "cow-20261128-120000-2"


def test_jobs_of_one_name_and_moment_get_folders_of_their_own(tmp_path):
    with ThreadPoolExecutor(8) as blenders:
        folders = set(blenders.map(lambda _: new_job_folder(tmp_path / "SV3D", "cow", NOON), range(64)))
    assert len(folders) == 64
    assert all(is_job_name(folder.name) and folder.is_dir() for folder in folders)


@pytest.mark.parametrize("title", ["../../etc", "a/b\\c", "C:", "", "…", "con.", "x" * 300, "Größe 3", "\0", ". ."])
def test_no_title_leads_out_of_the_folder_or_makes_a_name_that_is_not_known_again(tmp_path, title):
    folder = new_job_folder(tmp_path, title, NOON)
    assert folder.parent == tmp_path
    assert is_job_name(folder.name)
    assert job_title(folder.name)
    assert job_time(folder.name) == NOON.timestamp()


def test_other_names_are_taken_as_they_are():
    assert job_title("holiday 2026") == "holiday 2026"
    assert job_time("cow-20261399-999999") is None
    assert job_time("holiday") is None


def test_folders_that_blender_deletes_are_refused(tmp_path):
    doomed = tmp_path / "extensions"
    assert not refusal(tmp_path / "mine", [doomed])
    assert "Blender deletes" in refusal(doomed, [doomed])
    assert "Blender deletes" in refusal(doomed / ".user" / "sv3d" / "jobs", [doomed])
    doomed.mkdir()
    (tmp_path / "link").symlink_to(doomed)
    assert "Blender deletes" in refusal(tmp_path / "link" / "mine", [doomed])
    assert "whole path" in refusal(results_folder.Path("mine"), [doomed])
    (tmp_path / "file").touch()
    assert "a file" in refusal(tmp_path / "file" / "below", [doomed])
    assert "cannot be opened" in refusal(tmp_path / "a\0b", [doomed])


def test_a_disk_that_is_not_there_is_told(tmp_path, monkeypatch):
    monkeypatch.setattr(results_folder.Path, "exists", lambda self: False)
    assert "not there" in refusal(tmp_path, [])


def test_what_is_remembered_stays(tmp_path):
    file = tmp_path / "data" / "results.json"
    assert read_index(file) == Index()
    remember([tmp_path / "one"], file=file)
    remember([tmp_path / "two"], {"/old/a": "/new/a"}, file)
    remember([tmp_path / "one"], {"/old/b": "/new/b"}, file)
    index = read_index(file)
    assert index.folders == (tmp_path / "one", tmp_path / "two")
    assert index.moved == {"/old/a": "/new/a", "/old/b": "/new/b"}
    assert [p.name for p in file.parent.iterdir()] == ["results.json"]


@pytest.mark.parametrize(
    "text", ["", "[]", "{}", '{"folders": 3, "moved": {}}', '{"folders": [], "moved": []}', "[" * 100_000]
)
def test_a_damaged_memory_is_none(tmp_path, text):
    file = tmp_path / "results.json"
    file.write_text(text)
    assert read_index(file) == Index()
    remember([tmp_path], file=file)
    assert read_index(file).folders == (tmp_path,)


def test_of_a_memory_only_sound_words_count(tmp_path):
    file = tmp_path / "results.json"
    file.write_text(json.dumps({"folders": [3, "relative", str(tmp_path)], "moved": {"/a": 3, "/b": "/c"}}))
    assert read_index(file) == Index((tmp_path,), {"/b": "/c"})
