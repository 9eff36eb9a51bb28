"""The losses of trainings by epoch: training and validation share a panel where they have the same terms."""

from collections.abc import Collection, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from paretocaps.domain.measurement import EpochRecord
from paretocaps.report.line_styles import LineStyle, line_styles
from paretocaps.report.series import RECONSTRUCTION, evenly
from paretocaps.report.style import CYCLE, dressed
from paretocaps.report.training_figures import every, with_legend_below

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

_OF_CLASSES, _WITH_RECONSTRUCTION = "loss of the classes", f"training, {RECONSTRUCTION}"


def losses_figure(
    curves: Mapping[int, Sequence[EpochRecord]],
    labels: Mapping[int, str] | None = None,
    styles: Mapping[int, LineStyle] | None = None,
    reconstructing: Collection[int] = (),
) -> "Figure":
    """Return the validation loss of each epoch as a solid line, and the training loss as a dotted one.

    A validation loss is of the classes alone. The training loss of a network with a decoder has the loss of
    the reconstruction, too, and is drawn in a panel of its own.

    Args:
        curves: epoch records by trial number; trials without any loss are left out, and of more than 7
            others, 7 evenly spaced ones are drawn.
        labels: names of the trials in the legend; by default their numbers.
        styles: the lines of the trials, of which colour and marker are used.
        reconstructing: the trials whose training loss includes the reconstruction.
    """
    from plotly.subplots import make_subplots

    trials = [trial for trial in curves if any(_losses(curves[trial]))]
    shown = [trials[index] for index in evenly(len(trials), len(CYCLE))]
    looks = styles or line_styles(dict.fromkeys(shown, ""))
    apart = [trial for trial in shown if trial in reconstructing and _points(curves[trial], "train_loss")]
    rows = 2 if apart else 1
    figure = make_subplots(rows=rows, cols=1, shared_xaxes=True, vertical_spacing=0.08)
    for trial in shown:
        name = (labels or {}).get(trial, f"trial {trial}")
        named = False
        for quantity, of, dash in (("val_loss", "validation", "solid"), ("train_loss", "training", "dot")):
            points = _points(curves[trial], quantity)
            if points:
                line = _line(points, looks[trial], name, of, dash) | {"showlegend": not named}
                row = 2 if quantity == "train_loss" and trial in apart else 1
                figure.add_trace(line | {"legendgroup": str(trial)}, row=row, col=1)
                named = True
    epochs = max((len(curves[trial]) for trial in shown), default=0)
    figure.update_xaxes(tick0=1, dtick=every(epochs))
    figure.update_xaxes(title_text="epoch", row=rows, col=1)
    figure.update_yaxes(rangemode="tozero")
    figure.update_yaxes(title_text=f"← {_OF_CLASSES}", row=1, col=1)
    if apart:
        figure.update_yaxes(title_text=f"← {_WITH_RECONSTRUCTION}", row=2, col=1)
    some = f" ({len(shown)} of {len(trials)} trials)" if len(shown) < len(trials) else ""
    solid = "validation solid, training dotted"
    dressed(figure, f"Loss by epoch: {solid}{some}", height=400 + 160 * (rows - 1))
    return with_legend_below(figure, len(shown))


def _losses(records: Sequence[EpochRecord]) -> list[bool]:
    return [record.train_loss is not None or record.val_loss is not None for record in records]


def _points(records: Sequence[EpochRecord], quantity: str) -> list[tuple[int, float]]:
    values = [(record.epoch, getattr(record, quantity)) for record in records]
    return [(epoch, value) for epoch, value in values if value is not None]


def _line(
    points: Sequence[tuple[int, float]], look: LineStyle, name: str, of: str, dash: str
) -> dict[str, Any]:
    return {
        "type": "scatter",
        "x": [epoch for epoch, _ in points],
        "y": [loss for _, loss in points],
        "mode": "lines+markers",
        "line": {"color": look.color, "width": 2, "dash": dash},
        "marker": {"size": 5, "symbol": look.symbol},
        "name": name,
        "hovertemplate": f"epoch %{{x}}: {of} loss %{{y:.4g}}<extra>%{{fullData.name}}</extra>",
    }
