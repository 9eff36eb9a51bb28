import numpy as np
import optuna
import pytest

from paretocaps.domain.objective import parse_objectives
from paretocaps.domain.space import Space, holds
from paretocaps.errors import UsageError
from paretocaps.search import improving as module
from paretocaps.search.finished_trials import ALL, COUNTED
from paretocaps.search.improving import ImprovementSampler
from paretocaps.search.problem import Problem
from paretocaps.search.samplers import SAMPLERS
from paretocaps.search.suggestions import suggest
from paretocaps.search.surrogates import Forest, Processes
from paretocaps.testing.probe import PROBE

SPACE = Space.parse(
    {
        "kind": ["plain", "deep"],
        "blocks": {"low": 1, "high": 8, "when": {"kind": "deep"}},
        "width": [8, 16, 32, 64],
        "rate": {"low": 1e-4, "high": 1e-1, "log": True},
    }
)
OBJECTIVES = parse_objectives("acc,time,params")


@pytest.fixture(autouse=True, params=[Forest, Processes])
def fit(monkeypatch, request):
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    monkeypatch.setattr(module, "CANDIDATES", 80)
    monkeypatch.setattr("paretocaps.search.trees.TREES", 12)
    monkeypatch.setattr(Searched, "fit", request.param)


class Searched:
    """What all studies of a test are searched by."""

    fit = Forest


class Trainer:
    """Refuses what a test wants refused."""

    def __init__(self, refuses=lambda sampled: False):
        self.refuses = refuses

    def complete(self, sampled, fix):
        if self.refuses(sampled):
            raise UsageError("refused")
        return {**fix, **sampled}


def params(choices):
    return float(choices["width"] ** 2 * choices.get("blocks", 1))


def values(point):
    miss = (np.log10(point["rate"]) + 2.5) ** 2
    size = params(point)
    return [0.99 - 0.05 * miss - 1 / (10 + size**0.5), 1.0 + size / 100, size]


def searcher(trainer=None, seed=0, **more):
    problem = Problem(
        space=SPACE, fix={}, objectives=OBJECTIVES, trainer=trainer or Trainer(), trials=30, seed=seed, **more
    )
    directions = [objective.direction for objective in OBJECTIVES]
    return optuna.create_study(directions=directions, sampler=ImprovementSampler(problem, Searched.fit))


def search(study, trials, constraint=None):
    """Ask and tell; return the points."""
    for _ in range(trials):
        trial = study.ask()
        point = suggest(trial, SPACE, {})
        if constraint is not None:
            trial.set_constraint("bound", constraint(point))
        study.tell(trial, values(point))
    return [trial.params for trial in study.trials]


def test_proposals_have_exactly_the_choices_whose_condition_holds():
    for point in search(searcher(), 14):
        assert list(point) == [parameter.name for parameter in SPACE if holds(parameter.when, point)]


def test_the_same_seed_and_trials_give_the_same_proposals_whenever_a_run_began():
    whole = search(searcher(), 12)
    assert whole == search(searcher(), 12)
    assert whole != search(searcher(seed=1), 12)
    first, again = searcher(), searcher()
    search(first, 7)
    again.add_trials(first.trials)
    assert search(again, 5) == whole


def test_it_finds_good_learning_rates_sooner_than_chance():
    points = [point for seed in range(2) for point in search(searcher(seed=seed), 24)[10:]]
    assert np.median([abs(np.log10(point["rate"]) + 2.5) for point in points]) < 0.6  # 0.75 by chance


class Prior:
    """Trials of another study of the same objectives: once three are trained here, all others are told."""

    def __init__(self, trials):
        self.trials, self.asked = trials, []

    def still_told(self, own):
        self.asked.append(sum(trial.values is not None for trial in own))
        trained = [trial.params for trial in own]
        others = [trial for trial in self.trials if trial.params not in trained]
        return others if self.asked[-1] >= 3 else []


def test_prior_trials_are_learned_from_and_may_be_proposed(fit):
    source = searcher(seed=3)
    search(source, 30)
    points = {}
    for prior in (None, Prior(source.trials)):
        study = searcher(prior=prior)
        points[prior] = search(study, 8)
        front = [trial.params for trial in source.best_trials]
    assert prior.asked == list(range(8))
    assert sum(point in front for point in points[prior]) > sum(point in front for point in points[None])


def test_every_other_proposal_of_processes_looks_beyond_the_ends_of_the_front(monkeypatch):
    counted, of = [], module.FinishedTrials.of
    monkeypatch.setattr(module.FinishedTrials, "of", lambda *args: (counted.append(args[2]), of(*args))[1])
    study = searcher()
    study.sampler.counted = SAMPLERS.get("gaussian").made(study.sampler.problem).counted
    search(study, 4)
    assert counted == [COUNTED, ALL, COUNTED, ALL]


def test_no_point_is_proposed_twice_and_refused_ones_are_not_proposed():
    refuses = Trainer(lambda sampled: sampled["width"] == 64)
    points = search(searcher(refuses), 20)
    assert len({tuple(point.items()) for point in points}) == 20
    assert all(point["width"] != 64 for point in points[2:])


def test_bounds_are_kept_by_most_proposals():
    points = search(searcher(), 26, constraint=lambda point: point["width"] / 16 - 1)
    assert np.mean([point["width"] <= 16 for point in points[12:]]) > 0.7


def test_what_comes_to_nothing_is_hardly_proposed_again():
    study, pruned = searcher(), []
    while len(pruned) < 40:
        trial = study.ask()
        point = suggest(trial, SPACE, {})
        pruned.append(params(point) > 100)  # of the others, most are beaten
        if pruned[-1]:
            study.tell(trial, state=optuna.trial.TrialState.PRUNED)
        else:
            study.tell(trial, values(point))
    assert np.mean(pruned[20:]) < 0.3


def test_what_is_known_exactly_is_not_predicted():
    asked = []

    def exact(choices):
        asked.append(choices)
        return {"params": params(choices)}

    study = searcher(exact=exact)
    search(study, 6)
    assert 0 < len(asked) <= 4 * module.EXACT
    assert search(study, 6) != search(searcher(), 12)


def test_trials_under_way_are_not_proposed_again():
    study = searcher()
    search(study, 8)
    together = [suggest(study.ask(), SPACE, {}) for _ in range(4)]
    rates = sorted(np.log10(point["rate"]) for point in together)
    assert len({tuple(point.items()) for point in together}) == 4
    assert rates[0] < rates[-1]


def test_a_whole_space_that_was_asked_for_gives_any_point_of_it():
    space = Space.parse({"kind": ["plain", "deep"]})
    problem = Problem(space=space, fix={}, objectives=OBJECTIVES, trainer=Trainer(), trials=30)
    study = optuna.create_study(
        directions=["maximize", "minimize", "minimize"], sampler=ImprovementSampler(problem, Searched.fit)
    )
    for number in range(5):
        trial = study.ask()
        assert suggest(trial, space, {})["kind"] in ("plain", "deep")
        study.tell(trial, [0.5, 1.0 + number, 1.0])


def test_the_probe_is_completed_by_its_own_rules():
    problem = Problem(space=PROBE.space, fix={}, objectives=OBJECTIVES, trainer=PROBE, trials=9)
    assert ImprovementSampler(problem, Searched.fit).encoding.space == PROBE.space
