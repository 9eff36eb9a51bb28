import pytest

from paretocaps.domain.study_spec import StudySpec
from paretocaps.errors import UnknownNameError, UsageError
from paretocaps.search.checked_study import check_study


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


def test_recorded_test_accuracies_of_every_epoch_are_for_no_study():
    played = {"trainer": "replay", "dataset": "digits", "epochs": 5, "device": "cpu"}
    assert check_study(StudySpec(**played)).trainer.name == "replay"
    with pytest.raises(UsageError, match="test_every_epoch: trainer 'replay' plays trainings back with the"):
        check_study(StudySpec(**played, test_every_epoch=True))


def test_a_study_names_its_space():
    named = check_study(StudySpec(space="papers", device="cpu"))
    assert named.space == named.trainer.spaces["papers"]
    with pytest.raises(UnknownNameError, match=r"'trainings': did you mean 'training'\? \(known: all, "):
        check_study(StudySpec(space="trainings", device="cpu"))
    with pytest.raises(UsageError, match="trainer 'probe' has no spaces by name: leave it out for its own"):
        check_study(StudySpec(trainer="probe", executor="inline", space="all", device="cpu"))


def test_a_condition_that_the_default_meets_leaves_a_choice_sampled():
    size = {"values": [16, 64], "when": {"batch_schedule": "constant"}}
    (found,) = check_study(StudySpec(space={"batch_size": size}, device="cpu")).space
    assert (found.name, found.when.parents) == ("batch_size", ())
    grown = {"values": [2, 4], "when": {"batch_schedule": "adabatch"}}
    (found,) = check_study(StudySpec(space={"first_batch": grown}, device="cpu")).space
    assert found.when.parents == ("batch_schedule",)  # it is told that it has no effect


def test_what_is_fixed_goes_before_a_choice_that_would_leave_it_no_meaning():
    def names(**fix):
        return {parameter.name for parameter in check_study(StudySpec(fix=fix, device="cpu")).space}

    assert names() - names(lr_min=3e-4) == {"lr_floor"}
    assert names() - names(decay_rate=0.5) == set()  # only some policies leave it no meaning


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
            UsageError, match=r"workers=2 would train 2 jobs .* on cpu.*, or give --share-device"
        ):
            check_study(StudySpec(objectives=objectives, **two))
    with pytest.raises(UsageError, match="makes the time of each longer"):
        check_study(StudySpec(objectives="acc,params", require=("time<=60",), **two))
    assert check_study(StudySpec(objectives="acc,params", **two)).places == ("cpu", "cpu")
    assert check_study(StudySpec(share_device=True, **two)).places == ("cpu", "cpu")


def test_timed_jobs_share_cuda_devices_only_where_that_is_said(monkeypatch):
    monkeypatch.setattr("paretocaps.execution.devices.cuda_count", lambda: 2)
    assert check_study(StudySpec(workers=3)).places == ("cuda:0", "cuda:1")
    assert check_study(StudySpec(workers=3, share_device=True)).places == ("cuda:0", "cuda:1", "cuda:0")


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


def test_seeds_end_where_those_of_trainings_do():
    check_study(StudySpec(seed=2**31 - 2, repeats=2, device="cpu"))
    with pytest.raises(UsageError, match="seed=2147483647 is not allowed: with so many repeats, give 0 to"):
        check_study(StudySpec(seed=2**31 - 1, repeats=2, device="cpu"))


def test_a_bound_in_per_cent_is_refused_where_the_objective_is_a_share():
    with pytest.raises(UsageError, match=r"acc>=95: acc is a share .*: write acc>=0\.95 for 95 %"):
        check_study(StudySpec(require=["acc>=95"], device="cpu"))


def test_a_trainer_of_recorded_trainings_is_asked_for_those_of_the_study_and_shares_its_device():
    played = {"trainer": "replay", "device": "cpu"}
    assert check_study(StudySpec(workers=2, **played)).places == ("cpu", "cpu")
    with pytest.raises(UsageError, match="no table has trainings of 7 epochs on digits: there are digits "):
        check_study(StudySpec(epochs=7, **played))
