import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from paretocaps.domain.job import DataSpec
from paretocaps.domain.measurement import Measurement, best_epoch
from paretocaps.errors import DivergedError, UsageError
from paretocaps.replay.card import Recorded
from paretocaps.replay.table import Table, cards, distance, read, table_of

DIGITS = read("digits")
DESIGNS = st.sampled_from(sorted(DIGITS.designs))


def measured(table):
    return [row for row in table.rows if row.measurement is not None]


@pytest.mark.parametrize("name", [card.name for card in cards()])
def test_every_training_is_whole(name):
    table = read(name)
    for row in measured(table):
        one = table.measurement(table.designs[row.design], row.seed)
        assert [record.epoch for record in one.epochs] == list(range(1, table.card.epochs + 1))
        best = best_epoch(one.epochs)
        values = (one.best_epoch, one.acc, one.time, one.params, one.macs, one.test_acc)
        assert values == (best.epoch, best.acc, best.time, best.params, best.macs, best.test_acc)
        assert one.predictions.acc == pytest.approx(one.acc, abs=1e-12)
        assert None not in [record.test_acc for record in one.epochs]
        assert (one.validation_images, one.test_images) == (len(table.card.labels), table.card.test_images)


def test_values_are_exactly_as_recorded():
    for row in measured(DIGITS)[:5]:
        one = DIGITS.measurement(DIGITS.designs[row.design], row.seed)
        same = one.model_dump(mode="json", exclude={"predictions"}, exclude_defaults=True)
        assert same == row.measurement


@given(DESIGNS)
@settings(max_examples=10)
def test_a_recorded_design_is_nearest_to_itself(name):
    assert DIGITS.nearest(DIGITS.designs[name]) == name


@given(DESIGNS, DESIGNS, DESIGNS)
@settings(max_examples=50)
def test_the_distance_is_symmetric_and_between_0_and_1(a, b, c):
    first, second, third = (DIGITS.designs[name] for name in (a, b, c))
    assert distance(first, first) == 0
    assert 0 <= distance(first, second) == distance(second, first) <= 1
    assert (distance(first, third) == 0) == (first == third)


def test_a_number_is_as_far_as_its_share_of_the_range():
    there = {"lr_max": 3e-4, "family": "capsnet"}
    assert distance(there, there | {"lr_max": 1e-2}) == 0.5
    assert distance(there, {"lr_max": 3e-4}) == 0.5
    assert distance(there, there | {"family": "lenet5"}) == 0.5


def test_what_is_not_recorded_is_refused_with_the_nearest_design():
    choices = DIGITS.designs["baseline"] | {"lr_max": 0.0011}
    with pytest.raises(UsageError, match=r"nearest recorded design is baseline, with lr_max=0.001$"):
        DIGITS.measurement(choices, 0)
    with pytest.raises(UsageError, match=r"no seed 7 of design baseline: it has 0, 1, 2$"):
        DIGITS.measurement(DIGITS.designs["baseline"], 7)


def test_a_training_that_failed_fails_again_with_its_reason():
    row = Recorded(design="d", choices={}, seed=0, reason="the loss became nan in epoch 2")
    table = Table(DIGITS.card, (row,))
    with pytest.raises(DivergedError, match="the loss became nan in epoch 2"):
        table.measurement(table.designs["d"], 0)


def test_a_table_is_found_by_its_images_and_epochs():
    assert table_of(DataSpec(name="digits"), 5) is DIGITS
    with pytest.raises(UsageError, match=r"7 epochs on digits: there are .*digits \(--dataset digits --epo"):
        table_of(DataSpec(name="digits"), 7)


def test_nothing_is_left_out_of_a_measurement_but_weights():
    one = DIGITS.measurement(DIGITS.designs["baseline"], 0)
    empty = {name for name in Measurement.model_fields if getattr(one, name) in (None, {})}
    assert empty == {"weights"}
