import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from optuna.distributions import FloatDistribution
from optuna.trial import TrialState, create_trial

from paretocaps.domain.objective import parse_objectives
from paretocaps.domain.requirement import parse_requirements
from paretocaps.domain.space import Space
from paretocaps.errors import StorageError, StudyMismatchError, UsageError
from paretocaps.search.prior_trials import (
    FEWEST_PAIRS,
    FIRST,
    FORGOTTEN,
    MOST,
    PriorTrials,
    _front_and_latest,
    transferred,
)
from paretocaps.search.start import START
from paretocaps.storage.prior_trials import PriorTrial
from paretocaps.storage.store import Store

OBJECTIVES = parse_objectives("acc,time")
VALUES = st.lists(st.floats(0.1, 100.0), min_size=FEWEST_PAIRS, max_size=9, unique=True)


def priors(values, bounds=()):
    points = [{"x": k / 100} for k in range(len(values))]
    trials = [PriorTrial("old", k, {}, {}) for k in range(len(values))]
    space = Space.parse({"x": {"low": 0.0, "high": 1.0}})
    return PriorTrials(trials, points, np.array(values), OBJECTIVES, space, parse_requirements(bounds))


def own(prior, row, values):
    distributions = {"x": FloatDistribution(0.0, 1.0)}
    return create_trial(values=values, params=prior.points[row], distributions=distributions)


@given(VALUES, VALUES, st.floats(0.1, 100.0), st.floats(0.1, 100.0), st.sampled_from([1, -1]))
def test_a_transfer_keeps_the_order_and_never_beats_what_was_measured(there, here, one, other, sign):
    k = min(len(there), len(here))
    there, here = np.array(there[:k]), np.array(here[:k])
    first, second = transferred(there, here, np.array([min(one, other), max(one, other)]), sign)
    assert first <= second + 1e-9 * abs(second)
    best = here.min() if sign > 0 else here.max()
    assert (sign * np.array([first, second]) >= sign * best - 1e-9 * abs(best)).all()


@given(VALUES, st.sampled_from([1, -1]))
def test_common_points_get_the_values_of_their_ranks(there, sign):
    here = np.array(there) * 3.0 + 1.0
    found = transferred(np.array(there), here, np.array(there), sign)
    assert found == pytest.approx(here)


def test_the_first_points_spread_over_the_front():
    values = [[0.9, 9.0], [0.8999, 8.99], [0.5, 1.0], [0.7, 3.0], [0.4, 5.0]]
    assert [point["x"] for point in priors(values).first(3)] == [0.03, 0.01, 0.02]
    assert len(priors(values).first(9)) == 4  # the last one is beaten


def test_nothing_is_told_until_a_few_points_were_trained_in_both_studies():
    prior = priors([[0.9, 9.0], [0.8, 4.0], [0.7, 1.0], [0.6, 2.0]])
    trained = [own(prior, row, [0.5 + row / 10, 1.0 + row]) for row in range(FEWEST_PAIRS)]
    assert prior.told(trained[:-1]) == []
    (told,) = prior.told(trained)
    assert told.state == TrialState.COMPLETE
    assert told.user_attrs == {"prior": "trial 3 of study old"}
    assert told.params == {"x": 0.03}
    assert told.values[0] < 0.5  # worse than any, as it was there
    assert 1.0 < told.values[1] < 2.0


def test_nothing_is_told_of_points_that_the_study_has_tried_whatever_came_of_it():
    prior = priors([[0.9, 9.0], [0.8, 4.0], [0.7, 1.0], [0.6, 2.0], [0.5, 3.0]])
    trained = [own(prior, row, [0.5 + row / 10, 1.0 + row]) for row in range(FEWEST_PAIRS)]
    failed = create_trial(
        state=TrialState.FAIL, params=prior.points[3], distributions={"x": FloatDistribution(0.0, 1.0)}
    )
    (told,) = prior.told([*trained, failed])
    assert told.params == prior.points[4]


def test_a_transfer_reaches_no_further_than_what_was_measured():
    there, here = np.array([10.0, 10.01, 10.02]), np.array([5.0, 6.0, 9.0])
    (found,) = transferred(there, here, np.array([1e6]), 1)
    assert found == pytest.approx(9.0 * 9.0 / 5.0)


def test_the_more_trials_a_study_has_the_less_it_is_told_of_others():
    prior = priors([[0.9 - k / 100, 9.0 - k / 10] for k in range(40)])
    trained = [own(prior, row, [0.5 + row / 10, 1.0 + row]) for row in range(FEWEST_PAIRS)]
    elsewhere = create_trial(
        values=[0.5, 5.0], params={"x": 0.99}, distributions={"x": FloatDistribution(0.0, 1.0)}
    )
    told = [
        [trial.params["x"] for trial in prior.still_told([*trained, *[elsewhere] * more])]
        for more in range(FORGOTTEN)
    ]
    counts = list(map(len, told))
    assert counts == sorted(counts, reverse=True)
    assert counts[0] == pytest.approx(37 * (1 - FEWEST_PAIRS / FORGOTTEN), abs=1)
    assert set(counts[FORGOTTEN - FEWEST_PAIRS :]) == {0}
    middle = told[FORGOTTEN // 2 - FEWEST_PAIRS]
    assert len(middle) == 18
    assert max(np.diff(sorted(middle))) < 0.04  # evenly


def test_bounds_on_objectives_hold_for_what_is_told():
    prior = priors([[0.9, 9.0], [0.8, 4.0], [0.7, 1.0], [0.6, 2.0]], ["acc>=0.65", "params<=9"])
    told = prior.told([own(prior, row, prior.values[row]) for row in range(FEWEST_PAIRS)])
    assert told[0].constraints == {"acc>=0.65": pytest.approx(0.05 / 0.65), "params<=9": 0.0}


def test_a_study_starts_from_the_front_of_another_one(run, storage):
    old, _ = run(study="old", trials=START + 4, epochs=1)
    summary, watcher = run(study="new", trials=START + 3, from_study="old", designs=())
    best = [member.choices["learning_rate"] for member in old.front]
    assert summary.finished == START + 3
    assert "14 trials of study 'old' lead the sampler, and" in "".join(watcher.notices)
    with Store.open(storage, create=False) as store:
        before, after = (store.trials(name) for name in ("old", "new"))
        kept = store.prior_trials("new")
    assert len(kept) == START + 4
    tried = [one.choices["learning_rate"] for one in before]
    first = [one.choices["learning_rate"] for one in after[: min(FIRST, len(best))]]
    assert sorted(first) == sorted(set(first) & set(best))  # they come first, and are no trials of this study
    assert set(first) <= set(tried)
    assert len({one.choices["learning_rate"] for one in after}) == START + 3
    again, _ = run(study="new", trials=START + 5, designs=())
    assert again.finished == START + 5


def test_what_does_not_fit_is_refused_before_anything_is_created(run, storage):
    run(study="old", trials=2, epochs=1)
    for options, why in (
        ({"from_study": "odl"}, "no study 'odl'"),
        ({"from_study": "new"}, "name another study"),
        ({"from_study": "old", "objectives": "acc,memory"}, "did not measure memory"),
        ({"from_study": "old", "space": {"learning_rate": [0.123]}}, "none of whose trials its space allows"),
        ({"from_study": "old", "sampler": "qmc"}, "sampler 'qmc' learns from no trials"),
        (
            {"from_study": "old", "sampler": "grid", "space": {"learning_rate": [0.1]}},
            "'grid' learns from no",
        ),
        ({"from_study": "old", "trainer": "capsnet"}, "whose trainer is 'probe'"),
    ):
        with pytest.raises((UsageError, StorageError), match=why):
            run(**{"study": "new", **options})
    with Store.open(storage, create=False) as store:
        assert not store.has_study("new")


def test_collapsed_trials_lead_no_sampler(run, storage, monkeypatch):
    from paretocaps.testing import probe

    train = probe.train

    def collapsing(job, on_epoch):
        return train(job, on_epoch).model_copy(update={"collapsed": job.trial > 0})

    monkeypatch.setattr(probe, "train", collapsing)
    run(study="old", trials=3, epochs=1, designs=())
    run(study="new", trials=1, from_study="old", designs=())
    with Store.open(storage, create=False) as store:
        assert [one.trial for one in store.prior_trials("new")] == [0]
    monkeypatch.setattr(probe, "train", lambda job, on: train(job, on).model_copy(update={"collapsed": True}))
    run(study="none", trials=1, designs=())
    with pytest.raises(UsageError, match="'none', which has no finished trial that has learnt anything"):
        run(study="third", trials=1, from_study="none")


def test_a_study_keeps_the_one_that_it_started_from(run):
    run(study="old", trials=2, epochs=1)
    run(study="new", trials=2)
    with pytest.raises(
        StudyMismatchError, match="started without the trials of another one: leave --from old"
    ):
        run(study="new", trials=3, from_study="old")


def test_a_large_front_leaves_no_place_for_others():
    objectives = parse_objectives("acc,time")
    shares = np.linspace(0.1, 0.9, 150)
    front = np.column_stack([shares, shares])
    assert len(_front_and_latest(front, objectives)) == MOST
    behind = np.column_stack([np.full(300, 0.05), np.full(300, 2.0)])
    assert set(_front_and_latest(np.vstack([behind, front]), objectives)) <= set(range(300, 450))
    few = _front_and_latest(np.vstack([behind, front[:10]]), objectives)
    assert few == [*range(300 - (MOST - 10), 300), *range(300, 310)]


def test_samplers_get_a_constraint_for_each_bound_also_of_what_is_not_known():
    prior = priors([[0.9, 9.0], [0.8, 4.0], [0.7, 1.0], [0.6, 2.0]], ["acc>=0.95", "memory<=100k"])
    trained = [own(prior, row, [0.5 + row / 10, 1.0 + row]) for row in range(FEWEST_PAIRS)]
    (told,) = prior.told(trained)
    assert [told.constraints[bound] > 0 for bound in ("acc>=0.95", "memory<=100000")] == [True, False]


def test_both_ends_of_a_long_front_are_kept():
    values = np.array([[0.5 + k / 1000, 1.0 + k] for k in range(3 * MOST)])
    rows = _front_and_latest(values, OBJECTIVES)
    assert len(rows) == MOST
    assert (rows[0], rows[-1]) == (0, 3 * MOST - 1)


def test_what_keeps_the_bounds_comes_first():
    values = [[0.9, 9.0], [0.7, 3.0], [0.5, 1.0], [0.4, 0.9]]
    found = [point["x"] for point in priors(values, "time<=3").first(9)]
    assert (set(found[:3]), found[3:]) == ({0.01, 0.02, 0.03}, [0.0])
    assert len(priors(values, "acc>0.95").first(9)) == 4
    assert len(priors(values, "time<=3").first(2)) == 2
