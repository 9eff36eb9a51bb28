"""Figures of a trained network: confusion, detection, reliability, robustness."""

from typing import TYPE_CHECKING, Any

from paretocaps.report.style import CYCLE, FAINT, FRONT_COLOUR, INK, KNEE_COLOUR, dressed

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

    from paretocaps.evaluation.classification import ClassificationReport, ClassMeasures
    from paretocaps.evaluation.reliability import Reliability
    from paretocaps.evaluation.robustness import Robustness

_SIDE_BY_SIDE = 640
"""Pixels below which panels beside each other are not squeezed, but scroll."""
_COUNTED = 20
"""A confusion matrix of at most this many classes shows its counts."""
_CURVES = 12
_CORNER = 0.1
_BLUES = [[0.0, "#eef4f9"], [1.0, FRONT_COLOUR]]
_ORANGES = [[0.0, "#ffffff"], [0.02, "#fdeee2"], [1.0, KNEE_COLOUR]]
_PANELS: tuple[tuple[str, tuple[str, ...], str, float], ...] = (
    ("rotation", ("rotation",), "degrees", 0.0),
    ("shift", ("shift x", "shift y"), "pixels (of 28)", 0.0),
    ("scale", ("scale",), "times as large", 1.0),
    ("shear", ("shear",), "degrees", 0.0),
)
_SIDES = {"shift x": "across", "shift y": "down"}


def confusion_figure(report: "ClassificationReport") -> "Figure":
    """Return the confusion matrix: correct predictions in blue, mistakes in orange.

    Each has its own colour scale, because on a common one only the diagonal would be visible. The colour is
    the cell's share of the images in its row.
    """
    from plotly.graph_objects import Figure, Heatmap

    names = [one.name for one in report.classes]
    count = len(names)
    figure = Figure()
    for diagonal, scale in ((False, _ORANGES), (True, _BLUES)):
        shares, texts = _confusion_cells(report, diagonal)
        figure.add_trace(
            Heatmap(
                x=names,
                y=names,
                z=shares,
                customdata=[list(row) for row in report.confusion],
                text=texts,
                texttemplate="%{text}" if count <= _COUNTED else None,
                colorscale=scale,
                zmin=0.0,
                zmax=1.0 if diagonal else _most(shares),
                showscale=False,
                xgap=1,
                ygap=1,
                hoverongaps=False,
                hovertemplate="%{y} classified as %{x}: %{customdata} (%{z:.1%} of %{y})<extra></extra>",
            )
        )
    axis = {"type": "category", "showgrid": False, "ticks": ""}
    figure.update_xaxes(axis, title_text="predicted class", constrain="domain")
    figure.update_yaxes(
        axis, title_text="true class", autorange="reversed", scaleanchor="x", constrain="domain"
    )
    return dressed(figure, "Confusion", height=max(520, min(900, 40 * count + 130))).update_layout(
        margin_t=60
    )


def roc_figure(report: "ClassificationReport") -> "Figure":
    """Return the ROC curve of each class against all others, whole and enlarged at its corner.

    Of more than `_CURVES` classes, only those with the smallest areas are drawn.
    """
    from plotly.subplots import make_subplots

    figure = make_subplots(rows=1, cols=2, horizontal_spacing=0.1)
    known = sorted((one for one in report.classes if one.auc is not None), key=lambda one: one.auc or 0.0)
    shown = [one for one in report.classes if one in known[:_CURVES]]
    for column in (1, 2):
        for number, one in enumerate(shown):
            figure.add_trace(_roc_line(one, number, legend=column == 1), row=1, col=column)
        if report.roc is not None and report.auc is not None:
            mean = _roc_trace(report.roc, f"mean, {report.auc:.4f}", {"color": INK, "width": 3})
            figure.add_trace(mean.update(showlegend=column == 1), row=1, col=column)
    some = f" ({len(shown)} worst of {len(report.classes)} classes)" if len(shown) < len(known) else ""
    figure.update_xaxes(title_text="false-positive rate", range=[-0.02, 1.02], row=1, col=1)
    figure.update_yaxes(title_text="true-positive rate", range=[-0.02, 1.02], row=1, col=1)
    figure.update_xaxes(title_text="the same, enlarged", range=[-0.002, _CORNER], row=1, col=2)
    low = min(1 - _CORNER, *(_reached(one.roc) for one in shown)) if shown else 0.0
    figure.update_yaxes(range=[low, 1 + 0.02 * (1 - low)], row=1, col=2)
    dressed(figure, f"ROC of each class against all others, with the area after its name{some}", height=460)
    beside = {"orientation": "v", "x": 1.02, "y": 1.0, "xanchor": "left", "yanchor": "top"}
    return figure.update_layout(
        legend=beside | {"traceorder": "normal"}, margin_t=60, meta={"narrowest": _SIDE_BY_SIDE}
    )


def reliability_figure(reliability: "Reliability") -> "Figure":
    """Return accuracy by confidence, and below it the share of the images at each confidence."""
    from plotly.graph_objects import Bar, Scatter
    from plotly.subplots import make_subplots

    bins = [one for one in reliability.bins if one.images]
    total = sum(one.images for one in bins)
    middle, width = [(one.low + one.high) / 2 for one in bins], [one.high - one.low for one in bins]
    hover = [
        f"{one.images:,} images<br>confidence {one.confidence:.4f}<br>accuracy {one.acc:.4f}" for one in bins
    ]
    template = "%{text}<extra></extra>"
    common = {"x": middle, "width": width, "hovertext": hover, "hovertemplate": "%{hovertext}<extra></extra>"}
    figure = make_subplots(rows=2, cols=1, shared_xaxes=True, row_heights=[0.75, 0.25], vertical_spacing=0.06)
    edge = {"line": {"color": "white", "width": 1}}
    figure.add_trace(Bar(y=[one.acc for one in bins], marker={"color": "#9cc7e3"} | edge, **common), 1, 1)
    line = {"color": FAINT, "dash": "dash", "width": 1.5}
    figure.add_trace(Scatter(x=[0, 1], y=[0, 1], mode="lines", line=line, hoverinfo="skip"), 1, 1)
    means = Scatter(
        x=[one.confidence for one in bins],
        y=[one.acc for one in bins],
        mode="lines+markers",
        line={"color": FRONT_COLOUR, "width": 2},
        marker={"size": 7},
        text=hover,
        hovertemplate=template,
    )
    figure.add_trace(means, 1, 1)
    shares = Bar(y=[one.images / total for one in bins], marker={"color": "#b8c4ce"} | edge, **common)
    figure.add_trace(shares, 2, 1)
    figure.update_xaxes(range=[0, 1])
    figure.update_xaxes(title_text="confidence: the score of the predicted class", row=2, col=1)
    figure.update_yaxes(title_text="accuracy", range=[0, 1.03], row=1, col=1)
    figure.update_yaxes(title_text="images", tickformat=".0%", nticks=4, rangemode="tozero", row=2, col=1)
    figure.update_layout(showlegend=False)
    title = f"Reliability, ECE {reliability.ece:.4f}"
    return dressed(figure, title, height=520).update_layout(margin_t=60)


def robustness_figure(found: "Robustness") -> "Figure":
    """Return accuracy by the strength of each kind of transform; one point is the untransformed images."""
    from plotly.graph_objects import Scatter
    from plotly.subplots import make_subplots

    figure = make_subplots(
        rows=1, cols=len(_PANELS), shared_yaxes=True, horizontal_spacing=0.03,
        subplot_titles=[title for title, *_ in _PANELS],
    )  # fmt: skip
    for column, (_, kinds, unit, none) in enumerate(_PANELS, 1):
        for number, kind in enumerate(kinds):
            points = [(one.strength, one.acc) for one in found.transforms if one.kind == kind]
            if not points:
                continue
            x, y = zip(*sorted([*points, (none, found.plain)]), strict=True)
            colour, name = CYCLE[number], _SIDES.get(kind, "")
            trace = Scatter(
                x=x, y=y, mode="lines+markers", name=name, showlegend=bool(name),
                line={"color": colour, "width": 2}, marker={"size": 7},
                hovertemplate=f"{kind} %{{x:g}}: acc %{{y:.4f}}<extra></extra>",
            )  # fmt: skip
            figure.add_trace(trace, row=1, col=column)
        figure.update_xaxes(title_text=unit, row=1, col=column)
    level = {"line_dash": "dash", "line_color": FAINT, "line_width": 1}
    figure.add_hline(y=found.plain, **level)
    lowest = min([found.plain, *(one.acc for one in found.transforms)])
    figure.update_yaxes(range=[max(0.0, lowest - 0.05), 1.005])
    figure.update_yaxes(title_text="accuracy, more is better →", row=1, col=1)
    dressed(
        figure, f"Robustness: mean accuracy {found.mean:.4f} under {len(found.transforms)} transforms", 400
    )
    beside = {"orientation": "h", "x": 1.0, "y": 1.1, "xanchor": "right", "yanchor": "bottom"}
    figure.update_annotations(font_size=13, font_color=INK)
    return figure.update_layout(legend=beside, margin_t=90, meta={"narrowest": _SIDE_BY_SIDE})


def _confusion_cells(
    report: "ClassificationReport", diagonal: bool
) -> tuple[list[list[float | None]], list[list[str]]]:
    """Return the share of its row and the count as text, for the cells on the diagonal or for all others.

    The remaining cells are empty.
    """
    shares: list[list[float | None]] = []
    texts: list[list[str]] = []
    for label, row in enumerate(report.confusion):
        images = sum(row) or 1
        mine = [(label == answer) == diagonal for answer in range(len(row))]
        shares.append([n / images if own else None for n, own in zip(row, mine, strict=True)])
        texts.append([str(n) if own and n else "" for n, own in zip(row, mine, strict=True)])
    return shares, texts


def _reached(roc: Any) -> float:
    """Return the true-positive rate that a curve has reached halfway through the enlarged corner."""
    halfway = [
        true for false, true in zip(roc.false_rates, roc.true_rates, strict=True) if false <= _CORNER / 2
    ]
    return max(halfway, default=0.0)


def _most(shares: list[list[float | None]]) -> float:
    """Return the largest share, or 1 where none is above 0."""
    return max((share for row in shares for share in row if share), default=1.0)


def _roc_line(one: "ClassMeasures", number: int, *, legend: bool) -> Any:
    dash = ("solid", "dot")[number // len(CYCLE) % 2]
    line = {"color": CYCLE[number % len(CYCLE)], "width": 1.3, "dash": dash}
    trace = _roc_trace(one.roc, f"{one.name}, {one.auc:.4f}", line)
    return trace.update(showlegend=legend)


def _roc_trace(roc: Any, name: str, line: dict[str, Any]) -> Any:
    from plotly.graph_objects import Scatter

    return Scatter(
        x=roc.false_rates, y=roc.true_rates, mode="lines", name=name, legendgroup=name, line=line,
        hovertemplate="false %{x:.4f}<br>true %{y:.4f}<extra>%{fullData.name}</extra>",
    )  # fmt: skip
