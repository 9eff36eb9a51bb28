"""Writes the list of studies to stdout."""

from collections.abc import Mapping, Sequence
from typing import Any

from paretocaps.cli.output import rows_table, show, write_rows
from paretocaps.report.tables import with_prefix


def write_studies(rows: Sequence[Mapping[str, Any]], form: str) -> None:
    """Write studies, as `service.studies` returns them, as `form`; a table has them in few words."""
    if form == "table":
        show(rows_table([in_short(row) for row in rows], right=("front", "size")))
    else:
        write_rows(rows, form)


def in_short(row: Mapping[str, Any]) -> dict[str, Any]:
    """Return a study as a row of a table: its trials of those that it shall have, its front, its size."""
    ended, wanted = row["finished"] + row["stopped"], row["wanted"]
    trials = f"{ended} of {wanted}" if wanted is not None and ended < wanted else str(ended)
    volume = row["hypervolume"]
    return {
        "study": row["study"],
        "state": row["state"],
        "trials": trials + (f" ({row['failed']} failed)" if row["failed"] else ""),
        "front": row["front"],
        "hypervolume": None if volume is None else f"{volume:.4f}",
        "size": with_prefix(row["bytes"], "B"),
        "objectives": row["objectives"].replace(",", ", "),
        "data": row["data"],
    }
