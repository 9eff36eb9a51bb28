"""How well scores tell classes apart, as scikit-learn computes it."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from paretocaps.evaluation.reliability import Reliability, reliability
from paretocaps.evaluation.scores import Scored

TOP = 5
_MANY_CLASSES = 10
_POINTS = 200
_FALSE_RATES = 501


@dataclass(frozen=True)
class Curve:
    """A receiver operating characteristic: true-positive rates over false-positive ones, both rising."""

    false_rates: tuple[float, ...]
    true_rates: tuple[float, ...]


@dataclass(frozen=True)
class ClassMeasures:
    """One class against the others.

    Attributes:
        name: of the class; its number where the data have no names.
        precision: share of the images called this class that are; 0 where none was called it.
        recall: share of its images called it; 0 where there are none.
        f1: their harmonic mean.
        support: images of the class.
        auc: area under `roc`; None without images of the class, or of any other.
        roc: of the class's score as a detector of the class, thinned; None where `auc` is.
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
    """What scores are worth on some images.

    Attributes:
        images: how many.
        acc: the share that is right.
        interval: where the accuracy of ever more such images lies with 95 % confidence (Wilson 1927).
        top5: share whose label is among the five best scores; None for 10 classes or fewer.
        macro: plain means over the classes that are a label or an answer here, as scikit-learn takes them.
        weighted: means weighted by the classes' images.
        classes: by number.
        confusion: images by label (rows) and answer (columns).
        auc: mean of the classes' areas, over those that have one; None where none has.
        roc: mean of their curves; None where `auc` is.
        reliability: whether confidence can be believed.
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

    The curves and areas are those of the scores as the network gives them, class by class; only the
    reliability divides them by their sum (see `reliability`).

    Args:
        scored: one image or more.
        names: of the O classes; their numbers where left out.
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
        interval=wilson(round(acc * len(scored)), len(scored)),
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


def wilson(right: int, images: int, confidence: float = 0.95) -> tuple[float, float]:
    """Return the score interval of a share, `right` of `images` (Wilson 1927), within [0, 1].

    Unlike mean +- 1.96 deviations it holds for accuracies near 1, where CapsNets on MNIST are.
    """
    from scipy.stats import binomtest

    interval = binomtest(right, images).proportion_ci(confidence, method="wilson")
    return float(interval.low), float(interval.high)


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
