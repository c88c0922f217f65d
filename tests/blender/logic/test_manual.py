"""The manual, and what the add-on and the engine tell people to press: what they name is there."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from sv3d.sv3d_blender.manual import PAGE

ADDON = PAGE.parents[1]
ENGINE = ADDON.with_name("sv3d_engine")
NO_LABELS = {"N", "SV3D", "sv3d_p"}  # a key, the tab, a file


def texts(folder: Path) -> Iterator[str]:
    """Every string in the code of a folder; of one with values in it, the parts between them."""
    for file in folder.rglob("*.py"):
        if "laboratory" not in file.parts:
            for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
                if isinstance(node, ast.Constant) and isinstance(node.value, str):
                    yield node.value


def missing(named: set[str]) -> set[str]:
    """Those that no whole string of the add-on is, be it a button's label, a field's or a menu's."""
    strings = {text.casefold() for text in texts(ADDON)}
    return {name for name in named if name.casefold() not in strings}


def test_its_pictures_are_there_and_small() -> None:
    named = re.findall(r'src="([^"]+)"', PAGE.read_text(encoding="utf-8"))
    assert named
    assert {PAGE.parent / name for name in named} == set((PAGE.parent / "pictures").iterdir())
    assert all((PAGE.parent / name).stat().st_size <= 60_000 for name in named)


def test_every_button_that_it_names_exists() -> None:
    named = set(re.findall(r"<b>([^<]+)</b>", PAGE.read_text(encoding="utf-8"))) - NO_LABELS
    assert len(named) > 10
    assert missing(named) == set()


def test_every_button_that_a_message_names_exists() -> None:
    told = [text for folder in (ADDON, ENGINE) for text in texts(folder)]
    named = {name for text in told for name in re.findall(r"\b[Pp]ress ([A-Z][a-z]+(?: [A-Z][a-z]*)*)", text)}
    assert {"Resume", "Set Up Engine", "Repair", "Allow Online Access"} <= named
    assert missing(named) == set()


def test_it_asks_nothing_of_the_internet() -> None:
    assert re.findall(r'(?:src|href)="(?:https?:)?//', PAGE.read_text(encoding="utf-8")) == []
