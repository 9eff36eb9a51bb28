"""The tables of a comparison of studies, for terminals and pages."""

from collections.abc import Collection, Mapping, Sequence

from paretocaps.report.beside_baseline import beside_text
from paretocaps.report.tables import Table, estimate_text, heading
from paretocaps.service.comparing import Comparison


def studies_rows(found: Comparison) -> list[dict[str, str]]:
    """Return a row of texts for each study, and one for all together."""
    rows = [
        {
            "study": row["study"],
            "front": str(row["members"]),
            "unbeaten": str(row["unbeaten"]),
            "hypervolume": f"{row['hypervolume_share']:.4f}",
        }
        for row in found.studies
    ]
    unbeaten = str(sum(row["unbeaten"] for row in found.studies))
    together = {"study": "together", "front": unbeaten, "unbeaten": unbeaten}
    return [*rows, {**together, "hypervolume": f"{found.together:.4f}"}]


def members_rows(found: Comparison) -> list[dict[str, str]]:
    """Return a row of texts for each member of a front."""
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


def right_aligned(found: Comparison) -> tuple[str, ...]:
    """Return the headings of both tables whose columns hold numbers."""
    return ("trial", "front", "unbeaten", "hypervolume", *map(heading, found.objectives))


def as_table(rows: Sequence[Mapping[str, str]], right: Collection[str]) -> Table:
    """Return rows of the same keys as a table of a page; "-" stands for an empty text."""
    headings = tuple(rows[0])
    cells = tuple(tuple(text or "-" for text in row.values()) for row in rows)
    return Table(headings, tuple(name in right for name in headings), cells)
