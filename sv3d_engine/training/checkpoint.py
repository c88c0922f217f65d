"""The state of a training in one file, from which it goes on exactly."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from ..errors import UserError
from ..modules import load_tensors, save_tensors
from .ema import Ema, trained


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
