"""The command line: jobs (mesh, orbit, generate), doctor, and the worker (serve, work).

The laboratory adds commands of its own where it is installed (``arguments.py``).
"""

import argparse
import io
import sys
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from pathlib import Path

from ..ground.processes import engine_command
from ..shared import protocol
from ..shared.engine_use import engine_used
from ..shared.errors import UserError
from .arguments import JOB_COMMANDS, cameras_named, parser, request
from .terminal import TerminalProgress, duration

_USER_ERROR = 2
INTERRUPTED = 130  # what shells call a program ended by Ctrl-C


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; returns the exit status: 0, 2 after an error that was told, 130 after Ctrl-C."""
    arguments = parser().parse_args(argv)
    if arguments.command not in ("serve", "work"):  # their output carries the protocol
        _print_anything()
    try:
        run: Callable[[argparse.Namespace], int] = getattr(arguments, "run", None) or _COMMANDS[arguments.command]
        return run(arguments)
    except UserError as error:
        _print_error(error, arguments.details)
        return _USER_ERROR


def _job(arguments: argparse.Namespace) -> int:
    told: set[str] = set()
    result = run_here(request(arguments, Path(arguments.out).absolute()), arguments.details, told)
    if isinstance(result, int):
        return result
    made = result.mesh if isinstance(result, protocol.Result) else result.frames
    print(f"Done in {duration(result.seconds)}: {made}")
    if isinstance(result, protocol.Result) and result.card:
        print(result.card)
    for note in result.notes:
        if note not in told:
            print(f"Note: {note}")
    return 0


def _doctor(arguments: argparse.Namespace) -> int:
    from .doctor import as_text, examine

    if arguments.thorough:
        return _thorough_doctor(arguments)
    report = examine(Path.cwd())
    print(protocol.encode(report) if arguments.json else as_text(report))
    return 0


def _thorough_doctor(arguments: argparse.Namespace) -> int:
    from ..ground.device import resolve_device
    from ..shared.errors import explain

    try:
        from .thorough import examine_thoroughly

        report = examine_thoroughly(
            resolve_device(arguments.device),
            lambda line: print(line, file=sys.stderr, flush=True),
        )
    except KeyboardInterrupt:
        return INTERRUPTED
    except ImportError as error:  # a package is missing
        raise explain(error) from error
    print(report.as_json() if arguments.json else report.as_text())
    return 0 if report.ok else _USER_ERROR


def _look(arguments: argparse.Namespace) -> int:
    from ..ground.progress import Progress
    from ..shared.errors import explain
    from .look import as_text, look

    fields = ("frames", "cameras", "elevation", "cameras_as_given", "preset")
    asked = {name: getattr(arguments, name) for name in fields}
    if not arguments.json:  # as the add-on asks, which names all that it means
        asked["cameras"] = cameras_named(arguments)
    request = protocol.MeshJob(job="", out="", **asked)
    try:
        looked = look(request, Progress())
    except KeyboardInterrupt:
        return INTERRUPTED
    except Exception as error:  # the boundary of the program: every failure becomes a message
        told = explain(error)
        if not arguments.json:
            raise told from error
        print(protocol.encode(protocol.Error("", told.cause, told.remedy, told.details)))
        return 0
    print(protocol.encode(looked) if arguments.json else as_text(looked))
    return 0


def _serve(arguments: argparse.Namespace) -> int:
    from .worker import supervisor
    from .worker.channel import default_log

    log = Path(arguments.log).absolute() if arguments.log else default_log()
    try:
        log.parent.mkdir(parents=True, exist_ok=True)
        log.open("ab").close()
    except OSError as error:
        raise UserError(
            f"The log file {log} cannot be written.", "Give another one with --log FILE.", str(error)
        ) from error
    engine = engine_command()
    with ExitStack() as stack:
        try:
            stack.enter_context(engine_used())
        except UserError as error:  # in the words that the add-on listens to
            print(protocol.encode(protocol.Error(None, error.cause, error.remedy, error.details)), flush=True)
            return _USER_ERROR
        return supervisor.main([*engine, "work"], [*engine, "doctor", "--json"], [*engine, "look", "--json"], log)


def _work(_: argparse.Namespace) -> int:
    from .worker import runner

    return runner.main()


def run_here(
    job: protocol.Job, details: bool, told: set[str] | None = None
) -> protocol.Result | protocol.OrbitResult | int:
    """Do the job in this process, showing it on stderr; an exit status if it did not come to its end.

    Doubts that were shown meanwhile are added to ``told``.
    """
    from ..shared.errors import explain
    from .run import run_job

    terminal = TerminalProgress(sys.stderr)
    try:
        return run_job(job, terminal.show)
    except KeyboardInterrupt:
        terminal.close()
        print(
            "Stopped. The stages that were finished are kept; the same command with --resume goes on.", file=sys.stderr
        )
        return INTERRUPTED
    except Exception as error:  # the boundary of the program: every failure becomes a message
        terminal.close()
        _print_error(explain(error), details)
        return _USER_ERROR
    finally:
        terminal.close()
        if told is not None:
            told |= terminal.told


def _print_error(error: UserError, details: bool) -> None:
    print(f"Error: {error.cause}\n{error.remedy}", file=sys.stderr)
    if error.details and details:
        print(f"\n{error.details}", file=sys.stderr)
    elif error.details:
        print("(--details tells more, for a report.)", file=sys.stderr)


def _print_anything() -> None:
    """Let a terminal that lacks a character, or a pipe on Windows, get an escape instead of ending the job."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


_COMMANDS: dict[str, Callable[[argparse.Namespace], int]] = {
    **dict.fromkeys(JOB_COMMANDS, _job),
    "look": _look,
    "doctor": _doctor,
    "serve": _serve,
    "work": _work,
}
