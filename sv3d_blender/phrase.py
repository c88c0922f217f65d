"""Sentences with values in them that can still be put into another language; no Blender is needed to make them."""

from collections.abc import Iterable
from typing import Any


class Phrase(str):
    """An English sentence that remembers how it was made: ``template`` and ``values``, as str.format wants them."""

    __slots__ = ("template", "values")
    template: str
    values: dict[str, Any]


def phrase(template: str, **values: Any) -> Phrase:
    """A sentence whose template a language may have another wording for; so may values that are phrases."""
    made = Phrase(template.format(**values))
    made.template, made.values = template, values
    return made


def joined(between: str, parts: Iterable[str]) -> Phrase:
    """What is there of ``parts``, in a row."""
    there = {f"part{i}": part for i, part in enumerate(filter(None, parts))}
    return phrase(between.join(f"{{{name}}}" for name in there), **there)
