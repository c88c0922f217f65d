"""All families by name."""

from collections.abc import Callable

from . import furniture, kitchen
from .model import Model

FAMILIES: dict[str, Callable[[Model], None]] = {
    "burger": kitchen.burger,
    "cabinet": furniture.cabinet,
    "cake": kitchen.cake,
    "bottle": kitchen.bottle,
    "chair": furniture.chair,
    "lamp": furniture.lamp,
    "mug": kitchen.mug,
    "table": furniture.table,
    "teapot": kitchen.teapot,
}
