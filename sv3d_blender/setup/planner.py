"""The plan of a set-up, made beside Blender: it asks the graphics driver and Pythons, which may take many seconds."""

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from ...sv3d_engine.shared.errors import UserError
from .plan import Plan, make_plan

LOOKING = "SV3D is still looking at this computer: wait a moment, then press the button again"


class Wish(NamedTuple):
    """What a set-up is asked for; the arguments of make_plan."""

    home: Path
    locks: Path
    choice: str
    own_python: str
    blender: Sequence[str]


@dataclass
class _Asked:
    """One question with its answer, so that a late one counts for no other."""

    wish: Wish
    answer: Plan | UserError | None = None


class Planner:
    """Keeps the plan for the latest wish; asked from the main thread, makes it in another."""

    def __init__(self, make: Callable[..., Plan] = make_plan) -> None:
        self._make = make
        self._asked: _Asked | None = None

    @property
    def making(self) -> bool:
        return self._asked is not None and self._asked.answer is None

    @property
    def known(self) -> Plan | UserError | None:
        """The latest answer, to whatever wish."""
        return self._asked.answer if self._asked else None

    def plan(self, wish: Wish) -> Plan | UserError | None:
        """What a set-up would do, or why it cannot; None until that is known.  Returns at once."""
        if self._asked is None or self._asked.wish != wish:
            self._asked = _Asked(wish)
            threading.Thread(target=self._run, args=(self._asked,), name="sv3d-planner", daemon=True).start()
        return self._asked.answer

    def forget(self) -> None:
        """Make the next one anew; one that is still being made is new enough."""
        if not self.making:
            self._asked = None

    def _run(self, asked: _Asked) -> None:
        try:
            asked.answer = self._make(*asked.wish)
        except UserError as error:
            asked.answer = error
        except Exception as error:  # the boundary of the thread: whatever it was, the dialog tells it
            asked.answer = UserError(
                "This computer could not be looked at.",
                "Choose another SV3D folder, or another Python under “Python to Build On”.",
                f"{type(error).__name__}: {error}",
            )
