"""The background model, IS-Net by way of rembg: where its file is, how it is fetched, what it cuts out.

Only the standard library is imported here until something is to be cut out: the doctor asks for the file, too.
"""

import hashlib
import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO
from urllib.request import urlopen

from ..ground.files import whole_file
from ..ground.progress import Progress
from ..shared.user_folders import user_folder

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Array = NDArray[np.float32]

NAME = "isnet-general-use"
FILE = f"{NAME}.onnx"
URL = f"https://github.com/danielgatis/rembg/releases/download/v0.0.0/{FILE}"
SIZE = 178_648_008  # bytes
SHA256 = "60920e99c45464f2ba57bee2ad08c919a52bbf852739e96947fbb4358c0d964a"

_CHUNK = 1 << 18  # bytes; at a slow megabit a second still a progress call every two seconds
_PATIENCE = 30.0  # seconds without a byte
_LEVELS = (0.05, 0.95)  # of the mask are empty and solid: the model is seldom quite sure


class DownloadFailed(Exception):
    """The model could not be fetched; the text says why, in a clause."""


def model_folder() -> Path:
    """The folder for the engine's own copy of the model; it need not exist."""
    return user_folder("data") / "models"


def find_model() -> Path | None:
    """The model's file on this machine: the engine's own, or one that rembg has put into its folders."""
    if chosen := os.environ.get("U2NET_HOME"):
        homes = [Path(chosen).expanduser()]
    else:
        homes = [Path.home() / ".rembg", Path.home() / ".u2net"]
    places = [model_folder() / FILE]
    for home in homes:
        places += [home / FILE, home / "models" / NAME / FILE]
    return next((place for place in places if place.is_file()), None)


def download_model(progress: Progress, fetch: Callable[..., BinaryIO] = urlopen) -> Path:
    """Fetch the model into model_folder(), 179 MB, and keep it only if it is the file that is expected.

    ``fetch(url, timeout=seconds)`` opens the URL.  Raises DownloadFailed, and Cancelled through ``progress``.
    """
    target = model_folder() / FILE
    digest = hashlib.sha256()
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with whole_file(target) as partial:
            with fetch(URL, timeout=_PATIENCE) as source, partial.open("wb") as sink:
                done = 0
                while chunk := source.read(_CHUNK):
                    sink.write(chunk)
                    digest.update(chunk)
                    done += len(chunk)
                    progress(min(1.0, done / SIZE), f"Downloading the background model, {done / 1e6:.0f} of 179 MB")
            if digest.hexdigest() != SHA256:
                raise DownloadFailed("what came is not the file that was expected")
    except OSError as error:  # no network, a server's refusal, a full disk: urllib's errors are OSErrors, too
        raise DownloadFailed(str(error)) from error
    return target


def cut_with_model(rgb: "Array", model: Path) -> "tuple[Array, Array]":
    """Straight colour (H, W, 3) and alpha (H, W) of the object in a picture (H, W, 3), sRGB in [0, 1].

    ``model`` is find_model()'s file.  The first call on a machine takes up to a minute: rembg compiles its kernels.
    Raises whatever rembg and ONNX Runtime raise for a package that is missing or a file that is damaged.
    """
    import numpy as np
    import onnxruntime  # before rembg, which ends the whole program where it is missing
    from PIL import Image

    from ..ground import kernels  # noqa: F401  (before numba, which rembg brings in: sets it up)

    from pymatting import estimate_foreground_ml  # isort: skip
    from rembg.sessions.dis_general_use import DisSession  # isort: skip

    class OnDisk(DisSession):
        """rembg's session for this model, which by itself would download it wherever it finds none."""

        @classmethod
        def download_models(cls, *args: object, **kwargs: object) -> str:
            return str(model)

    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3  # errors only: standard error is the artist's
    session = OnDisk(NAME, options, providers=["CPUExecutionProvider"])
    mask = session.predict(Image.fromarray((rgb * 255 + 0.5).astype(np.uint8)))[0]
    low, high = _LEVELS
    alpha = np.clip((np.asarray(mask) / 255 - low) / (high - low), 0, 1)
    colours = np.clip(estimate_foreground_ml(rgb.astype(np.float64), alpha), 0, 1)
    return colours.astype(np.float32), alpha.astype(np.float32)
