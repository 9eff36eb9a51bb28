from itertools import islice
from pathlib import Path

import optuna
import pytest
from optuna.trial import TrialState

from paretocaps.domain.attempt_key import AttemptKey
from paretocaps.domain.objective import parse_objectives
from paretocaps.domain.space import Space
from paretocaps.domain.study_spec import StudySpec
from paretocaps.domain.trainer import TRAINERS
from paretocaps.search.designs import StudyDesigns, with_designs
from paretocaps.search.known_trials import KnownTrials
from paretocaps.search.observer import Observer
from paretocaps.search.problem import Problem
from paretocaps.search.proposals import Proposals
from paretocaps.search.same_training import SameTraining
from paretocaps.search.samplers import SAMPLERS
from paretocaps.search.sequences import sobol
from paretocaps.search.start import DRAWN, START
from paretocaps.storage.claims import Begun
from paretocaps.storage.store import Store
from paretocaps.testing.probe import PROBE


@pytest.fixture
def store(storage):
    with Store.open(storage, create=True) as opened:
        yield opened


@pytest.fixture
def propose(store):
    """Make proposals over a space of the probe's choices."""
    optuna.logging.set_verbosity(optuna.logging.ERROR)

    def make(table, sampler="random", seen=(), trainer=PROBE, fix=None, length=None, **spec):
        chosen, fix = SAMPLERS.get(sampler), fix or {}
        space = Space.parse(table).without(fix)
        objectives = parse_objectives("acc,time")
        problem = Problem(space=space, fix=fix, objectives=objectives, trainer=trainer, trials=20)
        study = optuna.create_study(directions=["maximize", "minimize"], sampler=chosen.made(problem))
        asked = StudySpec(fix=fix, **spec)
        same = SameTraining(trainer, asked.epochs, None)
        designs = StudyDesigns(asked, trainer, space, fix, same)
        store.create_study(f"s{len(store.study_names())}", {})
        known = KnownTrials(store, store.study_names()[-1], same)
        known.seen.update(seen)
        return Proposals(study, designs, chosen, 0, known, Observer(), length=length)

    return make


def claimed(proposal):
    return Begun(AttemptKey("s", proposal.number, 0, 1), Path())


def following(proposals, claim=claimed):
    """Return the next proposal, or None if there is none."""
    found = proposals.next(claim)
    return None if found == "exhausted" else found[0]


def drawn(proposals):
    found = []
    while (proposal := following(proposals)) is not None:
        proposals.study.tell(proposal.number, [0.5, 1.0])
        found.append(proposal)
    return found


@pytest.mark.slow
@pytest.mark.parametrize("sampler", list(SAMPLERS))
def test_every_design_of_a_small_space_comes_once(propose, sampler):
    proposals = propose({"learning_rate": [0.1, 0.2, 0.3, 0.4, 0.5, 0.6]}, sampler)
    found = drawn(proposals)
    assert sorted(p.choices["learning_rate"] for p in found) == [0.1, 0.2, 0.3, 0.4, 0.5, 0.6]
    assert following(proposals) is None


def test_repeats_are_told_back_as_pruned(propose):
    proposals = propose({"learning_rate": [0.1, 0.2]})
    drawn(proposals)
    repeats = [trial for trial in proposals.study.trials if trial.user_attrs.get("repeats")]
    assert repeats
    assert {trial.state for trial in repeats} == {TrialState.PRUNED}
    assert len([t for t in proposals.study.trials if t.state == TrialState.COMPLETE]) == 2


def test_what_an_earlier_run_tried_is_not_proposed(propose):
    table = {"learning_rate": [0.1, 0.2, 0.3]}
    first = following(propose(table))
    found = drawn(propose(table, seen=[SameTraining(PROBE, 5, None).key(first.choices)]))
    assert first.choices not in [proposal.choices for proposal in found]
    assert len(found) == 2


def test_designs_come_first_and_once(propose):
    proposals = propose({"learning_rate": {"low": 0.01, "high": 1.0}})
    proposals.begin_with(("slow",))
    proposals.begin_with(("slow",))
    names = [following(proposals).design for _ in range(4)]
    assert names == ["slow", None, None, None]


RANGE = {"learning_rate": {"low": 0.01, "high": 1.0, "log": True}}


@pytest.mark.parametrize("sampler", ["tpe", "gp"])
def test_a_study_starts_with_sobol_points_beside_its_designs(propose, sampler):
    proposals = propose(RANGE, sampler)
    proposals.begin_with(("slow",))
    points = sobol(proposals.space, {}, 0)
    found = [following(proposals) for _ in range(1 + START)]
    assert found[0].design == "slow"
    assert [one.choices["learning_rate"] for one in found[1:]] == [
        next(points)["learning_rate"] for _ in range(START)
    ]
    for one in found[:-1]:
        proposals.study.tell(one.number, [0.5, 1.0])
    assert following(proposals).choices["learning_rate"] == next(points)["learning_rate"]
    proposals.study.tell(found[-1].number, [0.5, 1.0])
    assert following(proposals).choices["learning_rate"] != next(points)["learning_rate"]


def faster(choices):
    """Take the less time, the larger the learning rate is."""
    return -choices["learning_rate"]


def rates(proposals, number):
    return [following(proposals).choices["learning_rate"] for _ in range(number)]


def test_a_start_begins_with_the_shortest_trainings_of_its_first_points(propose):
    points = list(islice(sobol(Space.parse(RANGE), {}, 0), DRAWN * START + 1))
    drawn = [point["learning_rate"] for point in points[:-1]]
    shortest = sorted(drawn, reverse=True)[:START]
    found = rates(propose(RANGE, "tpe", length=faster), DRAWN * START + 1)
    assert found[:START] == shortest
    assert found[START:-1] == [rate for rate in drawn if rate not in shortest]
    assert found[-1] == points[-1]["learning_rate"]


def test_sequences_and_priors_keep_their_order_whatever_trainings_take(propose):
    guided = {"learning_rate": RANGE["learning_rate"] | {"prior": 0.02}}
    for table, sampler in ((RANGE, "qmc"), (guided, "tpe")):
        in_order = rates(propose(table, sampler), START)
        assert rates(propose(table, sampler, length=faster), START) == in_order


def test_what_the_trainer_refuses_is_no_short_training(propose):
    table = {"lr_policy": ["one_cycle"], "lr_max": {"low": 1e-5, "high": 1e-3, "log": True}}
    proposals = propose(table, "tpe", trainer=CAPSNET, length=lambda choices: choices["lr_max"])
    found = [following(proposals).choices["lr_max"] for _ in range(START)]
    assert found == sorted(found)
    assert found[0] >= 1e-4


def test_drivers_share_the_points_of_a_start(propose):
    one = following(propose(RANGE, "tpe"))
    same = SameTraining(PROBE, 5, None)
    assert following(propose(RANGE, "tpe", seen=[same.key(one.choices)])).choices == {
        **one.choices,
        **list(islice(sobol(Space.parse(RANGE), {}, 0), 2))[1],
    }


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
    proposals.begin_with(("baseline", "decays", "one_cycle"))
    first, second = following(proposals), following(proposals)
    assert (first.design, second.design) == ("baseline = decays", "one_cycle")
    assert first.choices == CAPSNET.canonical({})
    assert following(proposals) is None


def test_a_design_keeps_a_choice_that_is_not_sampled_as_it_has_no_effect(propose):
    table = CAPSNET.space.without(["growth"]).table()
    proposals = propose(table, trainer=CAPSNET, fix={"pruning_ratio": 0.5})
    proposals.begin_with(("wab", "adabatch"))
    wab, adabatch = following(proposals), following(proposals)
    assert (wab.design, wab.choices["growth"]) == ("wab (pruning_ratio=0.5)", "once")
    assert (adabatch.design, adabatch.choices["growth"]) == ("adabatch (pruning_ratio=0.5)", "doubling")


def test_combinations_that_the_trainer_refuses_are_left_out(propose):
    notices = []
    table = {"lr_policy": ["one_cycle"], "lr_max": {"low": 1e-5, "high": 1e-3, "log": True}}
    proposals = propose(table, trainer=CAPSNET)
    proposals.observer.notice = notices.append
    found = [following(proposals) for _ in range(9)]
    assert all(one.choices["lr_max"] >= 1e-4 for one in found)
    assert len(notices) == 1
    assert "lr_min=0.0001 is above lr_max" in notices[0]


def test_a_continuous_space_does_not_end(propose):
    proposals = propose({"learning_rate": {"low": 0.01, "high": 1.0, "log": True}}, "qmc")
    assert all(following(proposals) for _ in range(70))


def refusing(*answers):
    """Claim after the other drivers' answers, in this order."""
    left = list(answers)
    return lambda proposal: left.pop(0) if left else claimed(proposal)


def test_what_another_driver_has_begun_is_told_as_pruned_and_not_proposed_again(propose):
    proposals = propose({"learning_rate": [0.1, 0.2, 0.3]}, "grid")
    found = [following(proposals, refusing("seen")), following(proposals)]
    assert following(proposals) is None
    assert [proposal.number for proposal in found] == [1, 2]
    assert proposals.study.trials[0].state == TrialState.PRUNED
    assert proposals.study.trials[0].user_attrs == {"repeats": True}


def test_a_trial_that_another_driver_got_too_is_left_to_it(propose):
    proposals = propose({"learning_rate": {"low": 0.01, "high": 1.0}})
    assert following(proposals, refusing("taken")).number == 1
    assert proposals.study.trials[0].state == TrialState.RUNNING


def test_a_study_that_is_full_ends_the_trial_and_keeps_the_design_for_later(propose):
    proposals = propose({"learning_rate": {"low": 0.01, "high": 1.0}})
    proposals.begin_with(("slow",))
    assert proposals.next(refusing("full")) == "full"
    assert proposals.study.trials[0].state == TrialState.FAIL
    assert following(proposals).design == "slow"


def test_a_trial_that_waits_in_optuna_s_queue_comes_first(propose):
    """Its users, or an older version, put it there."""
    for sampler in ("random", "qmc"):
        proposals = propose({"learning_rate": {"low": 0.01, "high": 1.0}}, sampler)
        proposals.study.enqueue_trial({"learning_rate": 0.25}, user_attrs={"design": "mine"})
        proposals.begin_with(("slow",))
        found = [following(proposals) for _ in range(3)]
        assert [proposal.design for proposal in found] == ["slow", "mine", None]
        assert found[1].choices["learning_rate"] == 0.25


def test_what_failed_before_comes_behind_what_is_new(propose):
    table = {"learning_rate": [0.1, 0.2, 0.3]}
    first = following(propose(table, "grid"))
    proposals = propose(table, "grid")
    proposals.known.tried[SameTraining(PROBE, 5, None).key(first.choices)] = 0
    assert [one.choices for one in drawn(proposals)][-1] == first.choices


def test_repeats_that_are_not_in_a_row_leave_it_to_the_sampler(propose):
    proposals = propose({"learning_rate": {"low": 0.01, "high": 1.0}})
    answers = iter(["rejected", "seen"] * 10 + ["rejected", "seen", "seen", "seen"])
    asked, began = [], []

    def claim(proposal):
        asked.append(proposal.choices["learning_rate"])
        return next(answers, None) or claimed(proposal)

    unseen = proposals._unseen
    proposals._unseen = lambda points, **more: began.append(len(asked)) or unseen(points, **more)
    following(proposals, claim)
    assert began == [24]
