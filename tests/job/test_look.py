"""A look at frames before a mesh is made of them: what the job would say, and nothing written."""

import json
from pathlib import Path

import pytest

from sv3d_engine.ground.progress import Progress
from sv3d_engine.job import command_line
from sv3d_engine.job.look import as_text, look
from sv3d_engine.laboratory.demo.studio import FOLDER
from sv3d_engine.shared import protocol
from sv3d_engine.shared.errors import UserError


@pytest.fixture
def reversed_file(tmp_path: Path) -> Path:
    """The demo's cameras, going the other way round."""
    told = json.loads((FOLDER / "cameras.json").read_text(encoding="utf-8"))
    for frame in told["frames"]:
        frame["azimuth"] *= -1
    file = tmp_path / "cameras.json"
    file.write_text(json.dumps(told), encoding="utf-8")
    return file


def test_it_tells_the_cameras_that_are_found(reversed_file):
    request = protocol.MeshJob("a look", str(FOLDER), "", str(reversed_file), preset="draft")
    looked = look(request, Progress())
    told = json.loads((FOLDER / "cameras.json").read_text(encoding="utf-8"))["frames"]
    assert (looked.job, looked.chosen) == ("a look", "21 frames: 000.png to 020.png.")
    assert looked.elevations == pytest.approx([frame["elevation"] for frame in told], abs=0.5)
    assert looked.azimuths[0] % 360 == pytest.approx(told[0]["azimuth"], abs=0.5)
    assert "clockwise" in looked.notes[0]
    assert looked.doubts == ()
    assert 1 < looked.distance < 4
    assert looked.distances == ()
    assert "Elevation -15° to 35°, field of view 34°." in as_text(looked)
    assert list(reversed_file.parent.iterdir()) == [reversed_file]


def test_distances_of_their_own_are_told(tmp_path):
    told = json.loads((FOLDER / "cameras.json").read_text(encoding="utf-8"))
    told["frames"][3]["distance"] = 1.01 * told["distance"]
    (tmp_path / "cameras.json").write_text(json.dumps(told), encoding="utf-8")
    given = str(FOLDER), "", str(tmp_path / "cameras.json")
    looked = look(protocol.MeshJob("a", *given, preset="draft", cameras_as_given=True), Progress())
    wanted = [told["distance"] * (1.01 if i == 3 else 1) for i in range(21)]
    assert looked.distances == pytest.approx(wanted, rel=1e-4)


def test_what_the_job_would_refuse_is_refused(tmp_path):
    (tmp_path / "empty").mkdir()
    with pytest.raises(UserError, match=r"no pictures|frames"):
        look(protocol.MeshJob("a", str(tmp_path / "empty"), ""), Progress())


def test_the_command_line_tells_it_in_words_or_in_a_line(tmp_path, capsys):
    cameras = f"--cameras={FOLDER / 'cameras.json'}"
    assert command_line.main(["look", str(FOLDER), cameras, "--preset=draft"]) == 0
    said = capsys.readouterr().out
    assert said.startswith("21 frames: 000.png to 020.png.\nElevation ")
    assert command_line.main(["look", str(FOLDER), "--preset=draft"]) == 0
    assert capsys.readouterr().out == said, "cameras.json lies among the frames"
    assert command_line.main(["look", "--json", cameras, "--preset=draft", "--", str(FOLDER)]) == 0
    assert isinstance(protocol.decode_reply(capsys.readouterr().out), protocol.Looked)
    (tmp_path / "empty").mkdir()
    assert command_line.main(["look", "--json", "--", str(tmp_path / "empty")]) == 0
    assert isinstance(protocol.decode_reply(capsys.readouterr().out), protocol.Error)
    assert command_line.main(["look", str(tmp_path / "empty")]) == 2
    assert "Error: " in capsys.readouterr().err
