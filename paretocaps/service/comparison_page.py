"""Writes a comparison of studies as a page."""

from pathlib import Path

from paretocaps.service.comparing import Comparison


def write_comparison(found: Comparison, output: str) -> Path:
    """Write the fronts in tables, and in a picture for each pair of objectives and one of three.

    Returns the page's path.

    Raises:
        UsageError: the page cannot be written there.
    """
    from paretocaps.report.comparison_figures import comparison_figures
    from paretocaps.report.html import write_page
    from paretocaps.service.comparison_tables import as_table, members_rows, right_aligned, studies_rows

    right = right_aligned(found)
    return write_page(
        output,
        "comparison",
        " beside ".join(front.study for front in found.fronts),
        figures=comparison_figures(found.fronts, found.objectives),
        studies=as_table(studies_rows(found), right),
        members=as_table(members_rows(found), right),
        remarks=found.remarks,
    )
