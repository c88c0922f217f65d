"""``models list|get|verify|remove``: for people, and with ``--json`` for the add-on."""

import argparse
import getpass
import json
import signal
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ..ground.processes import end_children_with_this_process
from ..models import acquire
from ..models.metering import Transfer, size_text
from ..shared import protocol
from ..shared.errors import UserError, explain
from ..shared.model_catalogue import CATALOGUE, Model, Web, expected_sha256, model_called, state
from .terminal import TerminalProgress

_OFTEN = 0.1  # seconds between two messages
_NOT_DONE, _INTERRUPTED = 2, 130  # exit status


def add_model_commands(commands: Any) -> None:
    """Add ``models`` and what it does to the command line."""
    models = commands.add_parser("models", help="fetch, check and remove the models that the engine works with")
    what = models.add_subparsers(required=True, metavar="list|get|verify|remove", dest="what")
    listing = what.add_parser("list", help="all models: size, licence, source, and whether they are here")
    getting = what.add_parser("get", help="fetch a model; a broken download goes on where it stopped")
    getting.add_argument("name", metavar="NAME")
    getting.add_argument(
        "--token-stdin",
        action="store_true",
        help="read a Hugging Face token from standard input, for models whose licence an account has to accept",
    )
    getting.add_argument("--sha256", metavar="HASH", help="that the file has to have, where the catalogue knows none")
    verifying = what.add_parser("verify", help="read models whole and compare their hashes")
    verifying.add_argument("names", nargs="*", metavar="NAME", help="default: all that are here")
    removing = what.add_parser("remove", help="delete a model's file")
    removing.add_argument("name", metavar="NAME")
    for command, run in ((listing, _list), (getting, _get), (verifying, _verify), (removing, _remove)):
        command.add_argument("--json", action="store_true", help="a line of JSON for each message")
        command.add_argument("--details", action="store_true", help="with an error, print the technical details too")
        command.set_defaults(run=_told, do=run)


def _told(arguments: argparse.Namespace) -> int:
    """Run a command; with ``--json`` every failure becomes a message on standard output."""
    signal.signal(signal.SIGTERM, _stop)  # so that pip ends, too
    end_children_with_this_process()
    tell = _JsonLines() if arguments.json else _Terminal()
    try:
        done: int = arguments.do(arguments, tell)
    except KeyboardInterrupt:
        tell.close()
        print("Stopped.  What has come of weights is kept; the same command goes on from there.", file=sys.stderr)
        return _INTERRUPTED
    except Exception as error:
        tell.close()
        if not arguments.json:
            raise explain(error) from error
        told = explain(error)
        _print({"type": "error", "cause": told.cause, "remedy": told.remedy, "details": told.details})
        return _NOT_DONE
    return done


def _stop(signum: int, frame: object) -> None:
    raise KeyboardInterrupt


def _list(arguments: argparse.Namespace, tell: "_Tell") -> int:
    rows = [_row(model) for model in CATALOGUE]
    if arguments.json:
        _print(rows)
        return 0
    for row in rows:
        print(f"{row['name']:<8} {row['state']:<8} {size_text(row['bytes']):>7}  {row['title']}")
        print(f"{'':<17} {row['licence']}, {row['licence_url']}; from {row['source']}")
        if row["state"] != "missing":
            print(f"{'':<17} {row['path']}")
    return 0


def _row(model: Model) -> dict[str, Any]:
    found = acquire.find(model)
    return {
        "name": model.name,
        "title": model.title,
        "purpose": model.purpose,
        "bytes": model.bytes,
        "memory": model.memory,
        "memory_at_best": model.memory_at_best,
        "licence": model.licence,
        "licence_url": model.licence_url,
        "source": model.source.title,
        "needs_token": isinstance(model.source, Web) and model.source.needs_token,
        "sha256": expected_sha256(model),
        "state": "ready" if found else state(model),
        "path": str(found or model.path),
    }


def _get(arguments: argparse.Namespace, tell: "_Tell") -> int:
    model = _model(arguments.name)
    if arguments.sha256:
        acquire.expect(model, arguments.sha256)
    token = _read_token() if arguments.token_stdin else None
    got = acquire.get(model, tell, token, _structure)
    tell.close()
    if arguments.json:
        _print({"type": "done", "path": str(got.path), "sha256": got.sha256, "expected": got.expected})
        return 0
    print(f"{model.name} is here: {got.path}")
    print(f"SHA-256 {got.sha256}{_compared(got)}")
    if model.purpose == "orbit":
        print(f"Use it with --weights {got.path}")
    return 0


def _verify(arguments: argparse.Namespace, tell: "_Tell") -> int:
    chosen = [_model(name) for name in arguments.names]
    here = chosen or [model for model in CATALOGUE if acquire.find(model) or state(model) != "missing"]
    verdicts = [(model, acquire.verify(model, tell, _structure)) for model in here]
    tell.close()
    if arguments.json:
        found = [
            {"name": m.name, "state": v.state, "path": str(v.path), "sha256": v.sha256, "expected": v.expected}
            | {"problem": v.problem}
            for m, v in verdicts
        ]
        _print({"type": "done", "path": "", "models": found})
    else:
        for model, verdict in verdicts:
            hashed = f"  SHA-256 {verdict.sha256}{_compared(verdict)}" if verdict.sha256 else ""
            print(f"{model.name:<8} {verdict.state}{hashed}")
            if verdict.state == "damaged":
                print(f"{'':<8} {verdict.problem}  Get it again: models get {model.name}")
    bad = [v for m, v in verdicts if v.state == "damaged" or (m in chosen and v.state != "ready")]
    return _NOT_DONE if bad else 0


def _remove(arguments: argparse.Namespace, tell: "_Tell") -> int:
    model = _model(arguments.name)
    freed = acquire.remove(model)
    left = acquire.find(model)
    if arguments.json:
        _print({"type": "done", "path": str(left or ""), "freed": freed})
    else:
        print(f"{size_text(freed)} are free now." if freed else f"{model.name} is not here.")
        if left:
            print(f"rembg's own copy stays: {left}")
    return 0


def _model(name: str) -> Model:
    if model := model_called(name):
        return model
    raise UserError(f"There is no model {name}.", f"Choose one of {', '.join(m.name for m in CATALOGUE)}.")


def _structure(path: Path, model: Model) -> None:
    """Whether weights are those of the network that they are said to be.  Raises UserError."""
    if model.purpose == "orbit":
        from ..sv3d.network.weights import inspect  # needs PyTorch

        inspect(path, model.name.rpartition("_")[2])


def _read_token() -> str:
    """The first line of standard input; a terminal does not show it."""
    if sys.stdin.isatty():
        return getpass.getpass("Hugging Face token: ")
    return sys.stdin.readline()


def _compared(verdict: acquire.Verdict) -> str:
    return ", as expected" if verdict.expected else ", with nothing known to compare it with"


def _print(data: dict[str, Any] | Sequence[dict[str, Any]]) -> None:
    try:
        print(json.dumps(data), flush=True)
    except BrokenPipeError:  # whoever asked is gone
        raise KeyboardInterrupt from None


class _JsonLines:
    """Progress as JSON, some lines a second."""

    def __init__(self) -> None:
        self._next, self._note = 0.0, ""

    def __call__(self, transfer: Transfer) -> None:
        now = time.monotonic()
        if now < self._next and transfer.note == self._note and transfer.done < transfer.total:
            return
        self._next, self._note = now + _OFTEN, transfer.note
        left = transfer.seconds_left
        _print(
            {
                "type": "progress",
                "fraction": round(transfer.fraction, 4),
                "done": transfer.done,
                "total": transfer.total,
                "note": transfer.note,
                "seconds_left": None if left is None else round(left, 1),
            }
        )

    def close(self) -> None:
        """Nothing to end."""


class _Terminal:
    """Progress as a line that keeps changing."""

    def __init__(self) -> None:
        self._terminal = TerminalProgress(sys.stderr)

    def __call__(self, transfer: Transfer) -> None:
        share = transfer.fraction
        note = f"{size_text(transfer.done)} of {size_text(transfer.total)}"
        self._terminal.show(protocol.Stage("", transfer.note, transfer.note, share, share, transfer.seconds_left, note))

    def close(self) -> None:
        self._terminal.close()


_Tell = _JsonLines | _Terminal
