import json

from sv3d_engine.batch.making import CANCELLED, DONE, FAILED, Outcome
from sv3d_engine.batch.table import as_markdown, write_table

OUTCOMES = [
    Outcome("cow", "/in/cow.png", "/out/cow", DONE, 75.0, "Closed and clean", ("Small.", "Made with a model.")),
    Outcome("a|b", "/in/a|b.png", "/out/a|b", FAILED, cause="It is\nbroken.", remedy="Glue it.", details="secret"),
    Outcome("mug", "/in/mug.png", "/out/mug", DONE, 5.0, notes=("Made with a model.",)),
    Outcome("pot", "/in/pot.png", "/out/pot", CANCELLED),
]


def test_the_table_tells_all(tmp_path) -> None:
    write_table(OUTCOMES, tmp_path)
    text = (tmp_path / "table.md").read_text(encoding="utf-8")
    assert text == as_markdown(OUTCOMES)
    lines = text.splitlines()
    assert lines[0] == "# 2 done, 1 failed, 1 cancelled"
    assert "| cow | done | 1 min | Closed and clean | 1 2 |" in lines
    assert "| a\\|b | failed |  | It is broken. |  |" in lines
    assert "| mug | done | 5 s |  | 2 |" in lines
    assert "2. Made with a model." in lines
    assert lines[lines.index("**a|b** (/in/a|b.png): It is broken.") + 1] == "Glue it."
    data = json.loads((tmp_path / "table.json").read_text())
    assert [entry["state"] for entry in data] == [DONE, FAILED, DONE, CANCELLED]
    assert (data[1]["cause"], data[1]["remedy"], data[1]["details"]) == ("It is\nbroken.", "Glue it.", "secret")


def test_a_table_of_nothing() -> None:
    assert as_markdown([]).startswith("# nothing done")
