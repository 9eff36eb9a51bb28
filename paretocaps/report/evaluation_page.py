"""The evaluation of a trained network as one HTML page, which needs no other file and no connection."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from paretocaps.domain.wording import listed
from paretocaps.report.evaluation_figures import (
    confusion_figure,
    reliability_figure,
    robustness_figure,
    roc_figure,
)
from paretocaps.report.html import write_page
from paretocaps.report.tables import Table

if TYPE_CHECKING:
    from paretocaps.evaluation.appraisal import Appraisal
    from paretocaps.evaluation.classification import ClassificationReport


def write_evaluation(
    path: str | Path,
    title: str,
    appraisal: "Appraisal",
    *,
    facts: Mapping[str, str],
    members: Sequence[str] = (),
    data: str = "",
) -> Path:
    """Write the evaluation of a network as one HTML page; return its path.

    Args:
        path: the page; overwritten (see `html.write_page`).
        title: the name of the network or ensemble.
        appraisal: its evaluation.
        facts: further facts by name, such as the images and the device.
        members: names of an ensemble's networks, in the order of `appraisal.members`.
        data: the name of the images, for the heading.

    Raises:
        UsageError: the page cannot be written there.
    """
    report = appraisal.report
    heading = f"{title} on {data}" if data else title
    return write_page(
        path,
        "evaluation",
        f"{heading}: evaluation",
        heading=heading,
        wrong=report.images - sum(row[label] for label, row in enumerate(report.confusion)),
        appraisal=appraisal,
        names=[one.name for one in report.classes],
        cards=_cards(appraisal),
        facts=facts,
        members=_members(appraisal, members),
        classes=_classes(report),
        absent=listed([one.name for one in report.classes if one.auc is None]),
        pair={
            "confusion": confusion_figure(report),
            "reliability": reliability_figure(report.reliability),
        },
        roc={"roc": roc_figure(report)} if report.roc is not None else {},
        robustness={"robustness": robustness_figure(appraisal.robustness)} if appraisal.robustness else {},
    )


def _cards(appraisal: "Appraisal") -> list[tuple[str, str]]:
    report = appraisal.report
    low, high = report.interval
    cards = [(f"{report.acc:.2%}", f"accuracy, 95 % interval {low:.2%} to {high:.2%}")]
    if report.top5 is not None:
        cards.append((f"{report.top5:.2%}", "top-5 accuracy"))
    cards.append((f"{report.macro.f1:.4f}", "F1, mean over classes"))
    if report.auc is not None:
        cards.append((f"{report.auc:.4f}", "area under the ROC curve, mean over classes"))
    cards.append((f"{report.reliability.ece:.4f}", "expected calibration error"))
    if appraisal.robustness is not None:
        count = len(appraisal.robustness.transforms)
        cards.append((f"{appraisal.robustness.mean:.2%}", f"accuracy under {count} transforms"))
    cards.append((f"{report.images:,}", "images"))
    return cards


def _members(appraisal: "Appraisal", names: Sequence[str]) -> Table | None:
    if not appraisal.members:
        return None
    rows = [(name, f"{acc:.4f}") for name, acc in zip(names, appraisal.members, strict=True)]
    rows.append(("ensemble", f"{appraisal.report.acc:.4f}"))
    return Table(("network", "acc ↑"), (False, True), tuple(rows))


def _classes(report: "ClassificationReport") -> Table:
    headings = ("class", "precision ↑", "recall ↑", "F1 ↑", "images", "AUC ↑")
    rows = []
    for name, means in (("mean", report.macro), ("weighted mean", report.weighted)):
        area = _auc(report.auc) if means is report.macro else ""
        rows.append((name, *_four(means.precision, means.recall, means.f1), f"{report.images:,}", area))
    rows += [
        (one.name, *_four(one.precision, one.recall, one.f1), f"{one.support:,}", _auc(one.auc))
        for one in report.classes
    ]
    return Table(headings, (False, *[True] * 5), tuple(rows))


def _four(*values: float) -> tuple[str, ...]:
    return tuple(f"{value:.4f}" for value in values)


def _auc(value: float | None) -> str:
    return "-" if value is None else f"{value:.4f}"
