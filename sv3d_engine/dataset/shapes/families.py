"""All families by name."""

from collections.abc import Callable

from . import animals, furniture, kitchen, vehicles
from .model import Model

FAMILIES: dict[str, Callable[[Model], None]] = {
    "beetle": animals.beetle,
    "bird": animals.bird,
    "boat": vehicles.boat,
    "car": vehicles.car,
    "fish": animals.fish,
    "locomotive": vehicles.locomotive,
    "lorry": vehicles.lorry,
    "plane": vehicles.plane,
    "quadruped": animals.quadruped,
    "rocket": vehicles.rocket,
    "snail": animals.snail,
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
