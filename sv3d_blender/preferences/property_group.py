"""The add-on's preferences."""

import os

import bpy
from bpy.props import EnumProperty, StringProperty

from ...sv3d_engine.protocol import DEVICES
from .. import storage
from ..engine.launch import PYTHON_VARIABLE
from . import panel

_DEVICE_NAMES = {"auto": "Best Available", "cpu": "Processor", "cuda": "NVIDIA Graphics Card", "mps": "Apple Graphics"}


class SV3DPreferences(bpy.types.AddonPreferences):
    bl_idname = storage.EXTENSION_PACKAGE

    python: StringProperty(  # type: ignore[valid-type]
        name="Engine Python",
        description="Python, or folder of a virtual environment, that has the engine's packages. "
        f"At first, what the environment variable {PYTHON_VARIABLE} names",
        subtype="FILE_PATH",
        default=os.environ.get(PYTHON_VARIABLE, ""),
    )
    device: EnumProperty(  # type: ignore[valid-type]
        name="Compute On",
        description="What the engine computes on",
        items=tuple((device, _DEVICE_NAMES[device], "") for device in DEVICES),
    )

    def draw(self, _context: bpy.types.Context) -> None:
        panel.draw(self.layout, self)


def preferences(context: bpy.types.Context) -> SV3DPreferences:
    """This extension's preferences."""
    return context.preferences.addons[storage.EXTENSION_PACKAGE].preferences


CLASSES = (SV3DPreferences,)
