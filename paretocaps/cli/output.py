"""Answers on stdout: rows as a table for people, or as JSON and CSV for programs."""

import csv
import io
import json
import os
import re
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
from paretocaps.cli.text_layout import whole_words
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
    say(whole_words(message, width))


def write_rows(rows: Sequence[Row], form: str, columns: Sequence[str] = ()) -> None:
    """Write `rows` as `form`: "table", "json" or "csv"; `columns` are those that CSV has without any row."""
    if form == "json":
        write_json([dict(row) for row in rows])
    elif form == "csv":
        write_csv(rows, columns)
    else:
        show(rows_table(rows))


def write_json(value: Any) -> None:
    """Write `value` as JSON, floats unrounded."""
    click.echo(json.dumps(value, indent=2, ensure_ascii=False, default=str))


def write_csv(rows: Sequence[Row], columns: Sequence[str] = ()) -> None:
    """Write rows as CSV: `columns`, then the other keys of all rows, in the order of their appearance."""
    names = list(dict.fromkeys((*columns, *(name for row in rows for name in row))))
    text = io.StringIO()
    writer = csv.DictWriter(text, names, restval="", lineterminator="\n")
    if names:  # it would write an empty line
        writer.writerow({name: csv_cell(name) for name in names})
    writer.writerows({name: csv_cell(value) for name, value in row.items()} for row in rows)
    click.echo(text.getvalue(), nl=False)


def rows_table(rows: Sequence[Row], right: Collection[str] = ()) -> RenderableType:
    """Return `rows` as a table for people, a column per key; numbers and keys in `right` align right.

    Where every key is blank, there are no headings. Where the columns do not fit without breaking words, each
    row is a list of its own: a line per key, and an empty one after it.
    """
    if not rows:
        return Text("(none)", "dim")
    names = list(dict.fromkeys(name for row in rows for name in row))
    headed = any(map(str.strip, names))
    texts = [[name, *(_text(row.get(name)) for row in rows)] for name in names]
    numeric = [name in right or all(is_number(row.get(name)) for row in rows) for name in names]
    words = [_longest(*column) for column in zip(texts, numeric, strict=True)]
    if headed and len(names) > 1 and sum(words) > _room(len(names)):
        return _stacked(texts)
    table = Table(
        box=box.SIMPLE_HEAD, show_header=headed, show_edge=False, pad_edge=False, padding=(0, 1, 0, 0)
    )
    for name, numbers, width in zip(names, numeric, _widths(texts, words), strict=True):
        title = "\n".join(_folded(name, width))
        table.add_column(Text(title), justify="right" if numbers else "left", overflow="fold", width=width)
    for cells in list(zip(*texts, strict=True))[1:]:
        table.add_row(*map(Text, cells))
    return table


def _room(columns: int) -> int:
    """Return the characters that the columns of a table share."""
    return console().width - 2 * (columns - 1)


def _stacked(texts: Sequence[Sequence[str]]) -> RenderableType:
    """Return rows below each other, given the heading and cells of each column."""
    table = Table(box=None, show_header=False, pad_edge=False, padding=(0, 2, 0, 0))
    table.add_column(style="dim", no_wrap=True)
    table.add_column(overflow="fold")
    names, *rows = zip(*texts, strict=True)
    for number, row in enumerate(rows):
        if number:
            table.add_row()
        for name, cell in zip(names, row, strict=True):
            table.add_row(Text(name), Text(cell))
    return table


def _longest(texts: Sequence[str], whole: bool) -> int:
    """Return the characters of the longest part of a column that is never broken.

    It is a word, a heading's last word with the arrow behind it, or, where the cells are to stay `whole`
    because they are numbers with units, a cell.
    """
    heading, *cells = texts
    parts = cells if whole else [word for cell in cells for word in cell.split()]
    return max(map(cell_len, ("", *parts, *_joined(heading).split(" "))))


def _joined(heading: str) -> str:
    return re.sub(" (?=[↑↓]$)", "\0", heading)


def _folded(heading: str, width: int) -> list[str]:
    lines = wrap(_joined(heading), width, break_on_hyphens=False)
    return [line.replace("\0", " ") for line in lines] or [heading]


def _widths(texts: Sequence[Sequence[str]], words: Sequence[int]) -> list[int]:
    """Return the characters of each column of a table, given its heading and cells, and its longest word.

    No word is broken where there is room for that (rich breaks words of one column to leave another one
    whole), and what is left goes to the narrowest columns that need it.
    """
    whole = [max(map(cell_len, cells)) for cells in texts]
    room = _room(len(texts))
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
