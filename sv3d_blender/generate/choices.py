"""What the tab's menus offer: the protocol's words with a name and an explanation for an artist.

Items as EnumProperty wants them; the first of each is the protocol's default.
"""

from collections.abc import Iterable

from ...sv3d_engine.shared import protocol
from ...sv3d_engine.shared.model_facts import STEPS

Items = tuple[tuple[str, str, str], ...]

ORBITS: Items = (
    ("auto", "Automatic", "What suits the weights: Rise and Fall, or Level for SV3D_u, which knows nothing else"),
    ("sine", "Rise and Fall", "The camera rises and falls once on its way round. Best for meshes: it sees more"),
    ("static", "Level", "The camera circles at the height of the picture"),
    ("dynamic", "Random", "The camera wanders up and down and turns unevenly; another seed gives another way"),
    ("file", "From File", "The camera takes the 21 views that a cameras file tells"),
)
SCENE_CAMERAS = ("cameras", "Scene Cameras", "The way that the tab's cameras of the scene tell")
SAMPLERS: Items = (
    ("auto", "Automatic", "What suits the weights: Euler for the official ones"),
    ("euler", f"Euler · {STEPS['euler']} steps", "SV3D's own: the most careful and the slowest"),
    ("ays", f"Align Your Steps · {STEPS['ays']}", "Steps laid where they matter most: the fastest"),
    ("dpm++2m", f"DPM++ 2M · {STEPS['dpm++2m']} steps", "Learns from the step before: between the two"),
)
GUIDANCES: Items = (
    ("triangle", "Triangle", "Strongest at the back, which the picture tells least about. SV3D's own"),
    ("linear", "Linear", "Grows from the first frame to the last"),
    ("constant", "Constant", "The same in all frames"),
)
MEMORY_MODES: Items = (
    ("auto", "Automatic", "Choose by the memory that is free now"),
    ("together", "Fastest", "Needs the most memory"),
    ("apart", "Less Memory", "A little slower"),
    ("offload", "Little Memory", "Only the part at work is on the graphics card"),
    ("blocks", "Least Memory", "Only a small block at a time is on the graphics card. Slow"),
)
QUALITIES: Items = (  # the default is the second
    ("draft", "Draft", "A quick look: rough shape, small texture"),
    ("standard", "Standard", "For work: full frame resolution, 2048² texture"),
    ("high", "High", "Finest shape and a 4096² texture"),
)
# Of the mesh, the first word is no word of the protocol's: it leaves the choice to the quality.
BY_QUALITY = "quality"
TEXTURE_SIZES: Items = (
    (BY_QUALITY, "By Quality", "1024 for draft, 2048 for standard, 4096 for high"),
    *(
        (str(size), f"{size} px", f"{size} pixels along each side" + (". Needs much memory" if size > 4096 else ""))
        for size in protocol.TEXTURE_SIZES
    ),
)
MATERIALS: Items = (
    (BY_QUALITY, "Automatic", "As it is best for most objects: with gloss and metal"),
    ("pbr", "Gloss and Metal", "Highlights are taken out of the colour and told by roughness and metallic maps"),
    ("lambert", "Matt", "For objects without any shine: colour alone, as in SV3D's paper"),
)

FRAME_LIGHTS: Items = (
    ("auto", "Automatic", "Found out: places that the frames show from several sides tell it"),
    ("turns", "Stands Still", "Lamps stand still while the object turns before the camera, as on a turntable"),
    ("fixed", "With the Object", "Lamps stand still about the object while the camera goes round it"),
)

UNSEEN: Items = (
    (
        "auto",
        "Automatic",
        "With high quality SV3D imagines it, if its real weights are chosen and would not take hours",
    ),
    (
        "on",
        "Imagine",
        "SV3D imagines shape and colours there. Slow without a strong graphics card, and the small model often errs",
    ),
    ("off", "Leave Plain", "It is closed smoothly, and coloured like what lies around it"),
)


def as_tab(items: Iterable[tuple[str, str, str]]) -> Items:
    """A menu for scripts, whose first and default item leaves the choice to the tab."""
    return (("TAB", "As in the Tab", "What the SV3D tab has chosen"), *items)


UNCOUNTED = -1  # frames of a film, which the engine counts
