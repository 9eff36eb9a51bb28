"""Answers on stdout: rows as a table for people, or as JSON and CSV for programs."""

import csv
import io
import json
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from rich.console import Console, RenderableType

Row = Mapping[str, Any]
PIPE_WIDTH = 10_000


def console(stderr: bool = False) -> "Console":
    """Return a console on stdout (or stderr): as wide as the terminal, and without end in a pipe."""
    from rich.console import Console

    terminal = Console(stderr=stderr, highlight=False)
    return terminal if terminal.is_terminal else Console(stderr=stderr, highlight=False, width=PIPE_WIDTH)


def show(*parts: "RenderableType") -> None:
    """Write rich renderables to stdout."""
    # Written by click, not by rich, which ends the process itself when the pipe is closed.
    out = console()
    with out.capture() as captured:
        for part in parts:
            out.print(part)
    lines = captured.get().splitlines() if not out.is_terminal else [captured.get().rstrip("\n")]
    click.echo("\n".join(line.rstrip() for line in lines))


def write_rows(rows: Sequence[Row], form: str) -> None:
    """Write `rows` in the asked form; the keys of the first are the columns."""
    if form == "json":
        write_json([dict(row) for row in rows])
    elif form == "csv":
        write_csv(rows)
    else:
        show(rows_table(rows))


def write_json(value: Any) -> None:
    """Write `value` as JSON, floats unrounded."""
    click.echo(json.dumps(value, indent=2, ensure_ascii=False, default=str))


def write_csv(rows: Iterable[Row]) -> None:
    """Write rows as CSV, with every key of any row as a column, in the order of their appearance."""
    rows = list(rows)
    columns = list(dict.fromkeys(name for row in rows for name in row))
    text = io.StringIO()
    writer = csv.DictWriter(text, columns, restval="", lineterminator="\n")
    writer.writeheader()
    writer.writerows({name: _cell(value) for name, value in row.items()} for row in rows)
    click.echo(text.getvalue(), nl=False)


def _cell(value: Any) -> Any:
    if isinstance(value, Mapping):
        return json.dumps(dict(value), ensure_ascii=False, default=str)
    return " ".join(map(str, value)) if isinstance(value, list | tuple) else value
