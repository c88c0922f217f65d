"""The command line: jobs (mesh, orbit, generate), bench and evaluate, train, doctor, and the worker (serve, work)."""

import argparse
import io
import json
import sys
import tempfile
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from pathlib import Path

from . import protocol
from .cli_arguments import JOB_COMMANDS, parser, request
from .errors import UserError
from .interpreter import interpreter_flags
from .terminal import TerminalProgress, duration

_USER_ERROR = 2
_INTERRUPTED = 130  # what shells call a program ended by Ctrl-C


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; returns the exit status: 0, 2 after an error that was explained, 130 after Ctrl-C."""
    arguments = parser().parse_args(argv)
    if arguments.command not in ("serve", "work"):  # their output carries the protocol
        _print_anything()
    try:
        return _COMMANDS[arguments.command](arguments)
    except UserError as error:
        _print_error(error, arguments.details)
        return _USER_ERROR


def _job(arguments: argparse.Namespace) -> int:
    result = _run(request(arguments, Path(arguments.out).absolute()), arguments.details)
    if isinstance(result, int):
        return result
    made = result.mesh if isinstance(result, protocol.Result) else result.frames
    print(f"Done in {duration(result.seconds)}: {made}")
    for note in result.notes:
        print(f"Note: {note}")
    return 0


def _bench(arguments: argparse.Namespace) -> int:
    return _bench_orbit(arguments) if arguments.what == "orbit" else _bench_mesh(arguments)


def _bench_orbit(arguments: argparse.Namespace) -> int:
    from .generation.bench import BenchSettings, as_text, bench_orbit
    from .pipeline.failure import explain

    settings = BenchSettings(
        weights=Path(arguments.weights) if arguments.weights else None,
        tiny=arguments.tiny,
        frame_size=arguments.frame_size,
        steps=arguments.steps,
        precision=arguments.precision,
        device=arguments.device,
        memory=arguments.memory,
        compiled=arguments.compile,
    )
    try:
        result = bench_orbit(settings, lambda doing: print(f"{doing} …", file=sys.stderr, flush=True))
    except KeyboardInterrupt:
        return _INTERRUPTED
    except Exception as error:  # the boundary of the program: every failure becomes a message
        raise explain(error) from error
    print(json.dumps(result) if arguments.json else as_text(result), end="\n" if arguments.json else "")
    return 0


def _bench_mesh(arguments: argparse.Namespace) -> int:
    with ExitStack() as stack:
        folder = arguments.out or stack.enter_context(tempfile.TemporaryDirectory(prefix="sv3d-bench-"))
        result = _run(request(arguments, Path(folder).absolute()), arguments.details)
        if isinstance(result, int):
            return result
        report = json.loads(Path(result.report).read_text(encoding="utf-8"))
    print(f"{'stage':<12}{'seconds':>10}{'peak memory':>16}")
    for name, stage in report["stages"].items():
        print(f"{name:<12}{stage['seconds']:>10.1f}{stage['peak_memory'] / 1e9:>13.2f} GB")
    print(f"{'all':<12}{report['seconds']:>10.1f}{report['peak_memory'] / 1e9:>13.2f} GB")
    return 0


def _evaluate(arguments: argparse.Namespace) -> int:
    from .evaluate.nvs import evaluate_nvs
    from .pipeline.failure import explain

    try:
        print(evaluate_nvs(arguments, lambda doing: print(f"{doing} …", file=sys.stderr, flush=True)), end="")
    except KeyboardInterrupt:
        return _INTERRUPTED
    except Exception as error:  # the boundary of the program: every failure becomes a message
        raise explain(error) from error
    return 0


def _train(arguments: argparse.Namespace) -> int:
    from .training.run import command

    return command(arguments)


def _doctor(arguments: argparse.Namespace) -> int:
    from .doctor import as_text, examine

    report = examine(Path.cwd())
    print(protocol.encode(report) if arguments.json else as_text(report))
    return 0


def _serve(arguments: argparse.Namespace) -> int:
    from .worker import supervisor
    from .worker.log import default_log, trim

    log = Path(arguments.log).absolute() if arguments.log else default_log()
    try:
        log.parent.mkdir(parents=True, exist_ok=True)
        trim(log)
        log.open("ab").close()
    except OSError as error:
        raise UserError(
            f"The log file {log} cannot be written.", "Give another one with --log FILE.", str(error)
        ) from error
    python = [sys.executable, *interpreter_flags(), "-m", "sv3d_engine"]
    return supervisor.main([*python, "work"], [*python, "doctor", "--json"], log)


def _work(_: argparse.Namespace) -> int:
    from .worker import runner

    return runner.main()


def _run(job: protocol.Job, details: bool) -> protocol.Result | protocol.OrbitResult | int:
    """Do the job in this process, showing it on stderr; an exit status if it did not come to its end."""
    from .pipeline.failure import explain
    from .pipeline.run import run_job

    terminal = TerminalProgress(sys.stderr)
    try:
        return run_job(job, terminal.show)
    except KeyboardInterrupt:
        terminal.close()
        print(
            "Stopped. The stages that were finished are kept; the same command with --resume goes on.", file=sys.stderr
        )
        return _INTERRUPTED
    except Exception as error:  # the boundary of the program: every failure becomes a message
        terminal.close()
        _print_error(explain(error), details)
        return _USER_ERROR
    finally:
        terminal.close()


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
    "bench": _bench,
    "evaluate": _evaluate,
    "train": _train,
    "doctor": _doctor,
    "serve": _serve,
    "work": _work,
}
