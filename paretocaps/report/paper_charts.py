"""The figures of the page of a paper's table."""

from collections.abc import Collection, Mapping, Sequence
from types import MappingProxyType
from typing import TYPE_CHECKING

from paretocaps.domain.front_record import FrontMember, FrontRecord
from paretocaps.domain.measurement import EpochRecord
from paretocaps.domain.paper_table import Chart
from paretocaps.report.depth import DepthLine
from paretocaps.report.depth_figure import depth_figures
from paretocaps.report.evaluation_figures import confusion_figure, roc_figure
from paretocaps.report.figures import front_figures
from paretocaps.report.line_styles import line_styles
from paretocaps.report.losses_figure import losses_figure
from paretocaps.report.plans_figure import plans_figure
from paretocaps.report.policies import PolicyCurve
from paretocaps.report.policies_figure import policies_figures

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

    from paretocaps.evaluation.classification import ClassificationReport

NO_EPOCHS: Mapping[int, Sequence[EpochRecord]] = MappingProxyType({})
_OF_REPORTS = {"confusion": confusion_figure, "roc": roc_figure}


def paper_charts(
    charts: Sequence[Chart],
    front: FrontRecord,
    trials: Sequence[FrontMember],
    curves: Sequence[PolicyCurve],
    depths: Sequence[DepthLine],
    epochs: Mapping[int, Sequence[EpochRecord]] = NO_EPOCHS,
    decoding: Collection[int] = (),
    reports: "Mapping[str, ClassificationReport] | None" = None,
) -> "dict[str, Figure]":
    """Return the figures that a table asks for, by identifier, as far as there is anything to draw.

    Args:
        charts: what is asked for.
        front: the front of the table's trials.
        trials: the table's trials, or those of one device where times do not compare.
        curves: all of the table's trials by epoch.
        epochs: what the first training of each told, by trial.
        decoding: the trials whose training loss has that of a decoder, too.
        depths: values by depth.
        reports: how networks classify test images, by row.
    """
    families = {one.trial: one.family for one in curves}
    families |= {one.trial: str(one.choices.get("family", "")) for one in trials}
    styles = line_styles(families)
    drawn: dict[str, Figure] = {}
    if "front" in charts and trials:
        drawn |= front_figures(front, trials, styles)
    if "curves" in charts and curves:
        drawn |= policies_figures(curves, styles)
    told = (record for records in epochs.values() for record in records)
    if "losses" in charts and any(record.train_loss is not None for record in told):
        labels = {one.trial: one.name for one in curves}
        drawn["losses"] = losses_figure(epochs, labels, styles, decoding)
    if "plans" in charts:
        drawn |= plans_figure(curves, styles)
    if "depth" in charts:
        drawn |= depth_figures(depths)
    for row, report in (reports or {}).items():
        drawn |= {
            f"{chart}-{row}": _titled(_OF_REPORTS[chart](report), f"{row}, {report.images:,} test images")
            for chart in charts
            if chart in _OF_REPORTS
        }
    return drawn


def _titled(figure: "Figure", title: str) -> "Figure":
    figure.update_layout(title_text=f"{title}: {figure.layout.title.text or ''}".rstrip(": "))
    return figure
