"""The one piece of work at a time that would hold Blender up, in a thread, with its progress, end and cancel."""

import threading
import time
import traceback
from collections.abc import Callable
from pathlib import Path

from ...sv3d_engine.shared.errors import UserError
from ...sv3d_engine.shared.file_lock import held, is_held
from .commands import AGAIN, Commands, Stopped, meaning, setup_environment
from .progress import Progress

_LOCK = "engine-setup.lock"
_COMMAND_LOCK = "engine-command.lock"  # held by the command that runs, which may outlive a Blender by a moment
_ENDING = 6.0  # seconds that an earlier Blender's command may take to end
_TURN = 0.1  # seconds between looks
Job = Callable[[Commands, Callable[[Progress], None]], None]


class Work:
    """Started and asked from the main thread; the job runs in its own and knows no Blender."""

    def __init__(self) -> None:
        self.title = ""
        self.progress = Progress()
        self.failure: UserError | None = None
        self.stopped = False  # by the user
        self._cancelled = threading.Event()
        self._thread: threading.Thread | None = None

    @property
    def busy(self) -> bool:
        return self._thread is not None and self._thread.is_alive()

    @property
    def cancelling(self) -> bool:
        return self.busy and self._cancelled.is_set()

    def start(self, title: str, home: Path, job: Job, **more: str) -> None:
        """Begin, for instance to "Set up the engine"; ``more`` are variables for its commands.

        Raises UserError where one is at work already.
        """
        if self.busy:
            raise UserError(f"SV3D is still at work: {self.title}.", "Wait for it, or cancel it.")
        self.title, self.progress, self.failure, self.stopped = title, Progress(), None, False
        self._cancelled = threading.Event()
        commands = Commands(self._cancelled, {**setup_environment(), **more}, home / _COMMAND_LOCK)
        self._thread = threading.Thread(target=self._run, args=(job, commands, home), name="sv3d-setup", daemon=True)
        self._thread.start()

    def cancel(self) -> None:
        """Stop as soon as it can; what has been downloaded stays."""
        self._cancelled.set()

    def join(self, seconds: float) -> bool:
        """Wait for its end, for Blender's own end and for tests; True if it has come."""
        if self._thread:
            self._thread.join(seconds)
        return not self.busy

    def dismiss(self) -> None:
        """Forget how the last one ended."""
        if not self.busy:
            self.failure, self.stopped = None, False

    def _run(self, job: Job, commands: Commands, home: Path) -> None:
        try:
            home.mkdir(parents=True, exist_ok=True)
            with held(home / _LOCK) as ours:
                if not ours:
                    raise UserError(
                        "Another Blender is at work in this SV3D folder.", "Wait until it is done, then try again."
                    )
                self._wait_for(home / _COMMAND_LOCK, commands)
                job(commands, self._told)
        except Stopped:
            self.stopped = True
        except UserError as error:
            self.failure = error
        except OSError as error:
            self.failure = meaning(error)
        except MemoryError:
            self.failure = UserError("The computer's memory ran out.", f"Close other programs and {AGAIN}.")
        except Exception as error:  # the boundary of the thread: whatever it was is told
            line = f"{type(error).__name__}: {error}".partition("\n")[0]
            self.failure = UserError(
                f"An error inside SV3D ended the work ({line[:200]}).",
                f"To try it once more, {AGAIN}; if it fails again, install the SV3D extension again, or send a report: "
                "Copy Report holds all that is needed.",
                traceback.format_exc(),
            )

    def _wait_for(self, lock: Path, commands: Commands) -> None:
        """Wait for the command of a Blender that has crashed.  Raises UserError where it does not end, Stopped."""
        end = time.monotonic() + _ENDING
        while is_held(lock):
            if time.monotonic() > end:
                raise UserError(
                    "A command of an earlier set-up is still at work in this SV3D folder.",
                    "Wait a minute and press the button again; if that does not help, restart the computer.",
                    str(lock),
                )
            self._told(Progress("Waiting for an earlier set-up to end"))
            self._cancelled.wait(_TURN)
            commands.check()

    def _told(self, progress: Progress) -> None:
        self.progress = progress
