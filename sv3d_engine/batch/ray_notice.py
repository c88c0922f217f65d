"""A notice board on a Ray cluster, in a module that starts at once."""


class Notice:
    """An actor to which tasks say how far they are.  If it is lost, another begins to listen."""

    def __init__(self) -> None:
        self._fractions: dict[str, float] = {}

    def at(self, name: str, fraction: float) -> None:
        """A task has come so far, in [0, 1]."""
        self._fractions[name] = fraction

    def all(self) -> dict[str, float]:
        """How far each is, by name."""
        return self._fractions
