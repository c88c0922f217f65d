"""Weights on disk to networks in memory: the official single file, or a diffusers-format folder of it."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from torch import Tensor

from ...shared.architecture import FACTS, Architecture, Variant, incomplete, read_architecture
from ...shared.errors import UserError, explain
from ...shared.model_facts import Usage, read_usage, step_share
from ...shared.system_errors import is_plain, system_number
from .checkpoint_files import WEIGHTS_AGAIN, Place, open_tensor_file
from .checkpoint_files import read as read_folder
from .checkpoint_keys import is_unused
from .sv3d import SV3D, checkpoint_keys, empty_sv3d, fill, fits

_MOST_MAPPED = 256 << 20  # bytes of a file that count as this process's memory after they have been copied


@dataclass(frozen=True)
class Source:
    """Where each tensor lies, by the official checkpoint's keys."""

    path: Path
    shapes: dict[str, tuple[int, ...]]
    places: dict[str, Place]
    facts: Mapping[str, Any]


@dataclass(frozen=True)
class WeightsInfo:
    """What the headers tell, before anything large is read."""

    path: Path
    architecture: Architecture
    name: str  # for the artist
    files: tuple[Path, ...]
    unread: tuple[str, ...]  # tensors that nothing reads and that the official files do not have
    step_share: float  # of the official model's work, see cost.step_share
    usage: Usage  # that suits them
    own_tower: bool  # whether its image tower is what a training made, not OpenCLIP's as the official files have it

    @property
    def variant(self) -> Variant:
        return self.architecture.variant

    @property
    def frame_size(self) -> int:
        """Pixels along a side of a frame."""
        return self.architecture.frame_size


def inspect(path: Path, wanted: str = "auto") -> WeightsInfo:
    """Check weights by their headers: whole, all tensors there, right shapes, and of the ``wanted`` variant.

    ``wanted`` is one of protocol.VARIANTS.  Raises UserError that names what is wrong.
    """
    source = _source(path)
    architecture = read_architecture(source.shapes, source.facts, path.name)
    _check_variant(architecture.variant, wanted, path.name)
    targets = _targets(source, empty_sv3d(architecture))
    unread = tuple(sorted(k for k in source.shapes if k not in targets and not is_unused(k)))
    files = tuple(sorted({place.file for place in source.places.values()}))
    name = str(source.facts.get("name", f"SV3D_{architecture.variant}"))
    share = step_share(source.shapes, architecture.frame_size)
    own_tower = bool(source.facts.get("own_tower", "trained" in source.facts))
    return WeightsInfo(path, architecture, name, files, unread, share, read_usage(source.facts), own_tower)


def load_sv3d(
    path: Path,
    dtype: torch.dtype = torch.float32,
    device: torch.device | str = "cpu",
    tell: Callable[[float], None] = lambda fraction: None,
) -> SV3D:
    """Load all three networks, tensor by tensor; at most one tensor is in memory beside the networks.

    UNet and CLIP work in ``dtype``, the autoencoder always in float32.  Float32 tensors of the file are not copied but
    mapped: the file must not change while the networks are in use.  ``tell`` gets the share that is done, often, and
    may raise to stop.  Raises UserError as ``inspect`` does.
    """
    source = _source(path)
    model = empty_sv3d(read_architecture(source.shapes, source.facts, path.name))
    targets = _targets(source, model)
    read = _Reader(source, device)
    try:
        fill(targets, read.tensor, dtype, tell)
    except (OSError, SafetensorError) as error:
        number = system_number(error)
        if number is not None and is_plain(number):
            raise explain(error) from error
        raise UserError(
            f"The weights file {path.name} was moved or changed while it was read.", WEIGHTS_AGAIN, str(error)
        ) from error
    finally:
        read.close()
    tell(1.0)
    return model


def _source(path: Path) -> Source:
    if path.is_dir():
        shapes, places, facts = read_folder(path)
        return Source(path, shapes, places, facts)
    file = open_tensor_file(path)
    try:
        facts = json.loads(file.metadata.get(FACTS, "{}"))
    except ValueError:
        facts = {}
    places = {key: Place(path, (key,)) for key in file.shapes}
    return Source(path, file.shapes, places, facts if isinstance(facts, dict) else {})


def _targets(source: Source, model: SV3D) -> dict[str, tuple[torch.nn.Module, str]]:
    """Where each tensor goes.  Raises UserError if one is missing or of the wrong shape."""
    targets = checkpoint_keys(model)
    if missing := [key for key in targets if key not in source.shapes]:
        raise incomplete(source.path.name, missing)
    wrong = [
        f"{key}: {source.shapes[key]} instead of {tuple(module.get_parameter(name).shape)}"
        for key, (module, name) in targets.items()
        if not fits(source.shapes[key], module.get_parameter(name))
    ]
    if wrong:
        more = f" ({len(wrong) - 1} more like it)" if len(wrong) > 1 else ""
        raise UserError(
            f"A tensor in {source.path.name} has the wrong shape: {wrong[0]}{more}.",
            "Download sv3d_p.safetensors or sv3d_u.safetensors again.",
            "\n".join(wrong),
        )
    return targets


def _check_variant(found: Variant, wanted: str, name: str) -> None:
    if wanted in ("auto", found) or (wanted == "c" and found == "p"):
        return
    if found == "u":
        raise UserError(
            f"{name} is SV3D_u: it takes no camera orbit.", "Choose sv3d_p.safetensors, or the variant “auto”."
        )
    raise UserError(
        f"{name} is SV3D_p or SV3D_c: it needs a camera orbit.", "Choose sv3d_u.safetensors, or the variant “auto”."
    )


class _Reader:
    """Tensors out of files that are mapped into memory.

    A tensor that needs no conversion stays a view of its file.  Pages of the others are let go by opening anew.
    """

    def __init__(self, source: Source, device: torch.device | str) -> None:
        self._source, self._device = source, str(device)
        self._open: dict[Path, Any] = {}
        self._read = 0  # bytes since the files were opened

    def tensor(self, key: str) -> Tensor:
        """A tensor by the official key."""
        if self._read > _MOST_MAPPED:
            self.close()
        place = self._source.places[key]
        parts = [self._file(place.file).get_tensor(name) for name in place.names]
        whole = parts[0] if len(parts) == 1 else torch.cat(parts)
        self._read += whole.nbytes
        return whole.T.contiguous() if place.transposed else whole

    def _file(self, path: Path) -> Any:
        if path not in self._open:
            self._open[path] = safe_open(path, framework="pt", device=self._device).__enter__()
        return self._open[path]

    def close(self) -> None:
        for file in self._open.values():
            file.__exit__(None, None, None)
        self._open.clear()
        self._read = 0
