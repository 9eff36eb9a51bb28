"""Writes the comparison of several studies' fronts to stdout."""

from typing import Any

from paretocaps.cli.output import rows_table, say, show, write_csv, write_json
from paretocaps.service import Comparison
from paretocaps.service.comparison_tables import members_rows, right_aligned, studies_rows


def write_comparison(found: Comparison, form: str) -> None:
    """Write a comparison as `form`: "table" of studies and of members, "json", or "csv" of members."""
    if form == "json":
        write_json(found.as_dict())
    elif form == "csv":
        write_csv([_flat(row) for row in found.rows])
    else:
        right = right_aligned(found)
        show(rows_table(studies_rows(found), right=right))
        show("")
        show(rows_table(members_rows(found), right=right))
    for remark in found.remarks:
        say(remark)


def _flat(row: dict[str, Any]) -> dict[str, Any]:
    beaten, choices = row["beaten_by"], row["choices"]
    kept = {name: value for name, value in row.items() if name not in ("beaten_by", "choices", "level")}
    by = "" if beaten is None else f"{beaten['study']} {beaten['trial']}"
    own = {**kept, "flags": " ".join(row["flags"]), "beaten_by": by}
    return own | {f"choice_{name}" if name in own else name: value for name, value in choices.items()}
