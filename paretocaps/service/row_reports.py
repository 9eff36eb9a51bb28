"""Evaluates the networks of a table's rows on test images, for confusion matrices and ROC curves."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from paretocaps.domain.front_record import FrontMember
from paretocaps.domain.job import DataSpec
from paretocaps.domain.layout import Layout
from paretocaps.domain.published import Published
from paretocaps.domain.study_spec import StudySpec
from paretocaps.service.evaluated_images import EvaluateOptions
from paretocaps.service.evaluating import evaluate

if TYPE_CHECKING:
    from paretocaps.evaluation.classification import ClassificationReport
    from paretocaps.search.observer import Observer
    from paretocaps.storage.store import Store

IMAGES = 2000
"""On how many test images they are evaluated; fewer where there are fewer."""


def kept_weights(rows: Sequence[str], seeds: int) -> dict[str, dict[str, Any]]:
    """Return the ensembles by which a study keeps the weights of its rows' trainings."""
    return {name: {"designs": [name], "size": max(seeds, 2)} for name in rows}


def row_reports(
    store: "Store",
    spec: StudySpec,
    published: Published,
    trials: Sequence[FrontMember],
    images: int,
    observer: "Observer",
) -> "dict[str, ClassificationReport]":
    """Return how the first seed's network of each row classifies test images, by row.

    Rows whose weights are not on this machine are left out.

    Args:
        store: has the study.
        spec: the study as it runs: where its images lie, and the device.
        published: the rows.
        trials: their trials.
        images: how many test images there are.
        observer: is told what is done.
    """
    found, data = {}, spec.data_spec
    place = None if data.path is None else {"data": data.path, "corrupt": data.corrupt, **_layout(data)}
    for row in published.rows:
        about = next((one for one in trials if row.is_about(one)), None)
        kept = [] if about is None else list(store.trial(spec.study, about.trial).measured.values())
        weights = next((one.weights for one in kept if one.weights is not None), None)
        if weights is not None:
            observer.preparing(f"evaluating {row.name}", 0, 0)
            asked = EvaluateOptions(
                limit=min(IMAGES, images) or None,
                device=spec.device,
                robust=False,
                pictures=False,
                **(place or {}),
            )
            found[row.name] = evaluate([str(weights)], options=asked).appraisal.report
    return found


def _layout(data: DataSpec) -> dict[str, Any]:
    return {name: getattr(data, name) or None for name in Layout.model_fields}


def report_figures(reports: "Mapping[str, ClassificationReport]") -> dict[str, Any]:
    """Return what the reports say, in values that JSON can hold."""
    return {
        name: {
            "images": report.images,
            "acc": report.acc,
            "interval": list(report.interval),
            "auc": report.auc,
            "confusion": [list(row) for row in report.confusion],
        }
        for name, report in reports.items()
    }
