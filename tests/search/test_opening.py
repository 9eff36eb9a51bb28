import json
import os
import sqlite3
from dataclasses import replace

import optuna
import pytest

from paretocaps.cores import can_pin, one_of_each_core
from paretocaps.domain.forecast import EpochForecast, Forecast
from paretocaps.domain.measurement import Device, EpochRecord, Measurement
from paretocaps.domain.study_spec import StudySpec
from paretocaps.domain.trainer import TRAINERS
from paretocaps.errors import StudyMismatchError, UsageError
from paretocaps.search.checked_study import check_study
from paretocaps.storage.store import Store
from paretocaps.testing.plugin import plug_in, write_plugin
from paretocaps.testing.probe import PROBE


@pytest.fixture
def _four_cores(monkeypatch):
    for where in ("execution.slots", "search.places"):
        monkeypatch.setattr(f"paretocaps.{where}.one_of_each_core", lambda: (0, 1, 2, 3))


@pytest.mark.usefixtures("_four_cores")
def test_timed_jobs_have_a_slot_each():
    cpu = {"device": "cpu", "executor": "processes"}
    assert check_study(StudySpec(threads=2, **cpu)).places == ("cores 0-1", "cores 2-3")
    assert check_study(StudySpec(threads=1, workers=2, **cpu)).places == ("core 0", "core 1")
    crowded = {"threads": 2, "workers": 3, **cpu}
    with pytest.raises(UsageError, match="workers=3 would train 3 jobs at once on cores 0-1, cores 2-3"):
        check_study(StudySpec(**crowded))
    assert len(check_study(StudySpec(share_device=True, **crowded)).places) == 3
    told = "set workers to 1, give --threads 2 to train each on cores of its own, or give"
    with pytest.raises(UsageError, match=told):
        check_study(StudySpec(workers=2, **cpu))
    with pytest.raises(UsageError, match=r"threads=5: this process may use 4 cores: give 4 or fewer"):
        check_study(StudySpec(threads=5, **cpu))
    with pytest.raises(UsageError, match="threads=2: executor 'inline' has no slots: use processes or ray"):
        check_study(StudySpec(threads=2, executor="inline", device="cpu"))


@pytest.mark.slow
@pytest.mark.skipif(not can_pin() or len(one_of_each_core()) < 2, reason="needs two cores")
def test_a_study_goes_on_with_its_slots(run, storage, tmp_path, monkeypatch):
    entries = {"paretocaps.trainers": {"calibrated_probe": "paretocaps.testing.probe:CALIBRATED_PROBE"}}
    plug_in(monkeypatch, write_plugin(tmp_path / "plugin", "probe", entries))
    options = {"trainer": "calibrated_probe", "executor": "processes", "device": "cpu"}
    cores = len(one_of_each_core())
    for trials, threads in ((2, 1), (3, None)):
        _, watcher = run(trials=trials, threads=threads, **options)
        assert any("the CPU is split into" in notice for notice in watcher.notices) == (threads == 1)
    with sqlite3.connect(storage.removeprefix("sqlite:///")) as database:
        named = database.execute("select distinct device_name from paretocaps_attempts").fetchall()
    assert named == [(f"cpu (1 of {len(os.sched_getaffinity(0))} threads)",)]
    with Store.open(storage, create=False) as store:
        record = store.study("s")
    assert (len(record.slots), record.spec["threads"]) == (cores, 1)
    with pytest.raises(StudyMismatchError, match=rf"slots of 1 core \(now threads={cores}\)"):
        run(trials=4, threads=cores, **options)


@pytest.mark.slow
@pytest.mark.parametrize(("found", "number"), [(1, "1 job runs"), (2, "2 jobs run")])
def test_workers_that_find_no_gpu_of_their_own_are_said(run, monkeypatch, found, number):
    monkeypatch.setattr("paretocaps.execution.devices.cuda_count", lambda: found)
    _, watcher = run(trials=1, workers=3)
    assert any(f"workers=3, but {number} at once" in notice for notice in watcher.notices)
    _, watcher = run(trials=2, workers=3, share_device=True)
    assert not any("at once" in notice for notice in watcher.notices)
    _, watcher = run(trials=3, workers=1)
    assert not any("at once" in notice for notice in watcher.notices)


@pytest.mark.slow
def test_sharing_is_recorded_and_no_part_of_a_study_s_identity(run, storage):
    run(trials=1, objectives="acc,time")
    summary, _ = run(trials=2, workers=2, share_device=True)
    assert summary.finished == 2
    with Store.open(storage, create=False) as store:
        assert store.study("s").spec["share_device"] is True


@pytest.mark.slow
def test_a_link_to_the_database_is_the_same_database(run, storage, tmp_path):
    run(trials=1)
    link = tmp_path / "link.db"
    link.symlink_to(storage.removeprefix("sqlite:///"))
    summary, _ = run(trials=2, storage=f"sqlite:///{link}")
    assert summary.finished == 2
    assert not list(tmp_path.glob("link.db-*"))


def instant(job, on_epoch):
    """Train nothing: return a measurement at once."""
    record = EpochRecord(epoch=1, acc=0.5, seconds=1.0, time=1.0, wall=1.0)
    on_epoch(record)
    device = Device(name="cpu", kind="cpu")
    found = {"acc": 0.5, "best_epoch": 1, "time": 1.0, "wall": 1.0, "params": 5}
    return Measurement(**found, device=device, epochs=(record,))


def tells_tests(job, on_epoch):
    """Train nothing: return a measurement with a test accuracy of its epoch, where the job asks for it."""
    whole = instant(job, on_epoch)
    asked = 0.25 if job.test_every_epoch else None
    return whole.model_copy(update={"epochs": (whole.epochs[0].model_copy(update={"test_acc": asked}),)})


def test_the_test_accuracy_after_every_epoch_is_stored_where_a_study_asks_for_it(run, storage, monkeypatch):
    monkeypatch.setitem(
        TRAINERS._entries, "tested", replace(PROBE, name="tested", train=f"{__name__}:tells_tests")
    )
    for study, asked in (("plain", False), ("table", True)):
        run(study=study, trainer="tested", objectives="acc,params", trials=1, test_every_epoch=asked)
    with Store.open(storage, create=False) as store:
        stored = [store.trial(study, 0).attempts[0].epochs[0].test_acc for study in ("plain", "table")]
    assert stored == [None, 0.25]


@pytest.fixture
def capsnet(run, monkeypatch):
    """Run a study of the built-in trainer's choices that trains nothing."""
    spec = replace(
        TRAINERS.get("capsnet"),
        name="instant",
        train=f"{__name__}:instant",
        check="",
        measures="",
        forecast="",
    )
    monkeypatch.setitem(TRAINERS._entries, "instant", spec)
    return lambda **options: run(trainer="instant", objectives="acc,params", **options)


def sampled(storage):
    trials = optuna.load_study(study_name="s", storage=storage).get_trials(deepcopy=False)
    return {name for trial in trials for name in trial.params}


@pytest.mark.slow
def test_a_study_goes_on_in_the_space_that_it_was_created_with(capsnet, storage):
    """A new study leaves out what has no effect for ever; one of an older version still samples it."""
    fix = {"batch_schedule": "adabatch", "pruning_ratio": 0.5}
    notice = "growth has no effect in 5 epochs: not sampled"
    _, watcher = capsnet(epochs=5, trials=3, fix=fix)
    assert watcher.notices.count(notice) == 1
    assert [design for *_, design in watcher.started] == [
        "adabatch (pruning_ratio=0.5)", "wab (pruning_ratio=0.5)", "wab_ws (pruning_ratio=0.5)",
    ]  # fmt: skip
    with Store.open(storage, create=False) as store:
        assert [trial.choices["growth"] for trial in store.trials("s")] == ["doubling", "once", "once"]
        assert store.study("s").without_effect == ("batch_size", "growth")
        assert store.study("s").facts == {"ranks": 1}
        assert "growth" in store.study("s").spec["space"]
    _, watcher = capsnet(epochs=5, trials=6, fix=fix, space=TRAINERS.get("capsnet").space.table())
    assert notice not in watcher.notices
    assert "growth" not in sampled(storage)
    with sqlite3.connect(storage.removeprefix("sqlite:///")) as connection:
        connection.execute("update paretocaps_studies set without_effect = null, facts = null")
    connection.close()
    _, watcher = capsnet(epochs=5, trials=9, fix=fix)
    assert notice not in watcher.notices
    assert "growth" in sampled(storage)
    with Store.open(storage, create=False) as store:
        assert len({json.dumps(trial.choices) for trial in store.trials("s")}) == 9
        assert store.study("s").facts == {"ranks": 1}


def steps_of_rate(data, epochs, ranks):
    """Tell fewer steps of a larger learning rate (a trainer's `forecast`)."""
    return lambda choices: Forecast(
        epochs=(EpochForecast(int(1e4 / choices["learning_rate"]), {"step": 1.0}),)
    )


def test_a_start_begins_with_short_trainings_where_time_is_an_objective(run, storage, monkeypatch):
    telling = replace(PROBE, name="telling", forecast=f"{__name__}:steps_of_rate")
    monkeypatch.setitem(TRAINERS._entries, telling.name, telling)
    for objectives in ("acc,time", "acc,params"):
        asked = {"sampler": "tpe", "designs": (), "require": (), "trials": 5}
        run(study=objectives, objectives=objectives, trainer=telling.name, **asked)
    with Store.open(storage, create=False) as store:
        timed, sized = (
            [trial.choices["learning_rate"] for trial in store.trials(study)]
            for study in ("acc,time", "acc,params")
        )
    assert timed == sorted(timed, reverse=True)
    assert sized != sorted(sized, reverse=True)
    assert min(timed) > min(sized)
