"""What the tab's fields hold; kept with the scene."""

import bpy
from bpy.props import BoolProperty, EnumProperty, IntProperty, StringProperty

from ...sv3d_engine.shared import protocol
from ..light.choices import LIGHTS
from ..light.world import is_picture_light
from . import choices
from .orbit_settings import OrbitSettings
from .source_settings import SourceSettings
from .wording import EXPECTED_MINUTES


class SV3DSettings(SourceSettings, OrbitSettings, bpy.types.PropertyGroup):
    make: EnumProperty(  # type: ignore[valid-type]
        name="Make",
        description="What to make from the picture",
        items=(
            ("MESH", "Mesh", "An orbit, and a textured mesh from it"),
            ("ORBIT", "Orbit Only", "The 21 frames of the orbit. A mesh can be made from them later"),
        ),
    )
    preset: EnumProperty(  # type: ignore[valid-type]
        name="Quality",
        description="How much work goes into the mesh. Times are for the mesh alone, "
        "on two processor cores; a graphics card is faster",
        items=tuple((word, f"{name} · {EXPECTED_MINUTES[word]} min", tip) for word, name, tip in choices.QUALITIES),
        default="standard",
    )
    own_faces: BoolProperty(  # type: ignore[valid-type]
        name="Own Number of Faces",
        description="Choose how many triangles the mesh may have. "
        "Automatic goes by the quality: 10000 for draft, 30000 for standard, 50000 for high",
        get=lambda self: self.faces > 0,
        set=lambda self, own: setattr(self, "faces", 20_000 if own else 0),
    )
    faces: IntProperty(  # type: ignore[valid-type]
        name="Faces",
        description="The most triangles that the mesh may have, from 500 to 200000. 0 is automatic",
        min=0,
        max=protocol.MOST_FACES,
        step=1000,
    )
    texture: EnumProperty(  # type: ignore[valid-type]
        name="Texture",
        description="How many pixels the mesh's textures have along each side",
        items=choices.TEXTURE_SIZES,
    )
    material: EnumProperty(  # type: ignore[valid-type]
        name="Material",
        description="What the mesh's surface is like",
        items=choices.MATERIALS,
    )
    sds: EnumProperty(  # type: ignore[valid-type]
        name="Unseen Parts",
        description="What becomes of places that no frame looks at",
        items=choices.UNSEEN,
    )
    normals: StringProperty(  # type: ignore[valid-type]
        name="Normals",
        description="Folder with a normal map for each frame, called as the frames are, or a network's file (.onnx) "
        "that tells normals from pictures, like MoGe-2's. It makes fine shapes truer. May stay empty",
        subtype="FILE_PATH",
    )
    quads: BoolProperty(  # type: ignore[valid-type]
        name="Quads",
        description="Join triangles in pairs as the mesh comes into the scene, where that leaves good four-sided faces "
        "and no seam of the UV map is crossed; some triangles stay. With Import Again, for a mesh that is made already",
    )
    playback: BoolProperty(  # type: ignore[valid-type]
        name="Set Up Playback",
        description="As the result comes, make the preview range its orbit, and the scene's camera the orbit's "
        "if there is none. Otherwise both stay as they are",
    )
    light: EnumProperty(  # type: ignore[valid-type]
        name="Light",
        description="Which light the scene has now; the buttons below Compare with Orbit switch it",
        items=LIGHTS,
        get=lambda self: 0 if is_picture_light(self.id_data) else 1,
    )
    seed: IntProperty(  # type: ignore[valid-type]
        name="Seed",
        description="The same seed gives the same mesh again",
        min=0,
    )
