"""Answers on stdout: rows as a table for people, or as JSON and CSV for programs."""

import csv
import io
import json
import os
import sys
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from textwrap import wrap
from typing import Any, TextIO, cast

import click
from rich import box
from rich.cells import cell_len
from rich.console import Console, RenderableType
from rich.table import Table
from rich.text import Text

from paretocaps.cli.ending import tell, unread
from paretocaps.cli.numbers import is_number, number_text
from paretocaps.report.csv_cell import csv_cell

Row = Mapping[str, Any]
PIPE_WIDTH = 10_000


def console() -> Console:
    """Return a console on stdout: as wide as the terminal; in a pipe as `COLUMNS` says, else `PIPE_WIDTH`."""
    found = Console(highlight=False)
    columns = os.environ.get("COLUMNS", "")
    asked = columns.isdecimal() and int(columns) > 0
    return found if found.is_terminal or asked else Console(highlight=False, width=PIPE_WIDTH)


def chart_width() -> int:
    """Return the characters of a chart's lines: those of `console`, in a pipe of no stated width 80."""
    width = console().width
    return width if width < PIPE_WIDTH else 80


def screen() -> Console | None:
    """Return a console on stderr where that is a terminal that can draw in place, else None."""
    found = Console(file=cast(TextIO, _Closable(sys.stderr)), highlight=False)
    # not rich's `is_terminal`, which FORCE_COLOR makes true for files, too
    return found if sys.stderr.isatty() and not found.is_dumb_terminal else None


class _Closable:
    """A stream to a terminal; where that is closed, what is written to it is lost, and that is no error."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)

    def write(self, text: str) -> int:
        """Write `text`, if anybody reads it."""
        with _where_read():
            self._stream.write(text)
        return len(text)

    def flush(self) -> None:
        """Write what is buffered, if anybody reads it."""
        with _where_read():
            self._stream.flush()


@contextmanager
def _where_read() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        if not unread(error):
            raise


def show(*parts: RenderableType) -> None:
    """Write rich renderables to stdout; in a pipe, lines are wrapped only where `COLUMNS` is set."""
    out = console()
    with out.capture() as captured:
        out.print(*parts, sep="\n")
    # Written by click: rich would end the process itself where the pipe is closed.
    for line in captured.get().splitlines():
        click.echo(line.rstrip())


def say(message: str) -> None:
    """Write a message to stderr (see `ending.tell`)."""
    tell(message)


def note(message: str) -> None:
    """Write a message to stderr, on a terminal wrapped between words; it is no command to be pasted."""
    width = Console(file=sys.stderr).width if sys.stderr.isatty() else PIPE_WIDTH
    for line in wrap(message, width, break_long_words=False, break_on_hyphens=False):
        say(line)


def write_rows(rows: Sequence[Row], form: str) -> None:
    """Write `rows` as `form`: "table", "json" or "csv"."""
    if form == "json":
        write_json([dict(row) for row in rows])
    elif form == "csv":
        write_csv(rows)
    else:
        show(rows_table(rows))


def write_json(value: Any) -> None:
    """Write `value` as JSON, floats unrounded."""
    click.echo(json.dumps(value, indent=2, ensure_ascii=False, default=str))


def write_csv(rows: Sequence[Row]) -> None:
    """Write rows as CSV; the columns are the keys of all rows, in the order of their appearance."""
    columns = list(dict.fromkeys(name for row in rows for name in row))
    text = io.StringIO()
    writer = csv.DictWriter(text, columns, restval="", lineterminator="\n")
    writer.writerow({name: csv_cell(name) for name in columns})
    writer.writerows({name: csv_cell(value) for name, value in row.items()} for row in rows)
    click.echo(text.getvalue(), nl=False)


def rows_table(rows: Sequence[Row], right: Collection[str] = ()) -> RenderableType:
    """Return `rows` as a table for people, a column per key; numbers and keys in `right` align right.

    Where every key is blank, there are no headings.
    """
    if not rows:
        return Text("(none)", "dim")
    names = list(dict.fromkeys(name for row in rows for name in row))
    headed = any(map(str.strip, names))
    table = Table(
        box=box.SIMPLE_HEAD, show_header=headed, show_edge=False, pad_edge=False, padding=(0, 1, 0, 0)
    )
    texts = [[name, *(_text(row.get(name)) for row in rows)] for name in names]
    for name, width in zip(names, _widths(texts), strict=True):
        numbers = name in right or all(is_number(row.get(name)) for row in rows)
        table.add_column(Text(name), justify="right" if numbers else "left", overflow="fold", width=width)
    for cells in list(zip(*texts, strict=True))[1:]:
        table.add_row(*map(Text, cells))
    return table


def _widths(texts: Sequence[Sequence[str]]) -> list[int]:
    """Return the characters of each column of a table, given its heading and cells.

    No word is broken where there is room for that (rich breaks words of one column to leave another one
    whole), and what is left goes to the narrowest columns that need it.
    """
    whole = [max(map(cell_len, cells)) for cells in texts]
    words = [max(cell_len(word) for cell in cells for word in ("", *cell.split())) for cells in texts]
    room = console().width - 2 * (len(texts) - 1)
    fitting = (most for most in range(max(words), 1, -1) if sum(min(n, most) for n in words) <= room)
    most = next(fitting, 1)
    found = [max(1, min(length, most)) for length in words]
    while sum(found) < room and (short := [at for at, width in enumerate(found) if width < whole[at]]):
        found[min(short, key=found.__getitem__)] += 1
    return found


def _text(value: Any) -> str:
    if value is None or value == "":
        return "-"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if is_number(value):
        return number_text(value)
    if isinstance(value, Mapping):
        return " ".join(f"{name}={entry}" for name, entry in value.items())
    return ", ".join(map(str, value)) if isinstance(value, list | tuple) else str(value)
