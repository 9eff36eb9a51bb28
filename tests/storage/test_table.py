from dataclasses import astuple

import numpy as np
import pytest

from paretocaps.domain.estimate import Estimate, over_seeds
from paretocaps.domain.failure import Failure
from paretocaps.errors import StorageError, UsageError
from paretocaps.storage import table as module
from paretocaps.storage.connect import make_engine


def test_a_row_a_finished_trial(store, finish):
    for number in (3, 0, 7):
        finish(number, acc=number / 10, time=number + 1.0, params=number * 100)
    store.start_trial("s", 8, {})
    store.start_trial("s", 9, {})
    store.fail_trial("s", 9, Failure("no"))
    table = store.table("s", ["time", "acc", "params"])
    assert table.quantities == ("time", "acc", "params")
    assert table.trials.tolist() == [0, 3, 7]
    assert table.values.tolist() == [[1, 0, 0], [4, 0.3, 300], [8, 0.7, 700]]
    assert table.seeds.tolist() == [1, 1, 1]
    assert table.devices.tolist() == ["cpu"] * 3
    assert table.column("acc").tolist() == [0, 0.3, 0.7]
    assert len(table) == 3


def test_some_trials_alone(store, finish):
    for number in range(4):
        finish(number, acc=number / 10, device="a", torch=f"2.{number % 2}")
    table = store.table("s", ["acc"], [3, 1])
    assert table.trials.tolist() == [1, 3]
    assert table.devices.tolist() == ["a", "a"]
    assert len(store.table("s", ["acc"], [])) == 0


def test_a_row_has_what_the_trial_was_asked_to_train(store, finish):
    finish(0, choices={"a": 1})
    store.start_trial("s", 1, {}, "baseline")
    finish(1)
    table = store.table("s", ["acc"])
    assert table.choices.tolist() == ['{"a":1}', "{}"]
    assert table.designs.tolist() == [None, "baseline"]


def test_attempts_grow_with_every_training(store, finish):
    seen = []
    for number, seed in ((0, 1), (1, 1), (0, 2), (0, 1)):
        finish(number, seed=seed)
        seen.append(store.table("s", ["acc"]).attempts.sum())
    assert seen == sorted(set(seen))


def test_values_are_means_over_seeds(store, finish):
    finish(0, seed=1, acc=0.8, time=1.0)
    finish(0, seed=2, acc=0.9, time=3.0)
    finish(1, seed=1, acc=0.5, time=7.0)
    table = store.table("s", ["acc", "time"])
    assert table.values == pytest.approx(np.array([[0.85, 2.0], [0.5, 7.0]]))
    assert table.seeds.tolist() == [2, 1]


def test_values_have_their_deviation_and_interval_over_seeds(store, finish):
    accs, times = [0.8, 0.9, 0.94], [1.0, 3.0, 4.5]
    for seed, (acc, time) in enumerate(zip(accs, times, strict=True)):
        finish(0, seed=seed, acc=acc, time=time, validation_images=50)
    found = store.table("s", ["acc", "time", "params"]).estimates(0)
    wanted = {
        "acc": over_seeds(accs, share=True),
        "time": over_seeds(times),
        "params": over_seeds([1000] * 3),
    }
    for name, estimate in wanted.items():
        assert astuple(found[name]) == pytest.approx(astuple(estimate))
    assert found["params"] == Estimate(1000.0, 3, 0.0, 1000.0, 1000.0)


def test_one_seed_has_the_interval_of_the_images_that_are_known(store, finish):
    known = {"validation_images": 50, "test_images": 80, "quantities": {"robust": 0.7}}
    finish(0, acc=0.8, test_acc=0.75, **known)
    finish(1, acc=0.8, test_acc=0.75)
    table = store.table("s", ["acc", "test_acc", "robust", "time", "macs"])
    found = table.estimates(0)
    for name, share, images in (("acc", 0.8, 50), ("test_acc", 0.75, 80), ("robust", 0.7, 50)):
        assert found[name] == over_seeds([share], share=True, images=images)
    assert found["time"] == Estimate(5.0, 1)
    assert "macs" not in found
    assert table.estimates(1)["acc"] == Estimate(0.8, 1)


def test_a_value_that_a_seed_lacks_says_how_many_have_it(store, finish):
    finish(0, seed=1, epochs=4)
    finish(0, seed=2, epochs=3)
    finish(0, seed=3, epochs=4)
    found = store.table("s", ["time_to(acc=0.04)", "epochs_to(acc=0.03)"]).estimates(0)
    assert found["time_to(acc=0.04)"] == Estimate(None, 2)
    assert found["epochs_to(acc=0.03)"] == Estimate(3.0, 3, 0.0, 3.0, 3.0)


def test_a_value_of_mean_curves_has_no_deviation_over_seeds(store, finish):
    store.start_trial("s", 0, {}, "baseline")
    finish(0, seed=1)
    finish(0, seed=2)
    table = store.table("s", ["epochs_to(acc=baseline)"])
    assert table.estimates(0) == {"epochs_to(acc=baseline)": Estimate(2.0, 2)}


def test_the_latest_finished_attempt_of_a_seed_counts(store, finish):
    finish(0, seed=1, acc=0.1)
    finish(0, seed=1, acc=0.7)
    failed = store.start_attempt("s", 0, 1)
    store.fail_attempt(failed, Failure("no"))
    store.start_attempt("s", 0, 1)
    table = store.table("s", ["acc"])
    assert table.values.tolist() == [[0.7]]
    assert table.seeds.tolist() == [1]


@pytest.mark.slow
def test_the_best_epoch_is_a_column_too(store, finish):
    for seed, best in ((1, 9), (1, 4), (2, 5)):
        finish(0, seed=seed, best_epoch=best)
    finish(7, best_epoch=3)
    store.start_trial("s", 8, {})
    assert store.table("s", ["best_epoch"]).values.tolist() == [[4.5], [3.0]]


def test_extra_quantities_are_columns_too(store, finish):
    finish(0, quantities={"robust": 0.5, "latency": 0.01}, memory=64)
    finish(1, quantities={"robust": 0.25})
    table = store.table("s", ["robust", "memory", "latency"])
    np.testing.assert_array_equal(table.values, [[0.5, 64, 0.01], [0.25, np.nan, np.nan]])


@pytest.mark.slow
@pytest.mark.parametrize("at_once", [1, 100])
def test_views_of_the_epochs_are_columns_too(store, finish, monkeypatch, at_once):
    """Epoch n of the fixture ends at n seconds with accuracy n / 100."""
    monkeypatch.setattr(module, "_AT_ONCE", at_once)
    finish(0, epochs=5, time=4.0, best_epoch=2)
    finish(1, epochs=2, seed=1)
    finish(1, epochs=3, seed=2)
    finish(2, epochs=3, seed=1)
    finish(2, epochs=4, seed=2)
    found = store.table("s", ["time_to(acc=0.03)", "acc", "epochs_to(acc=0.01)", "epoch_time"])
    assert found.column("time_to(acc=0.03)")[[0, 2]].tolist() == [3.0, 3.0]
    assert np.isnan(found.column("time_to(acc=0.03)")[1])  # one of its seeds never reached it
    assert found.column("epochs_to(acc=0.01)").tolist() == [1.0, 1.0, 1.0]
    assert found.column("epoch_time")[0] == 2.0
    assert store.table("s", ["energy_estimate(watts=2)"]).values[0] == 8.0
    assert np.isnan(store.table("s", ["time_to(acc=0.2)"]).values).all()


@pytest.mark.parametrize("at_once", [1, 100])
def test_trials_are_compared_with_those_of_a_design(store, finish, monkeypatch, at_once):
    """Epoch n of the fixture ends at n seconds with accuracy n / 100; the best of `short` is 0.02."""
    monkeypatch.setattr(module, "_AT_ONCE", at_once)
    store.start_trial("s", 0, {"a": 0}, "long = longer (b=1)")
    store.start_trial("s", 1, {"a": 1}, "short")
    for seed in (1, 2):
        finish(0, seed=seed, epochs=5)
        finish(1, seed=seed, epochs=1 + seed)
    assert store.table("s", ["epochs_to(acc=longer)"], [0]).values.tolist() == [[5.0]]
    found = store.table("s", ["time_to(acc=short)", "epochs_to(acc=long)"])
    np.testing.assert_array_equal(found.values, [[2.0, 5.0], [2.0, np.nan]])
    assert store.table("s", ["epochs_to(acc=short)"], [0]).values.tolist() == [[2.0]]
    with pytest.raises(
        UsageError, match=r"no finished trial of design 'no' \(its designs: long, longer, short\): tr"
    ):
        store.table("s", ["epochs_to(acc=no)"])


def test_a_trial_s_value_is_the_mean_of_its_seeds_own(store, finish):
    """Not the mean time over the mean number of the best epoch: 9 s over 3 epochs would be 3."""
    finish(0, seed=1, time=8.0, best_epoch=1)
    finish(0, seed=2, time=10.0, best_epoch=5)
    assert store.table("s", ["epoch_time"]).values.tolist() == [[5.0]]


def test_a_view_is_of_the_latest_attempt_of_a_seed(store, finish):
    finish(0, epochs=9)
    finish(0, epochs=4)
    assert np.isnan(store.table("s", ["epochs_to(acc=0.05)"]).values).all()


def test_what_was_never_measured_is_nan(store, finish):
    finish(0)
    assert np.isnan(store.table("s", ["energy", "macs"]).values).all()


def test_a_mean_over_some_of_the_seeds_is_none(store, finish):
    finish(0, seed=1, memory=10, quantities={"robust": 0.5})
    finish(0, seed=2)
    assert np.isnan(store.table("s", ["memory", "robust"]).values).all()


def test_a_device_with_several_versions_of_torch_is_several(store, finish):
    finish(0, device="a", torch="2.12")
    finish(1, device="a", torch="2.13", loaded=True)
    finish(2, device="b", torch="2.13")
    finish(3, seed=1, device="a", torch="2.12")
    finish(3, seed=2, device="a", torch="")
    table = store.table("s", ["acc"])
    both = "a, torch 2.12 + a, torch unknown"
    assert table.devices.tolist() == ["a, torch 2.12", "a, torch 2.13", "b", both]
    assert table.loaded.tolist() == [False, True, False, False]


def test_devices_are_not_hidden(store, finish):
    finish(0, seed=1, device="gpu b", shared=True, calibration=0.5)
    finish(0, seed=2, device="gpu a", calibration=1.0)
    finish(0, seed=3, device="gpu a", calibration=1.5)
    finish(1, device="cpu")
    table = store.table("s", ["acc"])
    assert table.devices.tolist() == ["gpu a + gpu b", "cpu"]
    assert table.shared.tolist() == [True, False]
    np.testing.assert_array_equal(table.calibrations, [1.0, np.nan])


@pytest.mark.parametrize("quantities", [["acc", "time"], ["robust"], []])
def test_an_empty_study_is_an_empty_table(store, quantities):
    table = store.table("s", quantities)
    assert table.values.shape == (0, len(quantities))
    assert table.trials.shape == table.seeds.shape == table.devices.shape == table.shared.shape == (0,)


def test_no_quantities_still_have_their_trials(store, finish):
    finish(0)
    assert store.table("s", []).values.shape == (1, 0)


def test_a_missing_study_is_said(store):
    with pytest.raises(StorageError, match="no study 'x'"):
        store.table("x", ["acc"])


def test_the_view_shows_the_same_to_sql(store, finish, url):
    finish(0, seed=1, acc=0.8, device="a", shared=True)
    finish(0, seed=2, acc=0.6, device="b")
    finish(0, seed=2, acc=0.9, device="b", memory=5)
    finish(1, acc=0.5, memory=7, loaded=True)
    store.start_trial("s", 2, {})
    engine = make_engine(url, create=False)
    with engine.connect() as connection:
        rows = connection.exec_driver_sql(
            "SELECT study, trial, seeds, acc, memory, device, devices, shared, loaded, choices"
            " FROM paretocaps_results ORDER BY trial"
        ).all()
    engine.dispose()
    assert [tuple(row) for row in rows] == [
        ("s", 0, 2, pytest.approx(0.85), None, "a", 2, 1, 0, '{"batch_size":1}'),
        ("s", 1, 1, 0.5, 7, "cpu", 1, 0, 1, '{"batch_size":2}'),
    ]


def test_values_by_seed(store, finish):
    for number, seed, acc in ((2, 1, 0.9), (0, 2, 0.7), (0, 1, 0.6), (1, 1, 0.5), (0, 2, 0.8)):
        finish(number, seed=seed, acc=acc, macs=None)
    found = store.seed_values("s", ["acc", "macs"], [0, 2])
    assert found.trials.tolist() == [0, 0, 2]
    assert found.seeds.tolist() == [1, 2, 1]
    assert found.values[:, 0].tolist() == [0.6, 0.8, 0.9]
    assert np.isnan(found.values[:, 1]).all()
