"""The command ``batch``: read what is asked, do what an earlier run has not done, and tell how it ended."""

import argparse
import logging
import signal
import sys
from pathlib import Path
from typing import Any

from ..job.arguments import add_job_options
from ..job.command_line import INTERRUPTED
from ..job.terminal import LiveLine
from ..shared.errors import UserError, explain

SOME_NOT_DONE = 3  # exit status


def add_commands(commands: Any) -> None:
    """Add ``batch`` to the engine's parser, with what it does as ``run``."""
    batch = commands.add_parser(
        "batch",
        help="make meshes from many pictures or orbits",
        description="Each picture, folder of frames or film becomes a job folder in DIR.  Finished ones are kept, "
        "interrupted ones go on.  In DIR, table.md and sheet.png tell how it ended.",
        epilog=f"Exit status: 0 if all are done, {SOME_NOT_DONE} if some are not, {INTERRUPTED} when stopped, "
        "2 if nothing could begin.",
        allow_abbrev=False,
    )
    batch.add_argument("source", metavar="FOLDER|LIST", help="pictures and folders of frames, a text file, or a CSV")
    batch.add_argument("--out", required=True, metavar="DIR", help="folder for the job folders")
    batch.add_argument("--jobs", type=int, metavar="N", help="at once (default: one a graphics card)")
    batch.add_argument("--ray", metavar="ADDRESS", help="on a Ray cluster: HOST:PORT, auto, or local")
    batch.add_argument(
        "--again", action="store_true", help="make what has changed anew in its old folder, not in a new one"
    )
    add_job_options(batch)
    batch.set_defaults(run=_batch)


def _batch(arguments: argparse.Namespace) -> int:
    previous = signal.signal(signal.SIGTERM, _interrupt)  # farms end programs so; the table is written all the same
    try:
        return run_batch(arguments)
    except KeyboardInterrupt:  # before anything had begun
        return INTERRUPTED
    except Exception as error:  # the boundary of the program: every failure becomes a message
        raise explain(error) from error
    finally:
        signal.signal(signal.SIGTERM, previous)


def _interrupt(*_: object) -> None:
    raise KeyboardInterrupt


def run_batch(arguments: argparse.Namespace) -> int:
    """Do as the command says; returns the exit status.  Raises UserError if nothing could begin."""
    from .batch_sheet import write_sheet
    from .board import Board
    from .making import KEPT, WAITING, WELL, outcome
    from .planning import plan
    from .sources import read_wishes
    from .table import summary, write_table
    from .tasks import LOG, SHEET, TABLE, kept_record

    if arguments.jobs is not None and arguments.jobs < 1:
        raise UserError(f"{arguments.jobs} jobs at once are none.", "Give 1 or more with --jobs.")
    out = Path(arguments.out).absolute()
    wishes, left_out = read_wishes(Path(arguments.source).absolute(), arguments, out)
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise explain(error) from error
    logging.basicConfig(filename=out / LOG, level=logging.INFO, format="%(asctime)s batch %(levelname)s %(message)s")
    planned = plan(wishes, out, arguments.again)
    line = LiveLine(sys.stderr)
    for text in (*left_out, *planned.told):
        line.write(text)
    board = Board(planned.tasks, line, lambda outcomes: write_table(outcomes, out))
    to_do = []
    for task in planned.tasks:
        if record := kept_record(task):
            board.ended(outcome(task, KEPT, record))
        else:
            to_do.append(task)
    interrupted = False
    try:
        if to_do:
            _perform(to_do, arguments, out, board)
    except KeyboardInterrupt:
        interrupted = True
    finally:
        line.close()
        for task in planned.tasks:
            board.outcomes.setdefault(task.name, outcome(task, WAITING))
        write_table(board.in_order(), out)
        write_sheet(board.in_order(), out)
    print(f"{summary(board.in_order())}: {out / TABLE} and {SHEET}")
    if interrupted:
        print("Stopped. What was finished is kept; the same command goes on.", file=sys.stderr)
        return INTERRUPTED
    return 0 if all(o.state in WELL for o in board.in_order()) else SOME_NOT_DONE


def _perform(tasks: list[Any], arguments: argparse.Namespace, out: Path, board: Any) -> None:
    if arguments.ray is not None:
        from .ray_run import perform_on_ray

        perform_on_ray(tasks, arguments.ray, arguments.jobs, out, board)
        return
    from .local import card_count, perform

    cards = card_count() if arguments.device in ("auto", "cuda") else 0
    perform(tasks, min(arguments.jobs or cards or 1, len(tasks)), cards, out, board)
