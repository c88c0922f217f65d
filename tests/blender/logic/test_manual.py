"""The manual: what it names is there."""

import re
from pathlib import Path

from sv3d.sv3d_blender.manual import PAGE

ADDON = PAGE.parents[1]
NO_LABELS = {"N", "SV3D", "sv3d_p"}  # a key, the tab, a file


def test_its_pictures_are_there() -> None:
    named = re.findall(r'src="([^"]+)"', PAGE.read_text(encoding="utf-8"))
    assert named
    assert {PAGE.parent / name for name in named} == set((PAGE.parent / "pictures").iterdir())


def test_every_button_that_it_names_exists() -> None:
    """As a whole string in the add-on's code, be it a button's label, a field's or a menu's."""
    code = "\n".join(file.read_text(encoding="utf-8") for file in Path(ADDON).rglob("*.py"))
    named = set(re.findall(r"<b>([^<]+)</b>", PAGE.read_text(encoding="utf-8"))) - NO_LABELS
    strings = {text.casefold() for text in re.findall(r'"([^"\n]+)"', code)}
    assert len(named) > 10
    assert {name for name in named if name.casefold() not in strings} == set()


def test_it_asks_nothing_of_the_internet() -> None:
    assert re.findall(r'(?:src|href)="(?:https?:)?//', PAGE.read_text(encoding="utf-8")) == []
