"""SV3D-mini: the small demonstration model that comes with the engine, for want of the official weights.

Only the standard library is used here, because the add-on asks too.
"""

from pathlib import Path

NAME = "SV3D-mini"
NOTE = f"Made with {NAME}, a small demonstration model. For production choose the official SV3D weights."

_FILE = Path(__file__).resolve().with_name("sv3d_mini") / "sv3d_mini.safetensors"


def bundled_weights() -> Path | None:
    """The file of SV3D-mini, which makes frames of 128² pixels; None where the engine comes without it."""
    return _FILE if _FILE.is_file() else None
