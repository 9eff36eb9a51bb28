"""Where the texts of a table's rows stand: in columns beside the values, or below them."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from textwrap import wrap

from rich.cells import cell_len, set_cell_size

GAP = 2
"""Spaces between columns."""
_INDENT = 4
"""How far texts below a row are indented."""


@dataclass(frozen=True)
class TextLayout:
    """A layout of the texts of rows: the first ones have columns, and the others stand below the row.

    Attributes:
        used: the cells of a terminal that a row's values take; a wide character takes two.
        widths: the cells of each column of texts.
        below: the cells of a line below a row, without its indent.
    """

    used: int
    widths: tuple[int, ...]
    below: int

    def row(self, values: str, texts: Sequence[str]) -> tuple[list[str], list[str]]:
        """Return the lines with the values and the columns, and those below them. No word is broken."""
        columns = [_wrapped(text, width) for text, width in zip(texts, self.widths, strict=False)]
        cells = list(zip([[values], *columns], [self.used, *self.widths], strict=True))
        beside = [
            (" " * GAP).join(padded(_at(lines, row), width) for lines, width in cells)
            for row in range(max([1, *map(len, columns)]))
        ]
        below = [line for text in texts[len(self.widths) :] for line in _wrapped(text, self.below)]
        return [line.rstrip() for line in beside], [" " * _INDENT + line for line in below]


def text_layout(
    titles: Sequence[str], rows: Sequence[Sequence[str]], used: int, width: int | None
) -> TextLayout:
    """Return the layout in which the rows take the fewest lines; of equal ones that with the most columns.

    The last column is as wide as its widest text; another one may be wrapped, but is never narrower than its
    widest word.

    Args:
        titles: the headings of the texts, in order.
        rows: a text for each of them, by row.
        used: the cells of a row's values.
        width: the cells of a line; None for as many as are needed.
    """
    texts = [[title, *(row[column] for row in rows)] for column, title in enumerate(titles)]
    widest = [max(map(cell_len, column)) for column in texts]
    if width is None:
        return TextLayout(used, tuple(widest), 0)
    below = max(width - _INDENT, 1)
    possible = [TextLayout(used, (), below)]
    for count in range(1, len(titles) + 1):
        room = width - used - count * GAP - sum(widest[1:count])
        if room >= max(cell_len(word) for text in texts[0] for word in text.split()):
            possible.append(TextLayout(used, (min(widest[0], room), *widest[1:count]), below))
    return min(
        reversed(possible), key=lambda one: sum(len(lines) for row in rows for lines in one.row("", row))
    )


def shortened(text: str, width: int) -> str:
    """Return the first words of a text that fit, with a mark where some are left out."""
    if cell_len(text) <= width:
        return text
    kept = ""
    for word in text.split():
        if cell_len(kept) + cell_len(word) + 2 > width:
            break
        kept += f"{word} "
    return f"{kept}…" if width > 0 else ""


def fitting(parts: Sequence[str], between: str, width: int) -> str:
    """Return as many of the first parts as fit into a line; where not even one does, the beginning of it."""
    kept = ""
    for part in parts:
        line = f"{kept}{between}{part}" if kept else part
        if cell_len(line) > width:
            break
        kept = line
    whole = kept or (parts[0] if parts else "")
    return whole if cell_len(whole) <= width else f"{set_cell_size(whole, max(0, width - 1))}…"


def padded(text: str, width: int) -> str:
    """Return a text with blanks behind it, as many cells wide as asked for."""
    return text + " " * (width - cell_len(text))


def whole_words(text: str, width: int) -> str:
    """Return a message in lines of at most `width` cells; a longer word has a line, and is whole."""
    return "\n".join(line for part in text.split("\n") for line in _wrapped(part, width) or [""])


def _wrapped(text: str, width: int) -> list[str]:
    if text.isascii():
        return wrap(text, width, break_long_words=False, break_on_hyphens=False)
    lines: list[str] = []
    for gap, word in re.findall(r"(\s*)(\S+)", text):
        if lines and cell_len(lines[-1] + gap + word) <= width:
            lines[-1] += gap + word
        else:
            lines.append(word)
    return lines


def _at(lines: Sequence[str], index: int) -> str:
    return lines[index] if index < len(lines) else ""
