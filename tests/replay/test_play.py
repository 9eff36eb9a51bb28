import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from paretocaps.domain.job import DataSpec, TrainingJob
from paretocaps.domain.measurement import best_epoch
from paretocaps.errors import UsageError
from paretocaps.replay.play import check_data, check_measures, train
from paretocaps.replay.table import read

DIGITS = read("digits")
ROWS = [(row.design, row.seed) for row in DIGITS.rows if row.measurement is not None]


def job(design, seed=0, **more):
    return TrainingJob(
        study="s",
        trial=0,
        trainer="replay",
        choices=DIGITS.designs[design],
        seed=seed,
        data=DataSpec(name="digits"),
        epochs=5,
        folder="nowhere",
        **more,
    )


@given(st.sampled_from(ROWS))
@settings(max_examples=20)
def test_a_whole_training_is_what_was_recorded(row):
    told = []
    measurement = train(job(*row), lambda record: told.append(record) or True)
    recorded = DIGITS.measurement(DIGITS.designs[row[0]], row[1])
    assert measurement.epochs == tuple(record.told for record in recorded.epochs) == tuple(told)
    assert measurement.model_copy(update={"epochs": recorded.epochs}) == recorded


@given(st.sampled_from(ROWS), st.integers(1, 4))
@settings(max_examples=20)
def test_an_ended_training_is_the_beginning_of_the_recorded_one(row, epochs):
    left = iter([True] * (epochs - 1) + [False])
    cut = train(job(*row), lambda record: next(left))
    whole = train(job(*row), lambda record: True)
    best = best_epoch(whole.epochs[:epochs])
    assert cut.epochs == whole.epochs[:epochs]
    assert (cut.acc, cut.best_epoch, cut.time) == (best.acc, best.epoch, best.time)
    assert (cut.params, cut.macs) == (best.params, best.macs)
    assert (cut.wall, cut.memory) == (whole.epochs[epochs - 1].wall, None)
    if best.epoch == whole.best_epoch:
        known = ("test_acc", "cpu_time", "quantities", "predictions")
        assert [getattr(cut, name) for name in known] == [getattr(whole, name) for name in known]


def test_test_accuracies_are_those_of_the_best_epoch_alone():
    told = []
    played = train(job("baseline", test_every_epoch=True), lambda record: told.append(record) or True)
    recorded = DIGITS.measurement(DIGITS.designs["baseline"], 0)
    assert [record.test_acc for record in (*played.epochs, *told)] == [None] * 10
    assert played.test_acc == recorded.epochs[recorded.best_epoch - 1].test_acc
    assert train(job("baseline", test=False), lambda _: True).test_acc is None


def test_data_and_quantities_that_no_table_has_are_refused():
    found = check_data(DataSpec(name="digits"))
    assert found.facts == DIGITS.card.facts
    assert found.reading["train_images"] == 1294
    with pytest.raises(UsageError, match=r"no table has trainings on mnist: there are digits"):
        check_data(DataSpec(name="mnist"))
    check_measures(["acc", "time", "cpu_time", "flops", "epoch_time", "time_to(acc=0.9)"], ["cpu"])
    with pytest.raises(UsageError, match="latency was not measured in the recorded trainings: leave it out"):
        check_measures(["acc", "latency"], ["cpu"])
