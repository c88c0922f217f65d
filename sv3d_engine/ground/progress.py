"""How long work tells of itself, and how it is stopped."""

from pathlib import Path


class Cancelled(Exception):
    """Raised inside a stage, at its next progress call, after the user has pressed Cancel."""


class Progress:
    """What a stage is handed: it calls this often (every step, well under a second apart).

    The base class is silent and is what tests and library users pass.
    """

    def __call__(self, fraction: float, note: str = "") -> None:
        """Report the share of the stage that is done, in [0, 1].  Raises Cancelled."""

    def preview(self, kind: str, path: Path) -> None:
        """Announce something finished and worth showing; ``kind`` is one of protocol.PREVIEW_KINDS."""

    def doubt(self, sentence: str) -> None:
        """Tell the artist at once why the result may be wrong, while stopping still saves time."""

    @property
    def finishing(self) -> bool:
        """Whether the user wants what there is: what only makes it better is to be left out from now on."""
        return False

    def restarted(self) -> None:
        """Tell that the stage begins only now: until now it waited, or tried what was given up."""

    def part(self, start: float, end: float) -> "Progress":
        """A progress whose 0..1 is [start, end] of this one."""
        return _Part(self, start, end)


class _Part(Progress):
    def __init__(self, whole: Progress, start: float, end: float) -> None:
        self._whole, self._start, self._span = whole, start, end - start

    def __call__(self, fraction: float, note: str = "") -> None:
        self._whole(self._start + self._span * fraction, note)

    def preview(self, kind: str, path: Path) -> None:
        self._whole.preview(kind, path)

    def doubt(self, sentence: str) -> None:
        self._whole.doubt(sentence)

    @property
    def finishing(self) -> bool:
        return self._whole.finishing

    def restarted(self) -> None:
        self._whole.restarted()
