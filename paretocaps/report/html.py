"""The parts a page is made of, and how it reaches its file."""

import re
from collections.abc import Container, Mapping, Sequence
from html import escape
from itertools import accumulate
from pathlib import Path
from typing import TYPE_CHECKING

from paretocaps.errors import UsageError, why_not_written
from paretocaps.report.tables import Table
from paretocaps.writing import whole_file

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

_CSS = """
:root { color-scheme: light; --ink: #1f2933; --soft: #52606d; --line: #e4e8ec; --front: #0072b2; }
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 1240px; padding: 32px 28px 48px; color: var(--ink); background: white;
  font: 15px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif; }
h1 { font-size: 28px; margin: 0 0 4px; overflow-wrap: anywhere; }
h2 { font-size: 19px; margin: 40px 0 12px; }
p { margin: 4px 0 12px; max-width: 80ch; }
.soft { color: var(--soft); }
dl { display: grid; grid-template-columns: max-content 1fr; gap: 4px 20px; margin: 20px 0 0; }
dt { color: var(--soft); }
dd { margin: 0; overflow-wrap: anywhere; }
.scroll { overflow: auto; max-height: 1200px; width: fit-content; max-width: 100%;
  border: 1px solid var(--line); border-radius: 6px; }
table { border-collapse: collapse; font-size: 14px; }
th { position: sticky; top: 0; background: #f4f6f8; text-align: left; font-weight: 600; }
th, td { padding: 6px 12px; border-bottom: 1px solid var(--line); vertical-align: top; white-space: nowrap; }
td:last-child:not(.number) { white-space: normal; min-width: 320px; }
tr:last-child td { border-bottom: 0; }
th.number, td.number { text-align: right; font-variant-numeric: tabular-nums; }
th.group { position: static; text-align: left; background: white; }
.parted, th.group + th.group { border-left: 3px double #9aa5b1; }
tr.marked td { background: #fff4ec; }
.pairs { display: grid; grid-template-columns: 1fr 1fr; gap: 8px 16px; }
.pair, .wide { min-width: 0; }
@media (max-width: 900px) { .pairs { grid-template-columns: 1fr; } }
@media print { .scroll { max-height: none; overflow: visible; } }
"""


def table_html(table: Table, groups: Sequence[tuple[str, int]] = ()) -> str:
    """Return `table`; where its first column has no heading, rows with a mark in it are shaded.

    Args:
        table: what is shown.
        groups: headings over columns, each with how many of them it is over; a line parts the groups.
    """
    starts = set(accumulate([count for _, count in groups]))
    head = _cells("th", table.headings, table.numeric, starts)
    over = "".join(f"<th class='group' colspan='{count}'>{escape(text)}</th>" for text, count in groups)
    rows = f"<tr>{over}</tr>" if groups else ""
    rows += f"<tr>{head}</tr></thead><tbody>"
    for row in table.rows:
        marked = ' class="marked"' if not table.headings[0] and row[0] else ""
        rows += f"<tr{marked}>{_cells('td', row, table.numeric, starts)}</tr>"
    return f"<div class='scroll'><table><thead>{rows}</tbody></table></div>"


def definitions_html(facts: Mapping[str, str]) -> str:
    """Return names and what they stand for, one pair after another; line breaks are kept."""
    pairs = "".join(
        f"<dt>{escape(name)}</dt><dd>{escape(text).replace(chr(10), '<br>')}</dd>"
        for name, text in facts.items()
    )
    return f"<dl>{pairs}</dl>"


def figure_html(figure: "Figure", name: str) -> str:
    """Return a figure as wide as its place; the page brings plotly.js. `name` is what it saves images as."""
    plain = re.sub(r"[^\w.-]+", "_", name)  # plotly writes its configuration into the script unescaped
    config = {"responsive": True, "displaylogo": False, "toImageButtonOptions": {"filename": plain}}
    html: str = figure.to_html(
        full_html=False, include_plotlyjs=False, config=config, default_height=f"{figure.layout.height}px"
    )
    return html


def write_page(path: str | Path, title: str, body: str, style: str = "") -> Path:
    """Write a page that needs no other file and no network (plotly.js is in it); return where it is.

    It is written as `whole_file` writes: it is old or new but never half. `style` is CSS beside that of
    every page.

    Raises:
        UsageError: it cannot be written there.
    """
    from plotly.offline import get_plotlyjs

    page = (
        f'<!DOCTYPE html><html lang="en"><head><meta charset="utf-8"><title>{escape(title)}</title>'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<style>{_CSS}{style}</style><script>{get_plotlyjs()}</script></head><body>{body}</body></html>\n"
    )
    place = Path(path)
    if not place.name or place.is_dir():  # which has no name to put a draft beside
        raise UsageError(
            f"page {str(path)!r} cannot be written: it is a folder: name a file, such as page.html"
        )
    try:
        with whole_file(place) as stream:
            stream.write(page.encode())
    except OSError as error:
        why = why_not_written(error, "name another file")
        raise UsageError(f"page {str(path)!r} cannot be written: {why}") from None
    return place


def _cells(tag: str, texts: tuple[str, ...], numeric: tuple[bool, ...], starts: Container[int]) -> str:
    cells = ""
    for column, (text, number) in enumerate(zip(texts, numeric, strict=True)):
        words = [*(["number"] if number else []), *(["parted"] if column in starts else [])]
        kind = f'class="{" ".join(words)}"' if words else ""
        cells += f"<{tag} {kind}>{escape(text)}</{tag}>"
    return cells
