import optuna
from optuna.samplers import RandomSampler

from paretocaps.search.portfolio import Portfolio


class Named(RandomSampler):
    """Proposes its own number everywhere, and keeps which trials it was told of."""

    def __init__(self, own):
        super().__init__()
        self.own, self.began, self.ended = own, [], []

    def sample_independent(self, study, trial, name, distribution):
        return self.own

    def before_trial(self, study, trial):
        self.began.append(trial.number)

    def after_trial(self, study, trial, state, values):
        self.ended.append(trial.number)


def test_samplers_take_turns_by_the_number_of_the_trial():
    samplers = [Named(0.25), Named(0.75)]
    study = optuna.create_study(sampler=Portfolio(samplers))
    study.optimize(lambda trial: trial.suggest_float("x", 0, 1), n_trials=4)
    assert [trial.params["x"] for trial in study.trials] == [0.25, 0.75, 0.25, 0.75]
    assert [one.began for one in samplers] == [one.ended for one in samplers] == [[0, 2], [1, 3]]


def test_all_samplers_get_another_seed():
    samplers = [RandomSampler(seed=1), RandomSampler(seed=1)]
    Portfolio(samplers).reseed_rng()
    draws = {sampler._rng.rng.random() for sampler in samplers}
    assert len(draws | {RandomSampler(seed=1)._rng.rng.random()}) == 3
