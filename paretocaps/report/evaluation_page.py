"""A trained network, judged: one HTML page that needs nothing else, not even a network."""

from collections.abc import Mapping, Sequence
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING

from paretocaps.report.evaluation_figures import (
    confusion_figure,
    reliability_figure,
    robustness_figure,
    roc_figure,
)
from paretocaps.report.html import definitions_html, figure_html, table_html, write_page
from paretocaps.report.pictures import CSS, grid_html, reconstructions_html
from paretocaps.report.tables import Table

if TYPE_CHECKING:
    from paretocaps.evaluation.appraisal import Appraisal
    from paretocaps.evaluation.classification import ClassificationReport

_CARDS = """
.cards { display: flex; flex-wrap: wrap; gap: 12px; margin: 20px 0 4px; }
.card { border: 1px solid var(--line); border-radius: 6px; padding: 12px 16px; flex: 1 1 150px; }
.card b { display: block; font-size: 24px; line-height: 1.25; font-variant-numeric: tabular-nums; }
.card span { color: var(--soft); font-size: 13px; }
td:last-child:not(.number) { min-width: 0; }
"""
_FIGURE_NOTE = (
    "<p class='soft'>Confusion: right answers in blue, mistakes in orange, on a scale of their own.<br>"
    "Reliability: an answer's confidence is its score: the length of a capsule, the probability that its"
    " class is there. The margin loss asks for lengths of 0.9, no more.</p>"
)


def write_evaluation(
    path: str | Path,
    title: str,
    appraisal: "Appraisal",
    *,
    facts: Mapping[str, str],
    members: Sequence[str] = (),
) -> Path:
    """Write what a network was judged to be as one HTML page; return where it is.

    Args:
        path: the page; overwritten (see `html.write_page`).
        title: what was judged.
        appraisal: how.
        facts: on which images, where, and so on, by name.
        members: names of an ensemble's networks, in the order of `appraisal.members`.

    Raises:
        UsageError: the page cannot be written there.
    """
    body = [
        f"<h1>{escape(title)}</h1>",
        _cards(appraisal),
        definitions_html(facts),
        _members(appraisal, members),
        _classes(appraisal.report),
        _figures(title, appraisal),
        _pictures(appraisal),
    ]
    return write_page(path, f"{title}: evaluation", "".join(body), style=_CARDS + CSS)


def _cards(appraisal: "Appraisal") -> str:
    report = appraisal.report
    low, high = report.interval
    cards = [(f"{report.acc:.2%}", f"accuracy, 95 % interval {low:.2%} to {high:.2%}")]
    if report.top5 is not None:
        cards.append((f"{report.top5:.2%}", "among the five best"))
    cards.append((f"{report.macro.f1:.4f}", "F1, mean of the classes"))
    if report.auc is not None:
        cards.append((f"{report.auc:.4f}", "area under ROC, mean of the classes"))
    cards.append((f"{report.reliability.ece:.4f}", "expected calibration error"))
    if appraisal.robustness is not None:
        count = len(appraisal.robustness.transforms)
        cards.append((f"{appraisal.robustness.mean:.2%}", f"accuracy under {count} transforms"))
    cards.append((f"{report.images:,}", "images"))
    shown = "".join(f"<div class='card'><b>{value}</b><span>{text}</span></div>" for value, text in cards)
    return f"<div class='cards'>{shown}</div>"


def _members(appraisal: "Appraisal", names: Sequence[str]) -> str:
    if not appraisal.members:
        return ""
    rows = [(name, f"{acc:.4f}") for name, acc in zip(names, appraisal.members, strict=True)]
    rows.append(("all together", f"{appraisal.report.acc:.4f}"))
    return (
        "<h2>Members</h2><p class='soft'>The ensemble's score of a class is the mean of its members' shares:"
        " each member's scores of an image divided by their sum.</p>"
        + table_html(Table(("network", "acc ↑"), (False, True), tuple(rows)))
    )


def _classes(report: "ClassificationReport") -> str:
    headings = ("class", "precision ↑", "recall ↑", "F1 ↑", "images", "AUC ↑")
    rows = []
    for name, means in (("mean", report.macro), ("weighted mean", report.weighted)):
        area = _auc(report.auc) if means is report.macro else ""
        rows.append((name, *_four(means.precision, means.recall, means.f1), f"{report.images:,}", area))
    rows += [
        (one.name, *_four(one.precision, one.recall, one.f1), f"{one.support:,}", _auc(one.auc))
        for one in report.classes
    ]
    table = table_html(Table(headings, (False, *[True] * 5), tuple(rows)))
    absent = [one.name for one in report.classes if one.auc is None]
    note = f"<p class='soft'>No area is defined for {_listed(absent)}: no such images, or no others.</p>"
    return f"<h2>Classes</h2>{table}{note if absent else ''}"


def _figures(title: str, appraisal: "Appraisal") -> str:
    report = appraisal.report
    confusion = figure_html(confusion_figure(report), f"{title}-confusion")
    reliability = figure_html(reliability_figure(report.reliability), f"{title}-reliability")
    parts = [f"<div class='pair'>{confusion}</div><div class='pair'>{reliability}</div>"]
    place = "pairs" if len(report.classes) <= 10 else "wide"
    shown = f"<div class='{place}'>{''.join(parts)}</div>{_FIGURE_NOTE}"
    if report.roc is not None:
        shown += f"<div class='wide'>{figure_html(roc_figure(report), f'{title}-roc')}</div>"
    if appraisal.robustness is not None:
        figure = figure_html(robustness_figure(appraisal.robustness), f"{title}-robustness")
        shown += (
            f"<div class='wide'>{figure}</div><p class='soft'>Images are transformed about their centre; what"
            " comes in from outside is black. Dashed: the images as they are.</p>"
        )
    return f"<h2>Figures</h2>{shown}"


def _pictures(appraisal: "Appraisal") -> str:
    if appraisal.no_pictures is not None:
        return (
            f"<h2>Reconstructions and perturbations</h2><p class='soft'>{escape(appraisal.no_pictures)}</p>"
        )
    names = [one.name for one in appraisal.report.classes]
    html = "<h2>Reconstructions</h2>"
    for what, chosen in (
        ("Right answers", [one for one in appraisal.reconstructions if one.right]),
        ("Wrong answers, the surest first", [one for one in appraisal.reconstructions if not one.right]),
    ):
        shown = reconstructions_html(chosen, names) if chosen else "<p>None.</p>"
        html += f"<p class='soft'>{what}</p><div class='scrolled'>{shown}</div>"
    grids = "".join(grid_html(grid, names[grid.label]) for grid in appraisal.grids)
    return (
        f"{html}<h2>What each dimension of a pose does</h2>"
        "<p class='soft'>One image of a class, drawn again from its class capsule with one number of the pose"
        " changed: one row per dimension, by -0.25 on the left to +0.25 on the right (times the pose's norm"
        " where the routing does not squash it). The middle column is the reconstruction (Sabour et al. 2017,"
        " Figure 4).</p>"
        f"<div class='grids'>{grids}</div>"
    )


def _four(*values: float) -> tuple[str, ...]:
    return tuple(f"{value:.4f}" for value in values)


def _auc(value: float | None) -> str:
    return "-" if value is None else f"{value:.4f}"


def _listed(names: Sequence[str]) -> str:
    some = ", ".join(names[:10])
    return escape(some if len(names) <= 10 else f"{some} and {len(names) - 10} more")
