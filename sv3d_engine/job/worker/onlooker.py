"""Looks at frames before a mesh is made of them, each in a process of its own."""

import subprocess
import threading
from collections.abc import Sequence
from dataclasses import replace

from ...shared import protocol
from ...shared.errors import ended_by_itself, explain
from .channel import Channel
from .process_flags import NO_WINDOW, POLITE


class Onlooker:
    """Looks at frames in a process of its own, one look at a time: the runner may be at a job meanwhile."""

    def __init__(self, channel: Channel, command: Sequence[str]) -> None:
        self._channel, self._command = channel, command
        self._lock = threading.RLock()  # a signal may come while it is held
        self._at: tuple[str, subprocess.Popen[str]] | None = None  # the name of the look, and its process

    def look(self, job: protocol.MeshJob) -> None:
        """Begin a look; the one before it comes to nothing."""
        options = [f"--elevation={job.elevation}", f"--preset={job.preset}"]
        options += [f"--cameras={job.cameras}"] * bool(job.cameras) + ["--cameras-as-given"] * job.cameras_as_given
        with self._lock:
            self._end()
            try:
                process = subprocess.Popen(
                    [*self._command, *options, "--", job.frames],
                    stdin=subprocess.DEVNULL,
                    stdout=subprocess.PIPE,
                    stderr=2,
                    encoding="utf-8",
                    errors="replace",
                    creationflags=NO_WINDOW | POLITE,
                )
            except (OSError, ValueError) as error:  # no memory or processes are left, or a path that is none
                told = explain(error)
                self._channel.send(protocol.Error(job.job, told.cause, told.remedy, told.details))
                return
            self._at = (job.job, process)
        threading.Thread(target=self._tell, args=(job.job, process), name="look", daemon=True).start()

    def cancel(self, name: str) -> None:
        """Let a look of this name come to nothing."""
        with self._lock:
            if self._at and self._at[0] == name:
                self._end()

    def stop(self) -> None:
        """As this process ends."""
        with self._lock:
            self._end()

    def _end(self) -> None:
        if self._at:
            self._at[1].kill()
        self._at = None

    def _tell(self, name: str, process: "subprocess.Popen[str]") -> None:
        answer, _ = process.communicate()
        with self._lock:
            if self._at is None or self._at[1] is not process:
                return
            self._at = None
        try:
            reply = protocol.decode_reply(answer)
            assert isinstance(reply, protocol.Looked | protocol.Error)
            self._channel.send(replace(reply, job=name))
        except protocol.ProtocolError:
            told = ended_by_itself(process.returncode)
            self._channel.send(protocol.Error(name, told.cause, told.remedy, told.details))
