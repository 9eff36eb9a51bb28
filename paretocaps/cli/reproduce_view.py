"""Writes the list of the papers' tables, and what came of making one again."""

from collections.abc import Mapping, Sequence
from typing import Any

import click

from paretocaps.cli.output import note, rows_table, say, show, write_rows
from paretocaps.domain.duration import cost_text
from paretocaps.domain.paper_table import SCALES
from paretocaps.report.paper_page import claim_line
from paretocaps.service import Reproduced


def write_tables(rows: Sequence[Mapping[str, Any]], form: str) -> None:
    """Write tables, as `service.table_rows` returns them, as `form`; a table has them in few words."""
    if form != "table":
        write_rows(rows, form)
        return
    show(rows_table([_in_short(row) for row in rows], right=SCALES))
    say("about how long each scale takes on two cores of a CPU; - where it is not declared")


def _in_short(row: Mapping[str, Any]) -> dict[str, Any]:
    costs: dict[str, Any] = {scale: cost_text(row[f"{scale}_seconds"]) for scale in SCALES}
    shows = f"open: {row['open']}" if row["open"] else row["shows"]
    name = {"table": row["table"], "of": f"{row['paper']}, {row['title']}"}
    return {**name, **costs, "shows": shows, "study file": row["study_file"]}


def show_reproduced(found: Reproduced, form: str = "table") -> None:
    """Show the verdicts on stderr, and on stdout the paths of the page and of its JSON, or that JSON."""
    say(f"study {found.study}: {found.finished} of {found.trainings} trainings finished")
    for one in found.claims:
        note(f"{one.verdict}: {one.claim.said} ({claim_line(one)})")
    if found.time_is_up:
        say(found.time_is_up)
    if form == "json":
        click.echo(found.figures.read_text(encoding="utf-8"), nl=False)
        return
    click.echo(found.page)
    click.echo(found.figures)
