"""Measures of classification, computed by scikit-learn."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from paretocaps.domain.estimate import wilson_interval
from paretocaps.evaluation.reliability import Reliability, reliability
from paretocaps.evaluation.scores import Scored

TOP = 5
_MANY_CLASSES = 10
_POINTS = 200
_FALSE_RATES = 501


@dataclass(frozen=True)
class Curve:
    """A receiver operating characteristic: true-positive rates over false-positive rates, both ascending."""

    false_rates: tuple[float, ...]
    true_rates: tuple[float, ...]


@dataclass(frozen=True)
class ClassMeasures:
    """The measures of one class against the others.

    Attributes:
        name: the name of the class, or its number if the data have no names.
        precision: the share of images predicted as this class that belong to it; 0 if none was predicted.
        recall: the share of its images that were predicted as this class; 0 if it has no images.
        f1: the harmonic mean of precision and recall.
        support: the number of images of the class.
        auc: the area under `roc`; None if there are no images of the class, or none of any other.
        roc: the curve of the class's score as a detector of the class, thinned; None if `auc` is None.
    """

    name: str
    precision: float
    recall: float
    f1: float
    support: int
    auc: float | None
    roc: Curve | None


@dataclass(frozen=True)
class Averages:
    """Means over classes."""

    precision: float
    recall: float
    f1: float


@dataclass(frozen=True)
class ClassificationReport:
    """The measures of class scores on a set of images.

    Attributes:
        images: the number of images.
        acc: the accuracy.
        interval: the 95 % confidence interval of the accuracy (Wilson 1927).
        top5: the share of images whose label is among the five best scores; None for 10 classes or fewer.
        macro: unweighted means over the classes that occur as a label or a prediction, as in scikit-learn.
        weighted: means over classes, weighted by their images.
        classes: the measures of each class, by its number.
        confusion: the number of images by label (rows) and prediction (columns).
        auc: the mean of the classes' areas, over the classes that have one; None if none has.
        roc: the mean of the classes' curves; None if `auc` is None.
        reliability: how well the confidence agrees with the accuracy.
    """

    images: int
    acc: float
    interval: tuple[float, float]
    top5: float | None
    macro: Averages
    weighted: Averages
    classes: tuple[ClassMeasures, ...]
    confusion: tuple[tuple[int, ...], ...]
    auc: float | None
    roc: Curve | None
    reliability: Reliability


def classification(scored: Scored, names: Sequence[str] | None = None) -> ClassificationReport:
    """Return the report on `scored`.

    All measures use the scores as they are in `scored`: those of a network are not divided by their sum,
    those of an ensemble are means of scores that are (see `ensemble_scores`).

    Args:
        scored: the scores of one image or more.
        names: the names of the O classes; by default their numbers.
    """
    from sklearn.metrics import accuracy_score, confusion_matrix

    labels, predicted, count = scored.labels, scored.predicted, scored.scores.shape[1]
    acc = float(accuracy_score(labels, predicted))
    classes = _classes(scored, names or [str(number) for number in range(count)])
    drawn = [one for one in classes if one.roc is not None]
    areas = [one.auc for one in drawn if one.auc is not None]
    return ClassificationReport(
        images=len(scored),
        acc=acc,
        interval=wilson_interval(acc, len(scored)),
        top5=_top(scored) if count > _MANY_CLASSES else None,
        macro=_averages(scored, "macro"),
        weighted=_averages(scored, "weighted"),
        classes=classes,
        confusion=tuple(
            tuple(map(int, row)) for row in confusion_matrix(labels, predicted, labels=np.arange(count))
        ),
        auc=float(np.mean(areas)) if areas else None,
        roc=_mean_curve([one.roc for one in drawn if one.roc is not None]),
        reliability=reliability(scored),
    )


def _classes(scored: Scored, names: Sequence[str]) -> tuple[ClassMeasures, ...]:
    from sklearn.metrics import precision_recall_fscore_support

    columns = precision_recall_fscore_support(
        scored.labels, scored.predicted, labels=np.arange(len(names)), zero_division=0
    )
    measures = []
    for number, (precision, recall, f1, support) in enumerate(zip(*columns, strict=True)):
        auc, roc = _roc(scored.labels == number, scored.scores[:, number])
        values = float(precision), float(recall), float(f1), int(support)
        measures.append(ClassMeasures(names[number], *values, auc, roc))
    return tuple(measures)


def _averages(scored: Scored, average: str) -> Averages:
    from sklearn.metrics import precision_recall_fscore_support

    means = precision_recall_fscore_support(scored.labels, scored.predicted, average=average, zero_division=0)
    return Averages(*map(float, means[:3]))


def _top(scored: Scored) -> float:
    from sklearn.metrics import top_k_accuracy_score

    classes = np.arange(scored.scores.shape[1])
    return float(top_k_accuracy_score(scored.labels, scored.scores, k=TOP, labels=classes))


def _roc(positive: NDArray[np.bool_], scores: NDArray[np.float64]) -> tuple[float | None, Curve | None]:
    from sklearn.metrics import roc_auc_score, roc_curve

    if positive.all() or not positive.any():
        return None, None
    false_rates, true_rates, _ = roc_curve(positive, scores)
    kept = np.unique(np.linspace(0, len(false_rates) - 1, _POINTS).round().astype(int))
    return float(roc_auc_score(positive, scores)), _curve(false_rates[kept], true_rates[kept])


def _mean_curve(curves: Sequence[Curve]) -> Curve | None:
    if not curves:
        return None
    at = np.linspace(0.0, 1.0, _FALSE_RATES)
    risen = np.mean([np.interp(at, curve.false_rates, curve.true_rates) for curve in curves], axis=0)
    return _curve(np.concatenate([[0.0], at]), np.concatenate([[0.0], risen]))


def _curve(false_rates: NDArray[np.float64], true_rates: NDArray[np.float64]) -> Curve:
    return Curve(tuple(map(float, false_rates)), tuple(map(float, true_rates)))
