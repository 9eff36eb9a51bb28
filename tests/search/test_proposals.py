import optuna
import pytest
from optuna.trial import TrialState

from paretocaps.domain.space import Space
from paretocaps.domain.study_spec import StudySpec
from paretocaps.domain.trainer import TRAINERS
from paretocaps.search.designs import StudyDesigns, with_designs
from paretocaps.search.observer import Observer
from paretocaps.search.proposals import Proposals
from paretocaps.search.same_training import SameTraining
from paretocaps.search.samplers import SAMPLERS
from paretocaps.testing.probe import PROBE


@pytest.fixture
def propose():
    """Make proposals over a space of the probe's choices."""
    optuna.logging.set_verbosity(optuna.logging.ERROR)

    def make(table, sampler="random", seen=(), trainer=PROBE, fix=None, **spec):
        chosen, fix = SAMPLERS.get(sampler), fix or {}
        study = optuna.create_study(directions=["maximize", "minimize"], sampler=chosen.optuna(0, 20))
        asked = StudySpec(fix=fix, **spec)
        same = SameTraining(trainer, asked.epochs, None)
        designs = StudyDesigns(asked, trainer, Space.parse(table).without(fix), fix, same)
        return Proposals(study, designs, chosen, 0, set(seen), Observer())

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
    found = drawn(propose(table, seen=[SameTraining(PROBE, 5, None).key(first.choices)]))
    assert first.choices not in [proposal.choices for proposal in found]
    assert len(found) == 2


def test_designs_come_first_and_once(propose):
    proposals = propose({"learning_rate": {"low": 0.01, "high": 1.0}})
    proposals.enqueue_designs(("slow",))
    proposals.enqueue_designs(("slow",))
    names = [proposals.next().design for _ in range(4)]
    assert names == ["slow", None, None, None]


CAPSNET = TRAINERS.get("capsnet")


def test_the_same_training_is_proposed_once_whatever_it_is_called(propose):
    table = {
        "family": ["residual_caps", "momentum_caps"],
        "gamma": [0.0, 0.9],
        "optimizer": ["adam", "adamw"],
    }
    found = drawn(propose(table, trainer=CAPSNET, fix={"weight_decay": 0.0}))
    assert len(found) == 2
    assert {p.choices["family"] for p in found} <= {"residual_caps", "momentum_caps"}
    assert sum(p.choices.get("gamma") == 0.9 for p in found) == 1


def test_designs_that_are_one_training_are_tried_once_under_both_names(propose):
    trainer = with_designs(CAPSNET, {"decays": {"lr_policy": "step_decay"}})
    proposals = propose({"lr_policy": ["fixed", "step_decay", "one_cycle"]}, trainer=trainer, epochs=1)
    proposals.enqueue_designs(("baseline", "decays", "one_cycle"))
    first, second = proposals.next(), proposals.next()
    assert (first.design, second.design) == ("baseline = decays", "one_cycle")
    assert first.choices == CAPSNET.canonical({})
    assert proposals.next() is None


def test_a_design_keeps_a_choice_that_is_not_sampled_as_it_has_no_effect(propose):
    table = CAPSNET.space.without(["growth"]).table()
    proposals = propose(table, trainer=CAPSNET, fix={"pruning_ratio": 0.5})
    proposals.enqueue_designs(("wab", "adabatch"))
    wab, adabatch = proposals.next(), proposals.next()
    assert (wab.design, wab.choices["growth"]) == ("wab (pruning_ratio=0.5)", "once")
    assert (adabatch.design, adabatch.choices["growth"]) == ("adabatch (pruning_ratio=0.5)", "doubling")


def test_combinations_that_the_trainer_refuses_are_left_out(propose):
    notices = []
    table = {"lr_policy": ["one_cycle"], "lr_max": {"low": 1e-5, "high": 1e-3, "log": True}}
    proposals = propose(table, trainer=CAPSNET)
    proposals.observer.notice = notices.append
    found = [proposals.next() for _ in range(9)]
    assert all(one.choices["lr_max"] >= 1e-4 for one in found)
    assert len(notices) == 1
    assert "lr_min=0.0001 is above lr_max" in notices[0]


def test_a_continuous_space_does_not_end(propose):
    proposals = propose({"learning_rate": {"low": 0.01, "high": 1.0, "log": True}}, "qmc")
    assert all(proposals.next() for _ in range(70))
