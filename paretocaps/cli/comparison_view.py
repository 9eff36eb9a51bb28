"""Writes the comparison of several studies' fronts to stdout."""

from typing import Any

from paretocaps.cli.output import rows_table, say, show, write_csv, write_json
from paretocaps.report.beside_baseline import beside_text
from paretocaps.report.tables import estimate_text, heading
from paretocaps.service import Comparison


def write_comparison(found: Comparison, form: str) -> None:
    """Write a comparison as `form`: "table" of studies and of members, "json", or "csv" of members."""
    if form == "json":
        write_json(found.as_dict())
    elif form == "csv":
        write_csv([_flat(row) for row in found.rows])
    else:
        show(rows_table(_studies(found), right=("hypervolume",)))
        show("")
        right = ("trial", *map(heading, found.objectives))
        show(rows_table(_members(found), right=right))
    for remark in found.remarks:
        say(remark)


def _studies(found: Comparison) -> list[dict[str, Any]]:
    rows = [
        {
            "study": row["study"],
            "front": row["members"],
            "unbeaten": row["unbeaten"],
            "hypervolume": f"{row['hypervolume_share']:.4f}",
        }
        for row in found.studies
    ]
    unbeaten = sum(row["unbeaten"] for row in found.studies)
    together = {"study": "together", "front": unbeaten, "unbeaten": unbeaten}
    return [*rows, {**together, "hypervolume": f"{found.together:.4f}"}]


def _members(found: Comparison) -> list[dict[str, str]]:
    baselines = {front.study: front.baseline for front in found.fronts}
    rows = []
    for study, member in found.members:
        beaten = found.beaten_by.get((study, member.trial))
        rows.append(
            {
                "study": study,
                "trial": str(member.trial),
                **{heading(o): estimate_text(o, member.estimate(o.name)) for o in found.objectives},
                "beaten by": "" if beaten is None else f"{beaten[0]} {beaten[1]}",
                "beside the baseline": beside_text(member, baselines[study]),
            }
        )
    return rows


def _flat(row: dict[str, Any]) -> dict[str, Any]:
    beaten, choices = row["beaten_by"], row["choices"]
    kept = {name: value for name, value in row.items() if name not in ("beaten_by", "choices", "level")}
    by = "" if beaten is None else f"{beaten['study']} {beaten['trial']}"
    return {**kept, "flags": " ".join(row["flags"]), "beaten_by": by, **choices}
