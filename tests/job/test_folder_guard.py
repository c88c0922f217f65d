"""Job folders that somebody else has made cannot lead a job to files outside of them."""

import json
import os
from dataclasses import replace
from pathlib import Path

import pytest
from pipeline_fakes import make_source, stage, tree, writes

from sv3d_engine.job.folder import JobFolder
from sv3d_engine.job.folder_guard import check_links, identity
from sv3d_engine.job.run import run_job
from sv3d_engine.shared import protocol
from sv3d_engine.shared.errors import UserError

STAGES = [stage("frames", writes("frames/000.png")), stage("field", writes("work/field.bin"))]
needs_links = pytest.mark.skipif(os.name == "nt", reason="Windows lets only administrators make links")


def silent(message):
    pass


@pytest.fixture
def request_(tmp_path):
    return protocol.MeshJob("cup", str(make_source(tmp_path / "in")), str(tmp_path / "out"), resume=True)


@pytest.fixture
def treasure(tmp_path):
    """A folder of the user's own, with files that are called as a job's are."""
    folder = tmp_path / "treasure"
    for name in ("000.png", "field.bin", "half.part", "state.json", "previews/a.part"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text("precious")
    return folder


@needs_links
@pytest.mark.parametrize(
    "link",
    [
        *("work", "frames", "frames/000.png", "work/previews", "work/state.json", "mesh.glb", "turntable"),
        *("job.json", "job.json.part", "report.json", "report.json.part", "work/state.json.part", "frames.part"),
        *(".sv3d-partial", ".lock", "orbit", "work/previews/deep/down"),
    ],
)
@pytest.mark.parametrize("target", ["treasure", "treasure/000.png", "nowhere"])
def test_a_link_in_the_folder_is_refused_and_nothing_written_through_it(request_, treasure, tmp_path, link, target):
    run_job(request_, silent, stages=STAGES)
    path, before = Path(request_.out, link), tree(tmp_path)
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.is_dir():
        path.rename(tmp_path / "aside")
    path.unlink(missing_ok=True)
    path.symlink_to(tmp_path / target)
    with pytest.raises(UserError, match="is a link to another place") as caught:
        run_job(replace(request_, seed=1), silent, stages=STAGES)
    assert path.name in caught.value.cause
    JobFolder(Path(request_.out)).remove_unfinished_after_kill(resumable=False)
    assert {p.read_text() for p in treasure.rglob("*") if p.is_file()} == {"precious"}
    assert tree(treasure) == {name.removeprefix("treasure/") for name in before if name.startswith("treasure/")}
    assert not (tmp_path / "nowhere").exists()


@needs_links
def test_other_files_in_the_folder_may_be_links(request_, tmp_path):
    run_job(request_, silent, stages=STAGES)
    Path(request_.out, "notes").symlink_to(tmp_path)
    run_job(request_, silent, stages=STAGES)


@needs_links
def test_the_folder_itself_may_be_a_link(request_, tmp_path):
    (tmp_path / "true").mkdir()
    Path(request_.out).symlink_to(tmp_path / "true")
    run_job(request_, silent, stages=STAGES)
    assert "frames/000.png" in tree(tmp_path / "true")


def test_plain_files_are_no_links(tmp_path):
    (tmp_path / "frames").mkdir()
    (tmp_path / "frames" / "000.png").touch()
    check_links(tmp_path, ["frames", "absent"])


def test_a_folder_is_told_from_another_of_its_name(tmp_path):
    folder = tmp_path / "a"
    assert identity(folder) is None
    folder.mkdir()
    first = identity(folder)
    assert first == identity(folder)
    folder.rename(tmp_path / "b")
    folder.mkdir()
    assert identity(folder) not in (first, None)


# ---- notes that lie ---------------------------------------------------------------------------------------------

LIES = {
    "a path upwards": {"files": {"../treasure/000.png": 8}},
    "a path upwards, below": {"files": {"work/../../treasure/000.png": 8}},
    "an absolute path": {"files": {"{tmp}/treasure/000.png": 8}},
    "a preview upwards": {"previews": ["../treasure/000.png", "../treasure/half.part"]},
    "a name with a null": {"files": {"a\0b": 8}},
    "a very long name": {"files": {"x" * 5000: 8}},
    "no name": {"files": {"": 8}},
    "the folder itself": {"files": {".": 8}, "previews": ["."]},
    "a device of Windows": {"files": {"CON": 8, "work/NUL.bin": 8}},
    "sizes that are no numbers": {"files": {"frames/000.png": "5"}},
    "files that are a list": {"files": ["frames/000.png"]},
    "facts that are a list": {"facts": [1]},
    "notes that are numbers": {"facts": {"notes": [1, None]}},
    "notes that are a text": {"facts": {"notes": "abc"}},
    "a card without a verdict": {"facts": {"card": 3}},
    "facts that are no numbers": {"facts": {"loss": float("nan")}},
    "seconds that are a text": {"seconds": "soon"},
    "memory without end": {"peak_memory": float("inf")},
    "a name that is a number": {"name": 7},
    "another stage's name": {"name": "../../treasure"},
    "an unknown field": {"run": "calc.exe"},
}


@pytest.mark.parametrize("lie", LIES)
def test_a_state_that_lies_is_not_followed(request_, treasure, tmp_path, lie):
    run_job(request_, silent, stages=STAGES)
    file = Path(request_.out, "work", "state.json")
    state = json.loads(file.read_text())
    state["records"][0] |= json.loads(json.dumps(LIES[lie]).replace("{tmp}", tmp_path.as_posix()))
    file.write_text(json.dumps(state))
    result = run_job(request_, silent, stages=STAGES)
    assert {p.read_text() for p in treasure.rglob("*") if p.is_file()} == {"precious"}
    assert len(tree(treasure)) == 5
    assert all(isinstance(note, str) for note in result.notes)
    json.loads(Path(result.report).read_text(), parse_constant=pytest.fail)
    run_job(request_, silent, stages=STAGES)


@pytest.mark.parametrize("text", ["", "{", "[" * 100_000, "null", "1e999", '"\\ud800"', '{"version": 2, "records": 5}'])
def test_a_state_that_is_no_state_counts_as_none(request_, text):
    run_job(request_, silent, stages=STAGES)
    Path(request_.out, "work", "state.json").write_text(text)
    told = []
    run_job(request_, told.append, stages=STAGES)
    assert not [m for m in told if m.note.startswith("Kept")]
