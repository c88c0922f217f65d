"""What the person at the terminal reads, and how commands are run."""

import os
import shlex
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import IO

ROOT = Path(__file__).resolve().parent.parent


class BuildError(Exception):
    """Ends the build; the text says what is wrong and what to do."""


def say(text: str) -> None:
    """One line of progress, in order with what the commands print."""
    print(f"· {text}", flush=True)


def heading(text: str) -> None:
    print(f"\n== {text}", flush=True)


def in_ci() -> bool:
    """Under CI a check that cannot run fails instead of being skipped."""
    return os.environ.get("CI", "").lower() in {"1", "true", "yes"}


def run(
    command: Sequence[str | Path],
    env: Mapping[str, str] | None = None,
    quiet: bool = False,
    output: IO[str] | None = None,
) -> int:
    """Run in the repository's root with output to the terminal or to ``output``; returns the exit status.

    ``quiet`` keeps the output for the case that it fails, and raises BuildError then.
    """
    words = [str(word) for word in command]
    environment = {**os.environ, **(env or {})}
    if not quiet:
        errors = subprocess.STDOUT if output else None
        return subprocess.run(words, cwd=ROOT, env=environment, check=False, stdout=output, stderr=errors).returncode
    done = subprocess.run(
        words, cwd=ROOT, env=environment, check=False, text=True, errors="replace",
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
    )  # fmt: skip
    if done.returncode:
        sys.stdout.write(done.stdout)
        raise BuildError(f"This command failed with status {done.returncode}:\n  {shlex.join(words)}")
    return 0
