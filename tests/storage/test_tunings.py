import pytest

from paretocaps.domain.tuning import DEFAULT, ConvolutionShape, ConvolutionTuning, Tuning
from paretocaps.errors import StorageError
from paretocaps.storage.store import Store

HERE = "cpu, torch 2.13"
SHAPE = ConvolutionShape(256, 20, 20, 256, 9, 9, 2, 2)
SPECTRAL = Tuning(convolutions=(ConvolutionTuning(shape=SHAPE, outputs="spectral"),))
ONEDNN = Tuning(products="onednn", precision="bf16")


def test_the_first_tuning_of_a_device_and_key_is_kept(store):
    assert store.tunings("s") == {}
    assert store.keep_tunings("s", HERE, {"a": SPECTRAL}) == {"a": SPECTRAL}
    assert store.keep_tunings("s", HERE, {"a": ONEDNN, "b": DEFAULT}) == {"a": SPECTRAL, "b": DEFAULT}
    assert store.keep_tunings("s", "other", {"a": ONEDNN}) == {"a": ONEDNN}
    assert store.keep_tunings("s", HERE, {}) == {}
    assert store.tunings("s") == {HERE: {"a": SPECTRAL, "b": DEFAULT}, "other": {"a": ONEDNN}}


def test_two_drivers_that_tune_at_once_use_one_tuning(url):
    with Store.open(url, create=False) as one, Store.open(url, create=False) as two:
        kept = one.keep_tunings("s", HERE, {"a": ONEDNN}), two.keep_tunings("s", HERE, {"a": SPECTRAL})
    assert kept == ({"a": ONEDNN}, {"a": ONEDNN})


def test_a_study_that_is_not_there_keeps_none(store):
    with pytest.raises(StorageError, match="no study 'x'"):
        store.keep_tunings("x", HERE, {"a": DEFAULT})
    assert store.tunings("x") == {}


def test_a_measurement_has_its_tunings_and_the_study_keeps_them(store, finish):
    finish(0, tunings={"a": SPECTRAL})
    (attempt,) = store.trial("s", 0).attempts
    assert attempt.measurement.tunings == {"a": SPECTRAL}
    assert store.tunings("s") == {HERE: {"a": SPECTRAL}}


def test_trials_that_recorded_no_tunings_are_found(store, finish):
    finish(0, torch="2.12")
    finish(1, device="other")
    finish(2, tunings={"a": DEFAULT})
    finish(3)
    finish(3, seed=1)
    assert store.untuned("s", "cpu") == [0, 3]


def test_a_training_with_another_tuning_than_the_study_keeps_is_flagged(store, finish):
    finish(0, tunings={"a": SPECTRAL})
    finish(1, tunings={"a": SPECTRAL, "b": DEFAULT})
    finish(2, tunings={"a": ONEDNN})
    finish(3)
    finish(4, tunings={"a": ONEDNN}, torch="2.14")
    table = store.table("s", ["time"])
    assert table.retuned.tolist() == [False, False, True, False, False]
    assert table.flags(2) == ("retuned",)
