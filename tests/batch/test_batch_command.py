"""The command ``batch`` as a whole: with stand-ins for the stages, once with the real ones, as small as they go."""

import json
import os
import signal
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from sv3d_engine.batch import batch_command, local
from sv3d_engine.batch.batch_command import SOME_NOT_DONE
from sv3d_engine.job.command_line import INTERRUPTED, main
from tests.job.ball import SIZE, ball_frame

FAKE_ENGINE = Path(__file__).parents[1] / "job" / "worker" / "fake_engine.py"
TINY_RUNNER = Path(__file__).with_name("tiny_runner.py")


@pytest.fixture
def batch(monkeypatch, orbits, tmp_path):
    """Runs ``batch`` on the three orbits and returns its status."""
    monkeypatch.setattr(local, "engine_command", lambda: [sys.executable, str(FAKE_ENGINE)])
    monkeypatch.setattr(local, "card_count", lambda: 0)

    def run(*options: str) -> int:
        return main(["batch", str(tmp_path / "in"), "--out", str(tmp_path / "out"), *options])

    return run


def states(out: Path) -> dict[str, str]:
    return {entry["name"]: entry["state"] for entry in json.loads((out / "table.json").read_text())}


def test_all_are_made_and_then_kept(batch, tmp_path, capsys) -> None:
    out = tmp_path / "out"
    assert batch("--jobs", "2") == 0
    assert states(out) == dict.fromkeys(("cow", "mug", "pot"), "done")
    assert capsys.readouterr().out == f"3 done: {out / 'table.md'} and sheet.png\n"
    with Image.open(out / "sheet.png") as sheet:
        assert sheet.size[0] > 384
    before = (out / "cow" / "mesh.glb").stat().st_mtime_ns
    assert batch() == 0
    assert states(out) == dict.fromkeys(("cow", "mug", "pot"), "kept")
    assert (out / "cow" / "mesh.glb").stat().st_mtime_ns == before
    assert not list(out.glob(".*"))


def test_what_changed_is_told_and_made_beside_or_anew(batch, orbits, tmp_path, capsys) -> None:
    assert batch() == 0
    Image.new("RGB", (8, 8), (1, 2, 3)).save(orbits[1] / "004.png")
    capsys.readouterr()
    assert batch() == 0
    assert "mug was made from another picture or with other settings; it is made in mug-2" in capsys.readouterr().err
    assert states(tmp_path / "out") == {"cow": "kept", "mug-2": "done", "pot": "kept"}
    assert (tmp_path / "out" / "mug" / "mesh.glb").is_file()
    assert batch("--seed", "5", "--again") == 0
    assert set(states(tmp_path / "out")) == {"cow", "mug", "pot"}


def test_a_failed_one_has_a_status_of_its_own_and_is_tried_again(batch, orbits, tmp_path, capsys) -> None:
    orbits[1].rename(tmp_path / "in" / "fails")
    assert batch() == SOME_NOT_DONE
    assert states(tmp_path / "out") == {"cow": "done", "fails": "failed", "pot": "done"}
    text = (tmp_path / "out" / "table.md").read_text()
    assert "The cup is broken." in text
    assert "Glue it." in text
    assert "fails: failed – The cup is broken. Glue it." in capsys.readouterr().err
    (tmp_path / "in" / "fails").rename(orbits[1])
    assert batch() == 0
    assert states(tmp_path / "out") == {"cow": "kept", "pot": "kept", "fails": "done"}, (
        "the same frames by another name"
    )


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_stop_leaves_table_and_sheet_and_the_same_command_goes_on(
    batch, orbits, tmp_path, monkeypatch, number
) -> None:
    orbits[1].rename(tmp_path / "in" / "obeys")
    show = batch_command.LiveLine.write

    def stop_after_the_first(self, line):
        show(self, line)
        if line.startswith("cow: done"):
            os.kill(os.getpid(), number)

    with monkeypatch.context() as patch:
        patch.setattr(batch_command.LiveLine, "write", stop_after_the_first)
        assert batch() == INTERRUPTED
    out = tmp_path / "out"
    assert states(out)["cow"] == "done"
    assert set(states(out).values()) <= {"done", "cancelled", "not begun"}
    assert len(states(out)) == 3
    assert (out / "sheet.png").is_file()
    (tmp_path / "in" / "obeys").rename(orbits[1])
    assert batch() == 0
    assert states(out)["cow"] == "kept"


@pytest.mark.parametrize(
    ("options", "told"),
    [(["--jobs", "0"], "--jobs"), (["--out", "IN"], "among the pictures"), (["--ray", "127.0.0.1:1"], "Ray")],
)
def test_what_cannot_begin_is_an_error(batch, tmp_path, capsys, options, told) -> None:
    assert batch(*(str(tmp_path / "in") if option == "IN" else option for option in options)) == 2
    assert told in capsys.readouterr().err


def test_help_names_the_statuses(capsys) -> None:
    with pytest.raises(SystemExit):
        main(["batch", "--help"])
    assert f"{SOME_NOT_DONE} if some are not" in " ".join(capsys.readouterr().out.split())


def test_real_stages(monkeypatch, tmp_path) -> None:
    """A ball becomes a mesh."""
    monkeypatch.setattr(local, "engine_command", lambda: [sys.executable, str(TINY_RUNNER)])
    folder, out = tmp_path / "in" / "ball", tmp_path / "out"
    folder.mkdir(parents=True)
    for i in range(8):
        Image.fromarray(ball_frame(SIZE)).save(folder / f"{i}.png")
    code = main(["batch", str(tmp_path / "in"), "--out", str(out), "--preset", "draft", "--device", "cpu"])
    assert code == 0, (out / "table.md").read_text()
    assert (out / "ball" / "mesh.glb").read_bytes()[:4] == b"glTF"
    assert json.loads((out / "table.json").read_text())[0]["card"]
    with Image.open(out / "sheet.png") as sheet:
        assert np.asarray(sheet)[108, 300].tolist() != [205, 205, 205], "a view of the mesh"
