"""The add-on's preferences."""

import os
from contextlib import suppress
from pathlib import Path

import bpy
from bpy.props import BoolProperty, EnumProperty, FloatProperty, IntProperty, PointerProperty, StringProperty

from ...sv3d_engine.shared.errors import UserError
from ...sv3d_engine.shared.protocol import DEVICES
from .. import storage
from ..engine.launch import PYTHON_VARIABLE
from ..generate.preflight import OFFICIAL, Model, demonstration, recognised
from ..history.property_group import SV3DResultsFolder
from . import panel

_DEVICE_WORDS = {
    "auto": ("Best Available", "A graphics card if the engine can use one, else the processor"),
    "cpu": ("Processor", "Works everywhere, and is slow"),
    "cuda": ("NVIDIA Graphics Card", "By far the fastest"),
    "mps": ("Apple Graphics", "The graphics of a Mac with Apple's own processor"),
}

_VARIANTS = (
    ("auto", "Automatic", "Take the file for what it is"),
    ("u", "SV3D_u", "Without a camera: one level orbit"),
    ("c", "SV3D_c", "With a camera, trained on moving orbits only"),
    ("p", "SV3D_p", "With a camera, for any orbit. Best for meshes"),
)
_BUILDS = (
    ("auto", "Automatic", "NVIDIA's card if its driver is found, Apple's graphics on a Mac, else the processor"),
    ("cuda", "NVIDIA Graphics Card", "The newest CUDA that the driver takes. Some gigabytes"),
    ("cpu", "Processor", "Smaller. On a Mac, it computes on Apple's graphics, too"),
)


def _look_at_home(chosen: "SV3DPreferences", _context: bpy.types.Context) -> None:
    """Let what is big lie there; what Blender deletes is refused."""
    chosen.home_problem = storage.use_home(chosen.home)


def _look_at_weights(chosen: "SV3DPreferences", _context: bpy.types.Context) -> None:
    """Recognise the weights once, when they are chosen: drawing must not touch the disk."""
    with suppress(UserError):  # kept as weights_problem
        chosen.recognise_weights()


class SV3DPreferences(bpy.types.AddonPreferences):
    bl_idname = storage.EXTENSION_PACKAGE

    home: StringProperty(  # type: ignore[valid-type]
        name="SV3D Folder",
        description="Where the engine's environment and the models lie: some gigabytes. "
        "Empty: the usual place for programs' data. The button beside it moves what is there",
        subtype="DIR_PATH",
        default=str(storage.usual_home()),
        update=_look_at_home,
    )
    home_problem: StringProperty(  # type: ignore[valid-type]
        description="Why the SV3D folder is refused", options={"HIDDEN", "SKIP_SAVE"}
    )
    torch: EnumProperty(  # type: ignore[valid-type]
        name="PyTorch for",
        description="Which build of PyTorch the set-up installs",
        items=_BUILDS,
    )
    base_python: StringProperty(  # type: ignore[valid-type]
        name="Python to Build On",
        description="The Python that the engine's environment is made from. "
        "Empty: Blender's own, or one that is downloaded where Blender's does not do",
        subtype="FILE_PATH",
    )
    python: StringProperty(  # type: ignore[valid-type]
        name="Use My Own Python",
        description="Instead of the set-up: Python, or folder of a virtual environment, that has the engine's "
        f"packages. At first, what the environment variable {PYTHON_VARIABLE} names",
        subtype="FILE_PATH",
        default=os.environ.get(PYTHON_VARIABLE, ""),
    )
    weights: StringProperty(  # type: ignore[valid-type]
        name="SV3D Weights",
        description="File with what SV3D has learnt: sv3d_p.safetensors, best for meshes, or sv3d_u.safetensors, "
        "from Stability AI under their licence; or the folder of a converted model. "
        "Without one, pictures go through a small demonstration model",
        subtype="FILE_PATH",
        update=_look_at_weights,
    )
    weights_variant: StringProperty(  # type: ignore[valid-type]
        description="What the chosen weights are, as their header tells", options={"HIDDEN"}
    )
    weights_step_share: FloatProperty(  # type: ignore[valid-type]
        description="How much of the official model's work a step of the chosen weights takes",
        options={"HIDDEN"},
        default=OFFICIAL.step_share,
    )
    weights_steps: IntProperty(  # type: ignore[valid-type]
        description="The number of steps that suits the chosen weights", options={"HIDDEN"}, default=OFFICIAL.steps
    )
    weights_problem: StringProperty(  # type: ignore[valid-type]
        description="Why the chosen weights cannot be used", options={"HIDDEN"}
    )
    variant: EnumProperty(  # type: ignore[valid-type]
        name="Variant",
        description="Which SV3D the weights have to be; another one is refused",
        items=_VARIANTS,
    )
    download: BoolProperty(  # type: ignore[valid-type]
        name="Download Background Model",
        description="Let the engine fetch, once, the model that cuts an object out of its background. "
        "Needs Allow Online Access in Blender's system preferences",
    )
    device: EnumProperty(  # type: ignore[valid-type]
        name="Compute On",
        description="What the engine computes on",
        items=tuple((device, *_DEVICE_WORDS[device]) for device in DEVICES),
    )

    results: PointerProperty(  # type: ignore[valid-type]
        description="Where all that SV3D makes is kept", type=SV3DResultsFolder
    )

    @property
    def weights_path(self) -> Path:
        return Path(bpy.path.abspath(self.weights)).expanduser().absolute()

    @property
    def model(self) -> Model | None:
        """What would make an orbit: the chosen weights, else the demonstration model.  Touches no disk."""
        if not self.weights:
            return demonstration()
        return Model(self.weights_variant, self.weights_step_share, self.weights_steps)

    def recognise_weights(self) -> None:
        """See what the weights are now, from their headers.  Raises UserError if they cannot be used."""
        self._keep(OFFICIAL)
        self.weights_problem = ""
        if not self.weights:
            return
        try:
            self._keep(recognised(self.weights_path))
        except UserError as error:
            self.weights_problem = error.cause
            raise

    def _keep(self, model: Model) -> None:
        self.weights_variant, self.weights_step_share, self.weights_steps = model

    def draw(self, _context: bpy.types.Context) -> None:
        panel.draw(self.layout, self)


def preferences(context: bpy.types.Context) -> SV3DPreferences:
    """This extension's preferences."""
    return context.preferences.addons[storage.EXTENSION_PACKAGE].preferences


def use_home() -> None:
    """Go by the folder that the preferences name, from the start."""
    addon = bpy.context.preferences.addons.get(storage.EXTENSION_PACKAGE)
    storage.use_home(addon.preferences.home if addon and addon.preferences else "")


CLASSES = (SV3DPreferences,)
