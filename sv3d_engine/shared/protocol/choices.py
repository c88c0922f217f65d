"""What can be chosen in messages: names, and the least and the most of numbers."""

PRESETS = ("draft", "standard", "high")
MATERIALS = ("pbr", "lambert")  # with gloss and metal, or matt all over as in SV3D's paper
LIGHTS = ("auto", "turns", "fixed")  # with the frames, as on a turntable, or with the object; "auto": as frames tell
FEWEST_FACES, MOST_FACES = 500, 200_000
TEXTURE_SIZES = (512, 1024, 2048, 4096, 8192)  # pixels along one side
SDS = ("auto", "on", "off")  # masked SDS at the end of the fine stage; "auto": as the preset and the weights have it
DEVICES = ("auto", "cpu", "cuda", "mps")
DOUBTS = ("tell", "stop")
PREVIEW_KINDS = ("frame", "image", "mesh", "orbit")  # "orbit" is a folder of frames 000.png …, the others are files
STAGE_NAMES = ("picture", "orbit", "frames", "field", "mesh", "material", "asset", "turntable")

VARIANTS = ("auto", "u", "c", "p")  # of SV3D; "auto" is what the weights are
ORBITS = ("auto", "static", "sine", "dynamic", "file")  # "auto": static for SV3D_u, sine for the others
SAMPLERS = ("auto", "euler", "ays", "dpm++2m")  # "auto": what suits the weights
MOST_STEPS = 1000
MOST_GUIDANCE = 20.0
GUIDANCES = ("triangle", "linear", "constant")
MEMORY_MODES = ("auto", "together", "apart", "offload", "blocks")  # from the most memory to the least
PRECISIONS = ("auto", "float32", "float16", "bfloat16")


class ProtocolError(ValueError):
    """A line that is not a message; the text says what is wrong with it."""


def one_of(name: str, value: str | None, allowed: tuple[str | None, ...]) -> None:
    """Raises ProtocolError for a value of field ``name`` that is none of these."""
    if value not in allowed:
        raise ProtocolError(f"{name} must be one of {', '.join(filter(None, allowed))}, not {value!r}")
