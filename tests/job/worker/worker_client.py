"""The add-on's end of the pipes to the real processes, whose stages wait, print, fail, hang and crash."""

import json
import os
import queue
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from sv3d_engine.shared import protocol

FAKE_ENGINE = Path(__file__).with_name("fake_engine.py")
LONG = 60.0  # seconds: far more than anything here takes, for a machine that is busy
FINAL = (protocol.Result, protocol.OrbitResult, protocol.Error, protocol.Cancelled)
posix_only = pytest.mark.skipif(os.name == "nt", reason="sends POSIX signals or calls libc by its POSIX name")


class Client:
    """The add-on's end of the pipes."""

    def __init__(self, folder: Path, *options: str) -> None:
        self.log = folder / "logs" / "engine.log"
        self.process = subprocess.Popen(
            [sys.executable, str(FAKE_ENGINE), "serve", str(self.log), *options],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        self.raw: list[bytes] = []
        self._replies: queue.Queue[protocol.Reply | None] = queue.Queue()
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self) -> None:
        for line in self.process.stdout:
            self.raw.append(line)
            self._replies.put(protocol.decode_reply(line.decode()))
        self._replies.put(None)

    def send(self, request: protocol.Request) -> None:
        self.send_raw(protocol.encode(request).encode() + b"\n")

    def send_raw(self, data: bytes) -> None:
        self.process.stdin.write(data)
        self.process.stdin.flush()

    def wait_for(self, *kinds: type, until=lambda reply: True) -> protocol.Reply:
        """The next reply of these kinds for which ``until`` holds; others are passed over."""
        end = time.monotonic() + LONG
        while True:
            reply = self._replies.get(timeout=max(end - time.monotonic(), 0.01))
            assert reply is not None, "the engine has ended"
            if isinstance(reply, kinds) and until(reply):
                return reply

    def wait_for_note(self, note: str) -> protocol.Reply:
        return self.wait_for(protocol.Stage, until=lambda reply: reply.note.startswith(note))

    def ends(self) -> int:
        return self.process.wait(LONG)


def runner_pid(job: protocol.MeshJob) -> int:
    state = json.loads(Path(job.out, "work", "state.json").read_text())
    return state["records"][0]["facts"]["pid"]


def alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    stat = Path(f"/proc/{pid}/stat")
    return not (stat.exists() and stat.read_text().rpartition(")")[2].split()[0] == "Z")


def comes_true(condition) -> bool:
    end = time.monotonic() + LONG
    while not condition() and time.monotonic() < end:
        time.sleep(0.02)
    return condition()


def dies(pid: int) -> bool:
    return comes_true(lambda: not alive(pid))
