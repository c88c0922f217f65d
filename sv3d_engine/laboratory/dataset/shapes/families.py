"""All families by name."""

from collections.abc import Callable

from . import (
    animals,
    buildings,
    creatures,
    figures,
    furniture,
    kitchen,
    nature,
    piles,
    plants,
    things,
    tools,
    vehicles,
    wheeled,
)
from .model import Model

FAMILIES: dict[str, Callable[[Model], None]] = {
    build.__name__: build
    for build in (
        *(animals.bird, animals.quadruped, creatures.beetle, creatures.fish, creatures.snail),
        *(buildings.castle, buildings.house, buildings.windmill),
        *(figures.person, figures.robot, piles.snowman, piles.totem),
        *(furniture.cabinet, furniture.chair, furniture.lamp, furniture.table),
        *(kitchen.bottle, kitchen.mug, kitchen.teapot, kitchen.burger, kitchen.cake),
        *(plants.fruit, nature.mushroom, plants.potted, nature.rock, nature.tree),
        *(things.camera, tools.clockwork, things.guitar, tools.letters, things.shoe, tools.tool),
        *(vehicles.boat, wheeled.car, wheeled.locomotive, wheeled.lorry, vehicles.plane, vehicles.rocket),
    )
}
