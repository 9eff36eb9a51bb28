import pytest
from sqlalchemy import select

from paretocaps.domain.measurement import Predictions
from paretocaps.storage.connect import make_engine
from paretocaps.storage.schema import PREDICTIONS

LABELS = [0, 1, 2, 2]


def predictions(*classes, images="", labels=LABELS):
    return Predictions(labels=labels, classes=classes, images=images)


def test_mistakes_are_read_by_trial_and_seed(store, finish):
    finish(0, seed=1, predictions=predictions(0, 1, 2, 2))
    finish(0, seed=2, predictions=predictions(0, 0, 2, 70_000))
    finish(1, seed=1)
    finish(2, seed=1, predictions=predictions(2, 1, 0, 2))
    found = store.mistakes("s", [0, 1])
    assert {key: one.classes.tolist() for key, one in found.items()} == {
        (0, 1): [0, 0, 0, 0],
        (0, 2): [0, 1, 0, 70_001],
    }


def test_other_images_or_labels_have_another_name(store, finish):
    for seed, given in enumerate(
        [
            predictions(0, 1, 2, 2),
            predictions(2, 1, 0, 0),
            predictions(0, 1, 2, 2, images="others"),
            predictions(0, 1, 2, 2, labels=[0, 2, 1, 2]),
        ]
    ):
        finish(0, seed=seed, predictions=given)
    first, same, *others = (one.images for one in store.mistakes("s", [0]).values())
    assert first == same
    assert len({first, *others}) == 3


def test_the_latest_finished_attempt_of_a_seed_counts(store, finish, measure):
    finish(0, predictions=predictions(0, 1, 2, 0))
    key = finish(0, predictions=predictions(0, 1, 0, 2))
    assert store.mistakes("s", [0])[0, 0].classes.tolist() == [0, 0, 1, 0]
    store.finish_attempt(key, measure(predictions=predictions(1, 1, 2, 2)))
    assert store.mistakes("s", [0])[0, 0].classes.tolist() == [2, 0, 0, 0]
    store.finish_attempt(key, measure())
    assert store.mistakes("s", [0]) == {}


def test_measurements_are_read_without_predictions(store, finish):
    finish(0, predictions=predictions(0, 1, 2, 2))
    (attempt,) = store.trial("s", 0).attempts
    assert attempt.measurement.predictions is None


@pytest.mark.parametrize(("wrong", "most"), [(0.01, 300), (0.1, 1200)])
def test_few_mistakes_take_few_bytes(store, finish, url, wrong, most):
    labels = [image * 7 % 10 for image in range(6000)]
    classes = [label if image % round(1 / wrong) else image % 9 for image, label in enumerate(labels)]
    finish(0, predictions=predictions(*classes, labels=labels))
    engine = make_engine(url, create=False)
    with engine.connect() as connection:
        assert len(connection.scalar(select(PREDICTIONS.c.mistakes))) < most
    engine.dispose()
