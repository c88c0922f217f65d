"""What the add-on has registered with Blender, as Blender tells it: each text an artist can come to see."""

from collections.abc import Iterator
from types import ModuleType
from typing import NamedTuple

from conftest import part

# Of these, Blender's own ExportHelper says what they are, in Blender's languages.
BLENDERS_OWN = {"filepath", "check_existing"}
POINTERS = {
    "Scene": ("sv3d", "sv3d_light", "sv3d_kept", "sv3d_results"),
    "WindowManager": ("sv3d_history",),
    "Camera": ("sv3d_compare",),
}


class Told(NamedTuple):
    """A class, property or item of a menu, by its path, with its label and its tooltip."""

    path: str
    label: str
    tip: str
    tip_wanted: bool = True
    shown: bool = True  # what has no name of its own is never drawn


def classes(blender: ModuleType) -> Iterator[Told]:
    """Operators, panels, menus and file handlers."""
    for cls in part("registration").CLASSES:
        is_operator = issubclass(cls, blender.types.Operator)
        if label := getattr(cls, "bl_label", ""):
            yield Told(cls.__name__, label, rna_of(blender, cls).description if is_operator else "", is_operator)


def properties(blender: ModuleType) -> Iterator[Told]:
    """Every property of the add-on's own, and every item of its menus."""
    owned = (blender.types.PropertyGroup, blender.types.Operator, blender.types.AddonPreferences)
    for cls in part("registration").CLASSES:
        if issubclass(cls, owned):
            helped = "ExportHelper" in {base.__name__ for base in cls.__mro__}
            names = [name for base in cls.__mro__ for name in vars(base).get("__annotations__", {})]
            for name in dict.fromkeys(names):
                if not (helped and name in BLENDERS_OWN):
                    yield from _of(f"{cls.__name__}.{name}", rna_of(blender, cls).properties.get(name))
    for owner, names in POINTERS.items():
        for name in names:
            yield from _of(f"{owner}.{name}", getattr(blender.types, owner).bl_rna.properties[name])


def rna_of(blender: ModuleType, cls: type):
    """What Blender made of a class."""
    if issubclass(cls, blender.types.Operator):
        room, name = cls.bl_idname.split(".")
        return getattr(getattr(blender.ops, room), name).get_rna_type()
    return cls.bl_rna


def _of(path: str, found) -> Iterator[Told]:
    if found is None:  # an annotation that is no property
        return
    yield Told(path, found.name, found.description, shown=found.name != found.identifier)
    if found.type == "ENUM":
        for item in found.enum_items:
            yield Told(f"{path}:{item.identifier}", item.name, item.description)
