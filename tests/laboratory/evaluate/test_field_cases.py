"""The table of the field's cases: every case has its row, and the row says what becomes of it."""

from pathlib import Path

from PIL import Image, ImageDraw

from sv3d_engine.laboratory.evaluate.field_cases import CASES, field_table, outcome
from tests.field import FIELD, case


def test_every_case_beside_the_repository_has_a_row() -> None:
    case("radians")
    assert {one.name for one in CASES} == {folder.name for folder in FIELD.iterdir() if folder.is_dir()}


def test_a_row_says_what_was_and_what_is(tmp_path: Path) -> None:
    picture = Image.new("RGBA", (300, 300), (0, 0, 0, 0))
    ImageDraw.Draw(picture).ellipse((80, 80, 220, 220), fill=(200, 40, 40, 255))
    (tmp_path / "picture_drop_shadow").mkdir()
    picture.save(tmp_path / "picture_drop_shadow" / "a.png")
    (tmp_path / "radians").mkdir()
    table = field_table(tmp_path)
    assert "| picture_drop_shadow | the shadow stays as object | cut out by its alpha. |" in table
    assert "| radians | done: a loaf | refused: " in table and len(table.splitlines()) == 4


def test_what_is_refused_is_said_so(tmp_path: Path) -> None:
    assert outcome(tmp_path, CASES[0]).startswith("refused: ")
