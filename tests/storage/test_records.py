import json
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from paretocaps.domain.measurement import EpochRecord
from paretocaps.errors import DivergedError, UsageError
from paretocaps.storage.records import canonical_json, check_finite

VALUES = st.dictionaries(
    st.text(),
    st.one_of(st.integers(), st.floats(allow_nan=False, allow_infinity=False), st.booleans(), st.text()),
)


@given(VALUES, st.randoms())
def test_canonical_json_does_not_depend_on_the_order(values, random):
    items = list(values.items())
    random.shuffle(items)
    assert canonical_json(dict(items)) == canonical_json(values)


@given(VALUES)
def test_canonical_json_holds_the_values(values):
    assert json.loads(canonical_json(values)) == values


def test_canonical_json_has_no_spaces():
    assert canonical_json({"b": [1, 2.5], "a": "ü"}) == '{"a":"ü","b":[1,2.5]}'


@pytest.mark.parametrize("value", [math.nan, math.inf, {1, 2}, object])
def test_what_json_cannot_hold_is_refused(value):
    with pytest.raises(UsageError, match="cannot be stored as JSON"):
        canonical_json({"lr_max": value})


def test_a_finite_measurement_passes(measure):
    check_finite(measure(quantities={"robust": 0.5}, macs=5, calibration=0.1))


@pytest.mark.parametrize("value", [math.inf, math.nan, -math.inf])
def test_a_quantity_that_is_not_finite_is_named(measure, value):
    with pytest.raises(DivergedError, match=f"measured robust is {value}"):
        check_finite(measure(quantities={"fine": 1.0, "robust": value}))


@pytest.mark.parametrize("name", ["time", "wall", "calibration"])
def test_a_field_that_is_not_finite_is_named(measure, name):
    with pytest.raises(DivergedError, match=f"measured {name} is inf"):
        check_finite(measure(**{name: math.inf}))


@pytest.mark.parametrize("name", ["train_loss", "val_loss", "learning_rate", "seconds"])
def test_an_epoch_that_is_not_finite_is_named(measure, name):
    good = measure(epochs=2)
    bad = good.epochs[1].model_copy(update={name: math.inf})
    with pytest.raises(DivergedError, match=f"measured {name} of epoch 2 is inf"):
        check_finite(good.model_copy(update={"epochs": (good.epochs[0], bad)}))


def test_a_loss_that_was_never_reported_is_no_value(measure):
    epoch = EpochRecord(epoch=1, acc=0.5, seconds=1, time=1, wall=1)
    check_finite(measure().model_copy(update={"epochs": (epoch,)}))
    nan = EpochRecord(epoch=1, acc=0.5, seconds=1, time=1, wall=1, train_loss=math.nan)
    with pytest.raises(DivergedError, match="train_loss of epoch 1 is nan"):
        check_finite(measure().model_copy(update={"epochs": (nan,)}))
