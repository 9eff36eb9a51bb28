import optuna
import pytest
from optuna.trial import TrialState

from paretocaps.domain.space import Space
from paretocaps.search.observer import Observer
from paretocaps.search.proposals import Proposals
from paretocaps.search.samplers import SAMPLERS
from paretocaps.testing.probe import PROBE


@pytest.fixture
def propose():
    """Make proposals over a space of the probe's choices."""
    optuna.logging.set_verbosity(optuna.logging.ERROR)

    def make(table, sampler="random", seen=()):
        chosen = SAMPLERS.get(sampler)
        study = optuna.create_study(directions=["maximize", "minimize"], sampler=chosen.optuna(0, 20))
        return Proposals(study, PROBE, Space.parse(table), {}, chosen, 0, set(seen), Observer())

    return make


def drawn(proposals):
    found = []
    while (proposal := proposals.next()) is not None:
        proposals.study.tell(proposal.number, [0.5, 1.0])
        found.append(proposal)
    return found


@pytest.mark.slow
@pytest.mark.parametrize("sampler", list(SAMPLERS))
def test_every_design_of_a_small_space_comes_once(propose, sampler):
    proposals = propose({"learning_rate": [0.1, 0.2, 0.3, 0.4, 0.5, 0.6]}, sampler)
    found = drawn(proposals)
    assert sorted(p.choices["learning_rate"] for p in found) == [0.1, 0.2, 0.3, 0.4, 0.5, 0.6]
    assert proposals.next() is None


def test_repeats_are_told_back_as_pruned(propose):
    proposals = propose({"learning_rate": [0.1, 0.2]})
    drawn(proposals)
    repeats = [trial for trial in proposals.study.trials if trial.user_attrs.get("repeats")]
    assert repeats
    assert {trial.state for trial in repeats} == {TrialState.PRUNED}
    assert len([t for t in proposals.study.trials if t.state == TrialState.COMPLETE]) == 2


def test_what_an_earlier_run_tried_is_not_proposed(propose):
    table = {"learning_rate": [0.1, 0.2, 0.3]}
    first = propose(table).next()
    from paretocaps.storage.records import canonical_json

    found = drawn(propose(table, seen=[canonical_json(first.choices)]))
    assert first.choices not in [proposal.choices for proposal in found]
    assert len(found) == 2


def test_designs_come_first_and_once(propose):
    proposals = propose({"learning_rate": {"low": 0.01, "high": 1.0}})
    proposals.enqueue_designs(("slow",))
    proposals.enqueue_designs(("slow",))
    names = [proposals.next().design for _ in range(4)]
    assert names == ["slow", None, None, None]


def test_a_continuous_space_does_not_end(propose):
    proposals = propose({"learning_rate": {"low": 0.01, "high": 1.0, "log": True}}, "qmc")
    assert all(proposals.next() for _ in range(70))
