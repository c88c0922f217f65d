"""What may go, and what must not."""

import json
import time

import pytest
from history_folders import make_job, tree
from sv3d.sv3d_blender.history import cleaning
from sv3d.sv3d_blender.history.cleaning import YOUNG, clean_up, delete, remove_old_logs, remove_remains
from sv3d.sv3d_engine.shared.errors import UserError
from sv3d.sv3d_engine.shared.file_lock import held

NAME = "cow-20261128-120000"


def later() -> float:
    return time.time() + YOUNG + 1


def test_cleaning_up_keeps_the_result(tmp_path):
    folder = make_job(tmp_path / NAME)
    before = tree(folder)
    assert clean_up(folder) >= 1000
    assert tree(folder) == {name for name in before if not name.startswith("work/")}
    assert clean_up(folder) == 0


def test_a_job_that_may_be_resumed_is_not_cleaned_up(tmp_path):
    folder = make_job(tmp_path / NAME, done=False)
    before = tree(folder)
    assert clean_up(folder) == 0
    assert tree(folder) == before


def test_nothing_is_touched_under_a_job_at_work(tmp_path):
    folder = make_job(tmp_path / NAME)
    with held(folder / ".lock"):
        before = tree(folder)
        for action in (clean_up, delete):
            with pytest.raises(UserError, match="at work"):
                action(folder)
        assert tree(folder) == before


def test_a_deleted_job_is_gone_and_its_neighbour_is_not(tmp_path):
    folder, other = make_job(tmp_path / NAME), make_job(tmp_path / "cup-20261128-120000")
    assert delete(folder) > 1000
    assert [p.name for p in tmp_path.iterdir()] == [other.name]


def test_only_jobs_can_be_deleted(tmp_path):
    (tmp_path / "holiday").mkdir()
    (tmp_path / "holiday" / "photo.png").touch()
    (tmp_path / "link").symlink_to(make_job(tmp_path / NAME))
    for name in ("holiday", "link"):
        with pytest.raises(UserError, match="not one that SV3D has made"):
            delete(tmp_path / name)
    assert (tmp_path / "holiday" / "photo.png").exists()
    assert (tmp_path / NAME / "mesh.glb").exists()


ARTISTS = ("chair.blend", "mesh.blend", "frames/painted.png", "frames/mine/000.png", "work/notes.txt", "mesh.glb.bak")


def test_what_the_artist_has_saved_there_stays(tmp_path):
    folder = make_job(tmp_path / NAME)
    for name in ARTISTS:
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text("precious")
    assert clean_up(folder) >= 1000
    assert delete(folder) > 0
    assert tree(folder) == set(ARTISTS)


def test_what_a_stage_has_noted_goes_under_whatever_name(tmp_path):
    folder = make_job(tmp_path / NAME)
    (folder / "new_kind.xyz").touch()
    state = {"records": [{"files": {"new_kind.xyz": 0}, "previews": ["../else"]}, 3, {"files": 5}]}
    (folder / "work" / "state.json").write_text(json.dumps(state))
    (tmp_path / "else").touch()
    delete(folder)
    assert tree(tmp_path) == {"else"}


def test_links_are_not_followed(tmp_path):
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "precious").touch()
    folder = make_job(tmp_path / "results" / NAME)
    (folder / "work" / "link").symlink_to(outside)
    clean_up(folder)
    (folder / "work").symlink_to(outside)
    clean_up(folder)
    delete(folder)
    assert (outside / "precious").exists()


def test_what_refused_jobs_left_goes_by_itself(tmp_path):
    refused = tmp_path / NAME
    refused.mkdir()
    for name in ("source.png", "source.cameras.json", "delivery.json", ".lock"):
        (refused / name).touch()
    (tmp_path / f"{NAME.replace('cow', 'cup')}.png").touch()
    (tmp_path / f"{NAME.replace('cow', 'cup')}.cameras.json").touch()
    (tmp_path / f"{cleaning.GOING}123").mkdir()
    assert remove_remains(tmp_path, time.time() + 86400) == 0, "a job may wait in another Blender's queue"
    assert remove_remains(tmp_path, later()) == 4
    assert not list(tmp_path.iterdir())


def test_what_the_add_on_did_not_make_stays(tmp_path):
    make_job(tmp_path / NAME)
    make_job(tmp_path / "cup-20261128-120000", done=False)
    (tmp_path / f"{NAME}.png").touch()  # of an older version: it belongs to a job that is there
    (tmp_path / "photo.png").touch()
    (tmp_path / "photo-20261128-120000.txt").touch()
    mixed = tmp_path / "mug-20261128-120000"
    mixed.mkdir()
    (mixed / "source.png").touch()
    (mixed / "my notes.txt").touch()
    half = tmp_path / "pot-20261128-120000"
    (half / "work").mkdir(parents=True)
    (half / "work" / "state.json").touch()
    (tmp_path / "empty").mkdir()
    before = tree(tmp_path)
    assert remove_remains(tmp_path, later()) == 0
    assert tree(tmp_path) == before


def test_logs_of_long_ago_go(tmp_path):
    for name in ("engine-1-a0b1c2.log", "engine-1-a0b1c2.log.old", "engine.log", "other.log", "engine-x.log"):
        (tmp_path / name).touch()
    remove_old_logs(tmp_path, time.time())
    assert len(list(tmp_path.iterdir())) == 5
    remove_old_logs(tmp_path, time.time() + 15 * 86400)
    assert {p.name for p in tmp_path.iterdir()} == {"other.log", "engine-x.log"}
