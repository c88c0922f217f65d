"""A preset's settings as the command line gives them: ``name=value``, of a group ``group.name=value``."""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import fields, is_dataclass, replace
from typing import Any

from ...ground.settings import PRESETS, Settings
from ...shared.errors import UserError
from ...shared.protocol import MATERIALS

CHOICES = {"material": (*MATERIALS, "baked")}  # of settings that are words; the last is for comparing alone


def parse_settings(asked: Iterable[str], preset: str) -> dict[str, Any]:
    """Each in that setting's own type.  Raises UserError for what is no setting or does not fit."""
    known = dict(known_settings(PRESETS[preset]))
    values: dict[str, Any] = {}
    for item in asked:
        name, _, text = item.partition("=")
        if name not in known:
            raise UserError(f"There is no setting “{name}”.", f"Choose from {', '.join(known)}.")
        kind = type(known[name])
        try:
            value = text if kind is str else json.loads(text)
        except ValueError:
            value = None
        if type(value) is not kind and not (kind is float and type(value) is int):
            raise UserError(f"“{item}” does not fit.", f"In preset {preset} it is {name}={known[name]}.")
        if value not in CHOICES.get(name, (value,)):
            raise UserError(f"“{item}” does not fit.", f"Choose from {', '.join(CHOICES[name])}.")
        values[name] = kind(value)
    return values


def known_settings(settings: Any, group: str = "") -> Iterator[tuple[str, Any]]:
    """Names and values of what can be set, groups' with a dot."""
    for field in fields(settings):
        value = getattr(settings, field.name)
        if is_dataclass(value):
            yield from known_settings(value, f"{group}{field.name}.")
        elif isinstance(value, bool | int | float | str) and field.name != "preset":
            yield group + field.name, value


def with_settings(settings: Settings, values: Mapping[str, Any]) -> Settings:
    """The same with what ``parse_settings`` found."""
    changed: Any = settings
    for name, value in values.items():
        changed = _with(changed, name.split("."), value)
    return changed


def _with(settings: Any, path: list[str], value: Any) -> Any:
    first, *rest = path
    return replace(settings, **{first: _with(getattr(settings, first), rest, value) if rest else value})
