"""A training on disk: its state, its loss curves, and the trained SV3D in the official checkpoint's key layout."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import save_file
from torch import Tensor, nn

from ...ground.files import whole_file
from ...ground.tensor_store import load_tensors, save_tensors
from ...shared.architecture import FACTS
from ...shared.errors import UserError
from ...sv3d.network.sv3d import SV3D, checkpoint_keys
from .optimiser import Ema, trained


class Curves:
    """A file of lines {"stage", "step", …}, which grows; ``None`` writes nothing."""

    def __init__(self, path: Path | None) -> None:
        self._path = path

    def add(self, stage: str, step: int, **values: Any) -> None:
        """Append a line; floats are rounded to six digits."""
        if self._path is None:
            return
        rounded = {k: float(f"{v:.6g}") if isinstance(v, float) else v for k, v in values.items()}
        with self._path.open("a", encoding="utf-8") as stream:
            stream.write(json.dumps({"stage": stage, "step": step, **rounded}) + "\n")

    def cut(self, stage: str, step: int) -> None:
        """Forget a stage's lines after a step: they will be written anew."""
        if self._path is None or not self._path.exists():
            return
        lines = self._path.read_text(encoding="utf-8").splitlines()
        kept = [line for line in lines if (told := json.loads(line))["stage"] != stage or told["step"] <= step]
        self._path.write_text("".join(line + "\n" for line in kept), encoding="utf-8")


@dataclass(frozen=True)
class Checkpoint:
    """Where a stage's state is kept.  Random numbers need no keeping: they follow from the step's number."""

    path: Path
    stage: str

    def save(self, step: int, module: nn.Module, ema: Ema, optimiser: torch.optim.Optimizer, scaler: Any) -> None:
        """Write everything after optimiser step ``step``; in place of the last one, whole or not at all."""
        tensors: dict[str, Tensor] = {}
        for name, parameter in trained(module).items():
            tensors[f"live/{name}"] = parameter
            tensors[f"ema/{name}"] = ema.average[name]
            for key, value in optimiser.state[parameter].items():
                tensors[f"{key}/{name}"] = value
        facts = {"stage": self.stage, "step": step, "scaler": scaler.state_dict() if scaler is not None else {}}
        save_tensors(tensors, facts, self.path)

    def load(self, module: nn.Module, ema: Ema, optimiser: torch.optim.Optimizer, scaler: Any) -> int:
        """Put everything back; the number of steps done, 0 where there is nothing of this stage.  Raises UserError."""
        if not self.path.exists():
            return 0
        tensors, facts = load_tensors(self.path)
        if facts.get("stage") != self.stage:
            return 0
        try:
            with torch.no_grad():
                for name, parameter in trained(module).items():
                    parameter.copy_(tensors.pop(f"live/{name}"))
                    ema.average[name].copy_(tensors.pop(f"ema/{name}"))
            self._load_optimiser(module, optimiser, tensors)
        except (KeyError, RuntimeError) as error:
            raise UserError(
                f"The checkpoint {self.path} is of another network.",
                "Give the config that it was made with, or another folder.",
                str(error),
            ) from error
        if scaler is not None and facts["scaler"]:
            scaler.load_state_dict(facts["scaler"])
        return int(facts["step"])

    @staticmethod
    def _load_optimiser(module: nn.Module, optimiser: torch.optim.Optimizer, tensors: dict[str, Tensor]) -> None:
        states: dict[str, dict[str, Tensor]] = {}
        for key, value in tensors.items():
            kind, name = key.split("/", 1)
            states.setdefault(name, {})[kind] = value
        for name, parameter in trained(module).items():
            state = states[name]
            # AdamW counts its steps on the CPU; everything else lies beside the weight.
            optimiser.state[parameter] = {k: v if k == "step" else v.to(parameter) for k, v in state.items()}


def export(model: SV3D, path: Path, name: str, **more: Any) -> None:
    """Write all three networks in half precision, with the facts that loading needs and ``more``; whole or not.

    network.weights.load_sv3d reads the file as it does the official ones.
    """
    architecture = model.architecture
    facts = {
        "name": name,
        "frame_size": architecture.frame_size,
        "head_width": architecture.head_width,
        "clip_head_width": architecture.clip_head_width,
        "groups": architecture.groups,
        **more,
    }
    with whole_file(path) as partial:
        save_file(official_tensors(model), partial, metadata={FACTS: json.dumps(facts)})


def official_tensors(model: SV3D) -> dict[str, Tensor]:
    """All tensors in half precision on the CPU, by the official keys and in the official shapes."""
    tensors = {}
    for key, (module, name) in checkpoint_keys(model).items():
        value = module.get_parameter(name).detach().to("cpu", torch.float16)
        if ".mid.attn_1." in key and value.dim() == 2:
            value = value[:, :, None, None]  # linear here, a 1×1 convolution there
        tensors[key] = value.contiguous()
    return tensors
