"""The background models by way of rembg: which of them is here, how one is fetched, what it cuts out.

Only the standard library is imported here until something is to be cut out: the doctor asks for the models, too.
"""

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..ground.progress import Progress
from ..models import acquire
from ..models.metering import Transfer, size_text
from ..shared.errors import UserError
from ..shared.model_catalogue import Model, model_called

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Array = NDArray[np.float32]


@dataclass(frozen=True)
class BackgroundModel:
    """A background model, and how its mask is to be taken."""

    name: str  # in the catalogue
    session: str  # rembg's module and class, which know its size and its colours
    fine: bool  # its mask has 1024² pixels, not 320²: its outline is as good as that of a plain background's matte
    levels: tuple[float, float]  # of the mask are empty and solid: seldom is it quite sure, and it is blurred if small

    @property
    def entry(self) -> Model:
        """What the catalogue tells of it."""
        found = model_called(self.name)
        assert found is not None, self.name
        return found

    @property
    def offer(self) -> str:
        """How to get it, in a few words."""
        return f"{self.name} ({size_text(self.entry.bytes)})"


BEST_FIRST = (
    BackgroundModel("isnet", "dis_general_use.DisSession", True, (0.05, 0.95)),
    BackgroundModel("u2net", "u2net.U2netSession", False, (0.25, 0.75)),
    BackgroundModel("u2netp", "u2netp.U2netpSession", False, (0.25, 0.75)),
)
_WORTH_FETCHING = (BEST_FIRST[0], BEST_FIRST[-1])  # the best, and one that comes from another server


def find_model() -> tuple[BackgroundModel, Path] | None:
    """The best background model that is on this machine, and its file."""
    found = ((model, acquire.find(model.entry)) for model in BEST_FIRST)
    return next(((model, path) for model, path in found if path), None)


def better_ones(model: BackgroundModel | None) -> list[str]:
    """Those that cut out better than ``model``, and how large they are, the smallest first."""
    better = BEST_FIRST[: BEST_FIRST.index(model)] if model else BEST_FIRST
    return [other.offer for other in reversed(better)]


def download_model(progress: Progress) -> tuple[BackgroundModel, Path]:
    """Fetch the best model, or if its server does not answer the smallest.

    Raises UserError, and Cancelled through ``progress``.
    """
    first: UserError | None = None
    for model in _WORTH_FETCHING:
        try:
            return model, acquire.get(model.entry, lambda transfer: _tell(progress, transfer)).path
        except UserError as error:
            first = first or error
    assert first is not None
    raise first


def _tell(progress: Progress, transfer: Transfer) -> None:
    done = f", {transfer.done / 1e6:.0f} of {size_text(transfer.total)}" if transfer.done else ""
    progress(transfer.fraction, transfer.note + done)


def cut_with_model(rgb: "Array", model: BackgroundModel, path: Path) -> "tuple[Array, Array]":
    """Straight colour (H, W, 3) and alpha (H, W) of the object in a picture (H, W, 3), sRGB in [0, 1].

    ``path`` is the model's file.  The first call on a machine takes up to a minute: rembg compiles its kernels.
    Raises whatever rembg and ONNX Runtime raise for a package that is missing or a file that is damaged.
    """
    import numpy as np
    from PIL import Image

    from ..ground import kernels  # noqa: F401  (before numba, which rembg brings in: sets it up)

    from pymatting import estimate_foreground_ml  # isort: skip

    mask = _session(model, path).predict(Image.fromarray((rgb * 255 + 0.5).astype(np.uint8)))[0]
    low, high = model.levels
    alpha = np.clip((np.asarray(mask) / 255 - low) / (high - low), 0, 1)
    colours = np.clip(estimate_foreground_ml(rgb.astype(np.float64), alpha), 0, 1)
    return colours.astype(np.float32), alpha.astype(np.float32)


@lru_cache(maxsize=1)
def _session(model: BackgroundModel, path: Path) -> Any:
    """The model, loaded once for all frames of an orbit."""
    import onnxruntime  # before rembg, which ends the whole program where it is missing

    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3  # errors only: standard error is the artist's
    return _session_class(model, path)(path.stem, options, providers=["CPUExecutionProvider"])


def _session_class(model: BackgroundModel, path: Path) -> Any:
    """rembg's session for this model, which by itself would download it wherever it finds none."""
    from importlib import import_module

    module, _, name = model.session.partition(".")
    base: Any = getattr(import_module(f"rembg.sessions.{module}"), name)

    return type(f"OnDisk{name}", (base,), {"download_models": staticmethod(lambda *args, **kwargs: str(path))})
