from unittest.mock import Mock

import pytest

from paretocaps.domain.measurement import Device, Measurement
from paretocaps.domain.tuning import DEFAULT, Tuning
from paretocaps.search.study_tunings import StudyTunings

HERE = Device(name="cpu", kind="cpu", torch="2")
OTHER = Tuning(products="onednn")


def measured(*keys):
    tunings = dict.fromkeys(keys, DEFAULT)
    return Measurement(acc=1, best_epoch=1, time=1, wall=1, params=1, device=HERE, tunings=tunings)


@pytest.fixture
def store():
    return Mock(**{"tunings.return_value": {HERE.machine: {"a": DEFAULT}}})


def test_they_are_read_once_while_nothing_is_new(store):
    tunings = StudyTunings(store, "s")
    for known in (measured(), measured("a")):
        assert tunings.kept == {HERE.machine: {"a": DEFAULT}}
        tunings.note(known)
    assert tunings.kept
    store.tunings.assert_called_once_with("s")


def test_what_a_measurement_brings_is_read(store):
    tunings = StudyTunings(store, "s")
    assert tunings.kept
    store.tunings.return_value = {HERE.machine: {"a": DEFAULT, "b": DEFAULT}}
    tunings.note(measured("b"))
    assert tunings.kept[HERE.machine].keys() == {"a", "b"}


def test_what_is_kept_is_answered_and_read(store):
    tunings = StudyTunings(store, "s")
    assert tunings.kept
    store.keep_tunings.return_value = {"b": OTHER}
    store.tunings.return_value = {HERE.machine: {"b": OTHER}}
    assert tunings.keep(HERE.machine, "b", DEFAULT) == OTHER
    store.keep_tunings.assert_called_once_with("s", HERE.machine, {"b": DEFAULT})
    assert tunings.kept == {HERE.machine: {"b": OTHER}}
