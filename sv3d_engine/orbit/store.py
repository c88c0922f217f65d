"""An orbit's frames on disk."""

import os
import shutil
import tempfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from ..progress import Progress


def write_frames(
    frames: NDArray[np.uint8],  # (N, S, S, 3 or 4)
    files: Sequence[str],
    folder: Path,
    progress: Progress,
) -> None:
    """Write each frame as the PNG ``folder / file``, in place of what ``folder`` was.

    All are written under another name first, so that nobody meets half an orbit.  Raises OSError.
    """
    partial = Path(tempfile.mkdtemp(prefix=f".{folder.name}-", dir=folder.parent))
    try:
        partial.chmod(0o755)  # mkdtemp's own 0700 would hide the frames from other users of a shared folder
        for i, (frame, file) in enumerate(zip(frames, files, strict=True)):
            progress(i / len(frames), "Writing the frames")
            Image.fromarray(frame).save(partial / file, compress_level=4)
        shutil.rmtree(folder, ignore_errors=True)
        os.replace(partial, folder)
    except BaseException:
        shutil.rmtree(partial, ignore_errors=True)
        raise
