from paretocaps.domain.forecast import EpochForecast, Forecast
from paretocaps.domain.nominal_seconds import nominal_seconds
from paretocaps.domain.study_spec import StudySpec
from paretocaps.search.checked_study import check_study
from paretocaps.search.planned_trials import cost, planned_trials

FIX = {"batch_schedule": "constant"}


def planned(**options):
    return planned_trials(check_study(StudySpec(fix=FIX, trials=3, executor="inline", **options)))


def test_the_trials_of_designs_are_known_before_a_study_runs():
    trials = planned(
        designs=("baseline", "ws"), space={"weight_sharing": [True, False], "decoder": ["full", "reduced"]}
    )
    assert [trial["weight_sharing"] for trial in trials] == [False, True]


def test_a_grid_follows_the_designs_until_the_study_has_its_trials():
    assert len(planned(designs=(), sampler="grid", space={"batch_size": [16, 32, 64, 128]})) == 3
    assert len(planned(designs=(), sampler="random", space={"batch_size": [16, 32]})) == 0


def forecaster(choices):
    return Forecast(epochs=(EpochForecast(choices["steps"], {"step": 1.0}),) * 2)


def test_the_cost_is_that_of_the_trainings_that_are_left():
    trials = [{"steps": 1000}, {"steps": 3000}]
    each = nominal_seconds(forecaster(trials[0]).epochs)
    whole, rest = (cost(trials, 3, done, forecaster) for done in ({}, {0: 3, 1: 1}))
    assert (whole.trainings, whole.left, rest.trainings, rest.left) == (6, 6, 6, 2)
    assert whole.core_seconds == 12 * each
    assert rest.core_seconds == 6 * each
    assert cost(trials, 3, {}, None).core_seconds is None
