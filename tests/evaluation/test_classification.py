import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn import metrics
from sklearn.preprocessing import label_binarize

from paretocaps.domain.estimate import wilson_interval
from paretocaps.evaluation.classification import classification
from paretocaps.evaluation.scores import Scored


@st.composite
def scored(draw):
    count, images = draw(st.integers(3, 6)), draw(st.integers(2, 60))
    numbers = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    scores = numbers.random((images, count)).round(draw(st.sampled_from([1, 6])))
    return Scored(scores, numbers.integers(0, count, images))


@pytest.mark.slow
@settings(deadline=None, max_examples=25)
@given(scored())
def test_every_figure_is_scikit_learns(one):
    labels, predicted, report = one.labels, one.scores.argmax(1), classification(one)
    assert report.acc == metrics.accuracy_score(labels, predicted)
    assert report.interval == wilson_interval(report.acc, len(labels))
    count = one.scores.shape[1]
    per_class = metrics.precision_recall_fscore_support(
        labels, predicted, labels=range(count), zero_division=0
    )
    for number, measures in enumerate(report.classes):
        values = measures.precision, measures.recall, measures.f1, measures.support
        assert values == tuple(column[number] for column in per_class)
    for average, found in (("macro", report.macro), ("weighted", report.weighted)):
        for name in ("precision", "recall", "f1"):
            function = getattr(metrics, f"{name}_score")
            expected = function(labels, predicted, average=average, zero_division=0)
            assert getattr(found, name) == pytest.approx(expected)
    np.testing.assert_array_equal(
        report.confusion, metrics.confusion_matrix(labels, predicted, labels=range(count))
    )


@pytest.mark.slow
@settings(deadline=None, max_examples=25)
@given(scored())
def test_areas_are_scikit_learns_or_none_where_they_are_undefined(one):
    report, areas = classification(one), []
    for number, measures in enumerate(report.classes):
        own = one.labels == number
        if own.all() or not own.any():
            assert measures.auc is None
            assert measures.roc is None
            continue
        areas.append(metrics.roc_auc_score(own, one.scores[:, number]))
        assert measures.auc == areas[-1]
        roc = measures.roc
        assert metrics.auc(roc.false_rates, roc.true_rates) == pytest.approx(measures.auc, abs=1e-6)
    assert report.auc == (pytest.approx(np.mean(areas)) if areas else None)


def test_the_mean_area_is_the_one_vs_rest_macro_average():
    numbers = np.random.default_rng(0)
    one = Scored(numbers.random((300, 4)), numbers.integers(0, 4, 300))
    classes = label_binarize(one.labels, classes=range(4))
    assert classification(one).auc == pytest.approx(metrics.roc_auc_score(classes, one.scores))
    roc = classification(one).roc
    assert (roc.false_rates[0], roc.true_rates[0], roc.true_rates[-1]) == (0.0, 0.0, 1.0)
    assert metrics.auc(roc.false_rates, roc.true_rates) == pytest.approx(classification(one).auc, abs=0.01)


def test_curves_are_thinned_without_moving_their_area():
    numbers = np.random.default_rng(1)
    labels = numbers.integers(0, 2, 4000)
    scores = np.stack([numbers.random(4000), labels * 0.3 + numbers.random(4000)], axis=1)
    found = classification(Scored(scores, labels)).classes[1]
    assert len(found.roc.false_rates) <= 200
    assert metrics.auc(found.roc.false_rates, found.roc.true_rates) == pytest.approx(found.auc, abs=1e-3)


def test_a_class_without_images_is_no_error():
    one = Scored(np.array([[0.9, 0.1, 0.2], [0.1, 0.2, 0.6]]), np.array([0, 2]))
    report = classification(one, ["cat", "dog", "emu"])
    absent = report.classes[1]
    assert (absent.name, absent.support, absent.recall, absent.precision) == ("dog", 0, 0.0, 0.0)
    assert absent.auc is None
    assert report.macro.f1 == 1.0
    assert report.auc == 1.0


def test_images_of_one_class_alone_have_no_area():
    report = classification(Scored(np.array([[0.9, 0.1], [0.2, 0.1]]), np.array([0, 0])))
    assert report.auc is None
    assert report.roc is None
    assert report.acc == 1.0


def test_more_than_ten_classes_have_a_top5_accuracy():
    numbers = np.random.default_rng(2)
    labels = numbers.integers(0, 12, 200)
    one = Scored(numbers.random((200, 12)), labels)
    expected = metrics.top_k_accuracy_score(labels, one.scores, k=5, labels=range(12))
    assert classification(one).top5 == expected
    assert classification(Scored(one.scores[:, :10], labels % 10)).top5 is None
