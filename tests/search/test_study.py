import signal
import threading

import pytest

from paretocaps.domain.study_spec import StudySpec
from paretocaps.errors import StorageError, UnknownNameError, UsageError
from paretocaps.search.study import check_study
from paretocaps.storage.lock import driver_lock


def test_everything_a_study_names_is_resolved():
    checked = check_study(StudySpec(fix={"decoder": "none", "pruning_ratio": "0.5"}, device="cpu"))
    assert [objective.name for objective in checked.objectives] == ["acc", "time", "params"]
    assert checked.fix == {"decoder": "none", "pruning_ratio": 0.5}
    assert {"decoder", "pruning_ratio"}.isdisjoint(parameter.name for parameter in checked.space)
    assert checked.places == ("cpu",)
    assert checked.designs[0] == "baseline"


def test_a_fixed_choice_without_effect_is_told():
    fix = {"cycle": "epoch", "lr_policy": "fixed", "decay_rate": 0.5}
    remarks = check_study(StudySpec(fix=fix, device="cpu")).without_effect
    assert [remark.split(": ")[0] for remark in remarks] == [
        "cycle=epoch has no effect",
        "decay_rate=0.5 has no effect",
    ]
    for sampled in ({"cycle": "epoch"}, {"cycle": "epoch", "lr_policy": "warm_restarts"}):
        assert not check_study(StudySpec(fix=sampled, device="cpu")).without_effect


@pytest.mark.parametrize(
    ("options", "kind"),
    [
        ({"sampler": "x"}, UnknownNameError),
        ({"trainer": "x"}, UnknownNameError),
        ({"executor": "x"}, UnknownNameError),
        ({"designs": ("x",)}, UnknownNameError),
        ({"objectives": ("acc", "x")}, UnknownNameError),
        ({"device": "cuda:77"}, UsageError),
        ({"space": {"x": [1]}}, UsageError),
        ({"fix": {"x": 1}}, UsageError),
    ],
)
def test_what_does_not_exist_is_refused(options, kind):
    with pytest.raises(kind):
        check_study(StudySpec(**options))


@pytest.mark.parametrize(
    "options", [{"objectives": "acc,time_to(acc=baseline)"}, {"require": ["epochs_to(acc=baseline)<9"]}]
)
def test_what_compares_trials_steers_no_study(options):
    with pytest.raises(UsageError, match=r"compares with design baseline .* by front --objectives"):
        check_study(StudySpec(**options))


def test_timed_jobs_share_a_device_only_where_that_is_said():
    two = {"device": "cpu", "workers": 2}
    for objectives in ("acc,time", "acc,wall,params"):
        with pytest.raises(
            UsageError, match=r"workers=2 would train 2 jobs .* on cpu.* or give --share-device"
        ):
            check_study(StudySpec(objectives=objectives, **two))
    assert check_study(StudySpec(objectives="acc,params", **two)).places == ("cpu", "cpu")
    assert check_study(StudySpec(share_device=True, **two)).places == ("cpu", "cpu")


def test_timed_jobs_share_cuda_devices_only_where_that_is_said(monkeypatch):
    monkeypatch.setattr("paretocaps.execution.devices.cuda_count", lambda: 2)
    assert check_study(StudySpec(workers=3)).places == ("cuda:0", "cuda:1")
    assert check_study(StudySpec(workers=3, share_device=True)).places == ("cuda:0", "cuda:1", "cuda:0")


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
def test_sharing_is_recorded_and_no_part_of_a_study_s_identity(run):
    run(trials=1, objectives="acc,time")
    summary, _ = run(trials=2, workers=2, share_device=True)
    assert summary.finished == 2


@pytest.mark.slow
def test_two_drivers_do_not_run_one_study(run, storage):
    run(trials=1)
    with driver_lock(storage, "s"), pytest.raises(StorageError, match="process .* is running study"):
        run(trials=2)


@pytest.mark.slow
def test_a_link_to_the_database_is_the_same_database(run, storage, tmp_path):
    run(trials=1)
    link = tmp_path / "link.db"
    link.symlink_to(storage.removeprefix("sqlite:///"))
    with driver_lock(storage, "s"), pytest.raises(StorageError, match="process .* is running study"):
        run(trials=2, storage=f"sqlite:///{link}")


@pytest.mark.slow
def test_signals_are_put_back_and_other_threads_may_run_studies(run):
    before = signal.getsignal(signal.SIGTERM)
    run(trials=1)
    assert signal.getsignal(signal.SIGTERM) is before
    thread = threading.Thread(target=run, kwargs={"trials": 2})
    thread.start()
    thread.join()
    summary, _ = run(trials=2)
    assert summary.finished == 2


def test_a_trainer_that_workers_would_not_know_is_refused_before_anything_fails():
    with pytest.raises(UsageError, match="'probe' is registered in this process only"):
        check_study(StudySpec(trainer="probe", objectives="acc,params"))
    assert check_study(StudySpec(trainer="probe", objectives="acc,params", executor="inline"))


def test_ranks_reach_the_places_and_only_trainers_that_know_of_them(monkeypatch):
    monkeypatch.setattr("paretocaps.execution.devices.cuda_count", lambda: 4)
    assert check_study(StudySpec(ranks=2)).places == ("cuda:0,cuda:1", "cuda:2,cuda:3")
    with pytest.raises(UsageError, match="ranks=2: trainer 'probe' trains on one rank only"):
        check_study(StudySpec(trainer="probe", objectives="acc,params", executor="inline", ranks=2))


def test_an_ensemble_of_what_the_trainer_does_not_have_is_refused():
    for values, message in (
        ({"designs": ["basline"]}, "unknown design 'basline'"),
        ({"choices": {"famly": "capsnet"}}, "unknown choice 'famly'"),
        ({"choices": {"family": "capsnets"}}, "choice family='capsnets' is not allowed"),
    ):
        with pytest.raises(UsageError, match=message):
            check_study(StudySpec(ensembles={"e": values}))
    assert check_study(StudySpec(ensembles={"e": {"designs": ["wab"], "choices": {"family": "capsnet"}}}))
