"""How a batch ended, as a table to read and as data."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from ..ground.files import whole_file, write_json
from ..job.terminal import duration
from .making import Outcome
from .tasks import SHEET, TABLE, TABLE_DATA

_COLUMNS = ("name", "state", "time", "mesh", "notes")


def write_table(outcomes: Sequence[Outcome], out: Path) -> None:
    """Write table.md and table.json beside the job folders, each whole or as it was.  Raises OSError."""
    write_json(out / TABLE_DATA, [asdict(outcome) for outcome in outcomes])
    with whole_file(out / TABLE) as partial:
        partial.write_text(as_markdown(outcomes), encoding="utf-8")


def as_markdown(outcomes: Sequence[Outcome]) -> str:
    """One line a task, and under the table every note and every failure in full."""
    notes: dict[str, list[str]] = {}
    for outcome in outcomes:
        for note in outcome.notes:
            notes.setdefault(note, []).append(outcome.name)
    numbers = {note: str(number) for number, note in enumerate(notes, 1)}
    lines = [f"# {summary(outcomes)}", "", _row(_COLUMNS), _row(["---"] * len(_COLUMNS))]
    for outcome in outcomes:
        seconds = duration(outcome.seconds) if outcome.seconds else ""
        told = outcome.card or outcome.cause
        lines.append(_row([outcome.name, outcome.state, seconds, told, " ".join(numbers[n] for n in outcome.notes)]))
    lines += [""]
    lines += [f"{numbers[note]}. {_flat(note)}" for note in notes]
    for outcome in outcomes:
        if outcome.cause:
            lines += ["", f"**{_flat(outcome.name)}** ({_flat(outcome.source)}): {_flat(outcome.cause)}"]
            lines += [f"{_flat(outcome.remedy)}"]
    return "\n".join([*lines, "", f"![]({SHEET})", ""])


def summary(outcomes: Sequence[Outcome]) -> str:
    """ "3 done, 1 failed" """
    states = Counter(outcome.state for outcome in outcomes)
    return ", ".join(f"{count} {state}" for state, count in states.items()) or "nothing done"


def _row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(_flat(cell).replace('|', chr(92) + '|') for cell in cells)} |"


def _flat(text: str) -> str:
    return " ".join(text.split())
