"""Where the networks lie while they work, by how much memory there is."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TypeVar

import torch
from torch import nn

Module = TypeVar("Module", bound=nn.Module)


@dataclass(frozen=True)
class Placement:
    """``together``: both sides of the guidance in one batch; ``chunk``: frames decoded at a time."""

    device: torch.device
    together: bool = True
    chunk: int = 7

    @contextmanager
    def using(self, module: Module) -> Iterator[Module]:
        """The module on the device for as long as the context is open."""
        yield module.to(self.device)
