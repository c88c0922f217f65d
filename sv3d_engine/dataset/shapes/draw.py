"""Random choices of one object, from one NumPy generator."""

from collections.abc import Sequence
from typing import TypeVar

import numpy as np

Choice = TypeVar("Choice")


class Draw:
    """Says aloud what a seed decides."""

    def __init__(self, generator: np.random.Generator) -> None:
        self.generator = generator

    def between(self, low: float, high: float) -> float:
        """A real number, uniform."""
        return float(self.generator.uniform(low, high))

    def count(self, low: int, high: int) -> int:
        """A whole number, both ends included."""
        return int(self.generator.integers(low, high + 1))

    def chance(self, probability: float) -> bool:
        """True with this probability."""
        return bool(self.generator.random() < probability)

    def pick(self, choices: Sequence[Choice]) -> Choice:
        """One of them, all alike probable."""
        return choices[int(self.generator.integers(len(choices)))]

    def points(self, count: int, spread: float) -> np.ndarray:  # (count, 3)
        """Normally distributed vectors."""
        return self.generator.normal(0, spread, (count, 3))
