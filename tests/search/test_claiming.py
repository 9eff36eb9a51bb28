from types import SimpleNamespace

import pytest

from paretocaps.domain.study_spec import StudySpec
from paretocaps.search.claiming import Claiming
from paretocaps.search.known_trials import KnownTrials
from paretocaps.search.proposals import Proposal
from paretocaps.search.rejection import Verdict
from paretocaps.search.same_training import SameTraining
from paretocaps.storage.store import Store
from paretocaps.testing.probe import PROBE

NEVER = SimpleNamespace(verdict=lambda choices, failed: Verdict("it is too large", {"params": 9.0}))


@pytest.fixture
def results(storage):
    with Store.open(storage, create=True) as store:
        store.create_study("s", {})
        known = KnownTrials(store, "s", SameTraining(PROBE, 2, None))
        rejected = []
        yield SimpleNamespace(
            store=store,
            known=known,
            spec=StudySpec(study="s", trials=2, seed=3),
            rejected=rejected,
            reject=lambda trial: rejected.append(trial) or trial.number < 9,
        )


def test_what_is_not_worth_a_training_is_rejected_unless_it_is_a_design(results):
    claiming, choices = Claiming(results, NEVER), {"learning_rate": 0.5}
    assert claiming.unless_rejected(Proposal(0, choices, None)) == "rejected"
    (trial,) = results.rejected
    assert (trial.number, trial.choices, trial.reason, trial.predicted) == (
        *(0, choices, "it is too large", {"params": 9.0}),
    )
    assert trial.training == results.known.same.digest(choices)
    assert claiming.unless_rejected(Proposal(9, choices, None)) == "taken"
    assert claiming.unless_rejected(Proposal(1, choices, "slow")).key.seed == 3
    assert len(results.rejected) == 2


def test_without_a_rejection_all_are_claimed_until_the_study_is_full(results):
    claiming = Claiming(results)
    found = [
        claiming.unless_rejected(Proposal(number, {"learning_rate": 0.1 + number / 10}, None))
        for number in range(3)
    ]
    assert [one if one == "full" else one.key.trial for one in found] == [0, 1, "full"]
    more = claiming.claim(Proposal(3, {"learning_rate": 0.9}, None), seed=7, total=9)
    assert (more.key.trial, more.key.seed) == (3, 7)
