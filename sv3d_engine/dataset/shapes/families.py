"""All families by name."""

from collections.abc import Callable

from . import animals, buildings, figures, furniture, kitchen, nature, things, vehicles
from .model import Model

FAMILIES: dict[str, Callable[[Model], None]] = {
    build.__name__: build
    for build in (
        *(animals.beetle, animals.bird, animals.fish, animals.quadruped, animals.snail),
        *(buildings.castle, buildings.house, buildings.windmill),
        *(figures.person, figures.robot, figures.snowman, figures.totem),
        *(furniture.cabinet, furniture.chair, furniture.lamp, furniture.table),
        *(kitchen.bottle, kitchen.burger, kitchen.cake, kitchen.mug, kitchen.teapot),
        *(nature.fruit, nature.mushroom, nature.potted, nature.rock, nature.tree),
        *(things.camera, things.clockwork, things.guitar, things.letters, things.shoe, things.tool),
        *(vehicles.boat, vehicles.car, vehicles.locomotive, vehicles.lorry, vehicles.plane, vehicles.rocket),
    )
}
