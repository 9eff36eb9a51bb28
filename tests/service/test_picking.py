from pathlib import Path

import pytest

from paretocaps import service
from paretocaps.domain.job import DataSpec
from paretocaps.domain.measurement import Device, Measurement
from paretocaps.domain.study_spec import StudySpec
from paretocaps.domain.tuning import DEFAULT
from paretocaps.errors import DataError, StorageError, UnknownNameError, UsageError
from paretocaps.host import NAME
from paretocaps.storage.store import Store

# trial: (acc, time, params) by seed; trial 2 is on no front, trial 3 has not finished
TRIALS = {
    0: {0: (0.90, 1.0, 100), 1: (0.94, 1.2, 100)},
    1: {0: (0.99, 9.0, 300)},
    2: {0: (0.80, 8.0, 900)},
}
TUNINGS = {"net, 128 images": DEFAULT}
KEPT = {(0, 0), (0, 1), (1, 0)}


def measurement(values, weights):
    acc, time, params = values
    device = Device(name="paper", kind="cpu")
    return Measurement(
        acc=acc, best_epoch=1, time=time, wall=time, params=params, macs=params, device=device,
        test_acc=acc - 0.01, weights=weights, tunings=TUNINGS,
    )  # fmt: skip


@pytest.fixture
def url(tmp_path):
    url = f"sqlite:///{tmp_path}/some.db"
    spec = StudySpec(study="s", storage=url, objectives=("acc", "time"), dataset="mnist", epochs=7)
    with Store.open(url, create=True) as store:
        store.create_study("s", spec.model_dump(mode="json"))
        for number, seeds in TRIALS.items():
            store.start_trial("s", number, {"lr_max": 0.1 * number}, "baseline" if number == 0 else None)
            for seed, values in seeds.items():
                attempt = store.start_attempt("s", number, seed)
                name = "weights.pt" if (number, seed) in KEPT else None
                if name:
                    folder = store.attempt_folder(attempt)
                    folder.mkdir(parents=True, exist_ok=True)
                    (folder / name).write_text("")
                store.finish_attempt(attempt, measurement(values, name))
            store.finish_trial("s", number)
        store.start_trial("s", 3, {"lr_max": 0.3})
    return url


def test_a_trial_by_number(url):
    picked = service.pick_trial(url, trial=0)
    assert (picked.study, picked.trial, picked.design, picked.trainer) == ("s", 0, "baseline", "capsnet")
    assert picked.choices == {"lr_max": 0.0}
    assert (picked.data, picked.epochs) == (DataSpec(name="mnist"), 7)
    assert (picked.seed, picked.acc, picked.test_acc) == (1, 0.94, pytest.approx(0.93))
    assert picked.values["acc"] == pytest.approx(0.92)
    assert picked.kept_weights().is_file()
    assert "seed-1" in picked.kept_weights().parts[-2]
    assert picked.tunings == {"paper, torch unknown": TUNINGS}


def test_a_seed_of_it(url):
    assert service.pick_trial(url, trial=0, seed=0).acc == 0.90
    with pytest.raises(StorageError, match="trial 0 of study 's' has no seed 5: choose from 0, 1"):
        service.pick_trial(url, trial=0, seed=5)


def test_a_seed_with_weights_goes_before_a_better_one_without(url):
    service.pick_trial(url, trial=0).kept_weights().unlink()
    picked = service.pick_trial(url, trial=0)
    assert (picked.seed, picked.acc) == (0, 0.90)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("how", "trial"),
    [
        ({"knee": True}, {0, 1}),
        ({"best": "acc"}, {1}),
        ({"best": "time"}, {0}),
        ({"best": "params"}, {0}),
        ({"best": "time", "require": "acc>=0.98"}, {1}),
        ({"best": "params", "require": "acc>=0.98"}, {1}),
        ({"preferences": {"acc": 1.0}}, {1}),
        ({"preferences": {"acc": 0.0, "time": 1.0}}, {0}),
        ({"trial": 2}, {2}),
    ],
)
def test_ways_to_pick(url, how, trial):
    assert service.pick_trial(url, "s", **how).trial in trial


def test_weights_that_were_not_kept_name_the_remedy(url):
    picked = service.pick_trial(url, trial=2)
    assert picked.weights is None
    with pytest.raises(
        DataError, match=r"train it again with `paretocaps train --study s --trial 2 --storage"
    ):
        picked.kept_weights()


def test_weights_on_another_machine_name_it_and_the_remedy(url, monkeypatch):
    monkeypatch.setenv(NAME, "here")
    picked = service.pick_trial(url, trial=0)
    with pytest.raises(
        DataError, match=r"are on host .*: run this there, or .* --artifacts on shared storage"
    ):
        picked.kept_weights()


def test_weights_that_were_deleted_are_not_kept(url):
    service.pick_trial(url, trial=1).kept_weights().unlink()
    picked = service.pick_trial(url, trial=1)
    assert picked.weights is None
    with pytest.raises(
        DataError, match=r"trial 1 of study 's' has lost its weights file: put it back, .* --trial 1"
    ):
        picked.kept_weights()


@pytest.mark.parametrize("how", [{}, {"trial": 0, "knee": True}, {"best": "acc", "preferences": {"acc": 1}}])
def test_one_way_to_pick_is_given(url, how):
    with pytest.raises(UsageError, match="give one of --trial N, --knee, --best OBJECTIVE, --prefer"):
        service.pick_trial(url, **how)


@pytest.mark.parametrize(
    ("how", "error", "text"),
    [
        ({"trial": 9}, StorageError, "9"),
        ({"trial": 3}, StorageError, "trial 3 of study 's' is running: choose a finished one"),
        ({"trial": 0, "study": "t"}, StorageError, "t"),
        ({"best": "beauty"}, UnknownNameError, "unknown objective 'beauty'"),
        ({"best": "memory"}, UsageError, "no finished trial within the bounds with 'memory' measured"),
        (
            {"knee": True, "require": "acc>=1"},
            UsageError,
            "the nearest, trial 1, misses acc>=1 by 1.0 points",
        ),
        ({"preferences": {"params": 1.0}}, UsageError, "params"),
    ],
)
def test_what_cannot_be_picked(url, how, error, text):
    with pytest.raises(error, match=text):
        service.pick_trial(url, **how)


def test_no_database(tmp_path):
    with pytest.raises(StorageError):
        service.pick_trial(f"sqlite:///{tmp_path}/none.db", trial=0)
    assert not Path(tmp_path / "none.db").exists()


def test_a_trial_that_was_stopped_early_can_be_picked(url):
    with Store.open(url, create=False) as store:
        key = store.start_attempt("s", 3, 0)
        store.stop_attempt(key, measurement((0.5, 1.0, 100), None), "beaten")
        store.stop_trial("s", 3, "beaten")
    assert service.pick_trial(url, trial=3).acc == 0.5


def test_it_knows_the_ranks_of_its_study(url):
    assert service.pick_trial(url, trial=0).ranks == 1
    with Store.open(url, create=False) as store:
        store.set_spec("s", {**store.study("s").spec, "ranks": 2})
    assert service.pick_trial(url, trial=0).ranks == 2
