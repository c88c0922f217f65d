"""The add-on's texts in other languages; ``languages`` holds a folder for each, with files by topic.

Blender itself looks up what it is given whole: labels, names, tooltips.  What is composed goes through ``said``.
"""

import json
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import bpy

from . import storage
from .phrase import Phrase

FOLDER = Path(__file__).parent / "languages"
_CONTEXTS = ("*", "Operator")  # Blender looks for a button's text in the second


@cache
def catalogue(language: str) -> dict[str, str]:
    """A language's texts, by the English ones."""
    files = sorted((FOLDER / language).glob("*.json"))
    return {key: text for file in files for key, text in json.loads(file.read_text(encoding="utf-8")).items()}


def said(text: str, **values: Any) -> str:
    """A text of the interface in Blender's language: a phrase, or a template with values, or a whole sentence."""
    return _worded(_look_up, text, values)


def reported(text: str, **values: Any) -> str:
    """The same for a report, as reports are translated only where Blender's preferences say so."""
    return _worded(_look_up_report, text, values)


def register() -> None:
    languages = [folder.name for folder in FOLDER.iterdir() if folder.is_dir()]
    texts = {
        language: {(context, key): text for key, text in catalogue(language).items() for context in _CONTEXTS}
        for language in languages
    }
    bpy.app.translations.register(storage.EXTENSION_PACKAGE, texts)


def unregister() -> None:
    bpy.app.translations.unregister(storage.EXTENSION_PACKAGE)


def _worded(look_up: Callable[[str], str], text: str, values: dict[str, Any]) -> str:
    if isinstance(text, Phrase):
        return _worded(look_up, text.template, text.values)
    found = look_up(text)
    if not values:
        return found
    told = {name: _worded(look_up, v, {}) if isinstance(v, Phrase) else v for name, v in values.items()}
    return found.format(**told)


def _look_up(text: str) -> str:
    return bpy.app.translations.pgettext_iface(text)


def _look_up_report(text: str) -> str:
    return bpy.app.translations.pgettext_rpt(text)
