import numpy as np
import pytest

from paretocaps.evaluation.classification import classification
from paretocaps.evaluation.robustness import TRANSFORMS, Robustness, TransformedAccuracy
from paretocaps.evaluation.scores import Scored
from paretocaps.report.evaluation_figures import (
    confusion_figure,
    reliability_figure,
    robustness_figure,
    roc_figure,
)


def report(classes=4, images=300, seed=0):
    numbers = np.random.default_rng(seed)
    labels = numbers.integers(0, classes, images)
    return classification(Scored(numbers.random((images, classes)) + np.eye(classes)[labels], labels))


def test_the_confusion_shows_every_count_once():
    found = report()
    mistakes, right = confusion_figure(found).data
    total = 0
    for label, row in enumerate(found.confusion):
        for answer, images in enumerate(row):
            here, there = (right, mistakes) if label == answer else (mistakes, right)
            assert here.z[label][answer] == images / sum(row)
            assert there.z[label][answer] is None
            assert here.text[label][answer] == (str(images) if images else "")
            total += images
    assert total == 300
    assert (right.zmin, right.zmax) == (0, 1)


def test_many_classes_are_coloured_without_counts():
    figure = confusion_figure(report(classes=30, images=900))
    assert figure.data[0].texttemplate is None
    assert figure.layout.height == 900


def test_a_confusion_without_mistakes_is_drawn():
    perfect = classification(Scored(np.eye(3), np.arange(3)))
    assert confusion_figure(perfect).data[0].zmax == 1.0


def test_every_class_has_its_curve_in_both_panels():
    found = report()
    figure = roc_figure(found)
    assert len(figure.data) == 2 * (4 + 1)
    assert sum(bool(trace.showlegend) for trace in figure.data) == 5
    assert figure.data[0].name == f"0, {found.classes[0].auc:.4f}"
    assert tuple(figure.data[0].x) == found.classes[0].roc.false_rates
    assert figure.data[4].name == f"mean, {found.auc:.4f}"


def test_of_many_classes_the_worst_are_drawn_by_number():
    found = report(classes=20, images=2000)
    figure = roc_figure(found)
    worst = sorted(found.classes, key=lambda one: one.auc)[:12]
    names = [f"{one.name}, {one.auc:.4f}" for one in found.classes if one in worst]
    assert [trace.name for trace in figure.data[:12]] == names
    assert "12 worst of 20 classes" in figure.layout.title.text
    assert "worst" not in roc_figure(report(classes=12, images=1200)).layout.title.text


def test_the_corner_is_as_large_as_the_worst_curve_needs():
    numbers = np.random.default_rng(0)
    labels = numbers.integers(0, 3, 300)
    sure = classification(Scored(np.eye(3)[labels] + 0.1 * numbers.random((300, 3)), labels))
    assert roc_figure(sure).layout.yaxis2.range[0] == 0.9
    assert roc_figure(classification(Scored(numbers.random((300, 3)), labels))).layout.yaxis2.range[0] < 0.3


def test_images_of_one_class_alone_have_no_curves():
    alone = classification(Scored(np.array([[0.9, 0.1], [0.2, 0.1]]), np.array([0, 0])))
    assert not roc_figure(alone).data


def test_a_class_without_images_has_no_curve():
    found = classification(Scored(np.eye(3)[[0, 2]], np.array([0, 2])))
    assert len(roc_figure(found).data) == 2 * 3


def test_reliability_shows_the_bins_that_have_images():
    found = report().reliability
    bars, diagonal, means, shares = reliability_figure(found).data
    filled = [one for one in found.bins if one.images]
    assert list(bars.y) == list(means.y) == [one.acc for one in filled]
    assert list(means.x) == [one.confidence for one in filled]
    assert list(diagonal.x) == list(diagonal.y) == [0, 1]
    assert sum(shares.y) == pytest.approx(1.0)


def test_robustness_has_a_panel_a_kind_with_the_plain_images_in_it():
    accs = [TransformedAccuracy(t.kind, t.strength, 0.5 + i / 100) for i, t in enumerate(TRANSFORMS)]
    figure = robustness_figure(Robustness(0.9, tuple(accs)))
    lines = [trace for trace in figure.data if trace.mode == "lines+markers"]
    assert [trace.name for trace in lines] == ["", "across", "down", "", ""]
    assert list(lines[0].x) == [-30, -20, -10, 0, 10, 20, 30]
    assert lines[0].y[3] == 0.9
    assert list(lines[3].x) == [0.8, 0.9, 1.0, 1.1, 1.2]
    assert {trace.showlegend for trace in lines if not trace.name} == {False}


def test_some_transforms_alone_are_drawn():
    figure = robustness_figure(Robustness(0.9, (TransformedAccuracy("scale", 0.8, 0.5),)))
    assert [list(trace.x) for trace in figure.data] == [[0.8, 1.0]]
