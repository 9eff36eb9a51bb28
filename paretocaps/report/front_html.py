"""The table of a front, as a notebook shows it."""

from collections.abc import Iterable
from html import escape

from paretocaps.domain.front_record import FrontRecord
from paretocaps.report.beside_baseline import beside_texts, common_text
from paretocaps.report.level_notes import MARK
from paretocaps.report.not_members import corner_table, nearest_table
from paretocaps.report.tables import Table, heading, objective_cells


def front_html(front: FrontRecord) -> str:
    """Return a front as an HTML table without styles of its own: a row per member, the knee in bold.

    Its columns are the trial, the objectives with their intervals, and what differs from the baseline. The
    collapsed corner, and the nearest trials where none keeps the bounds, have tables of their own below it.
    """
    knee = _knee(front)
    columns = [[str(member.trial) for member in front.members]]
    columns += [_unbroken(objective_cells(front.members, objective)) for objective in front.objectives]
    columns.append(beside_texts(front.members, front.baseline))
    headings = ["trial", *_unbroken(map(heading, front.objectives)), "beside the baseline"]
    rows = [
        _row("td", cells, bold=member.trial == knee)
        for member, cells in zip(front.members, zip(*columns, strict=True), strict=True)
    ]
    level = any(cell.startswith(MARK) for column in columns for cell in column)
    return (
        f"<table><caption>{escape(_caption(front, level=level))}</caption>"
        f"<thead>{_row('th', headings)}</thead>"
        f"<tbody>{''.join(rows)}</tbody></table>"
        + _apart("the nearest trials", nearest_table(front))
        + _apart(front.apart, corner_table(front))
    )


def _unbroken(texts: Iterable[str]) -> list[str]:
    """Return texts whose spaces break no line, so that a value stays with its interval and its unit."""
    return [text.replace(" ", "\N{NO-BREAK SPACE}") for text in texts]


def _apart(caption: str, table: Table | None) -> str:
    if table is None:
        return ""
    rows = "".join(_row("td", row) for row in table.rows)
    return (
        f"<table><caption>{escape(caption)}</caption><thead>{_row('th', table.headings)}</thead>"
        f"<tbody>{rows}</tbody></table>"
    )


def _caption(front: FrontRecord, *, level: bool) -> str:
    members = "1 member" if len(front) == 1 else f"{len(front)} members"
    parts = [f"{front.study}: {members}"]
    parts += [f"within {front.within}"] if front.within else []
    parts += ["bold: the best compromise"] if len(front) else []
    parts += [f"{MARK} level with the best"] if level else []
    parts += [f"all with {common}"] if (common := common_text(front.members, front.baseline)) else []
    return "; ".join(parts)


def _knee(front: FrontRecord) -> int | None:
    from paretocaps.pareto.decision import knee

    if not len(front):
        return None
    values = [[member.values[o.name] for o in front.objectives] for member in front.members]
    return front.members[knee(values, front.objectives)].trial


def _row(tag: str, cells: Iterable[str], *, bold: bool = False) -> str:
    texts = (f"<strong>{escape(cell)}</strong>" if bold else escape(cell) for cell in cells)
    return f"<tr>{''.join(f'<{tag}>{text}</{tag}>' for text in texts)}</tr>"
